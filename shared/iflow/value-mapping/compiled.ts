/** A value mapping as its deployment keeps it; plain JSON. */
export interface CompiledValueMapping {
  readonly format: 1;
  readonly tables: readonly ValueTable[];
}

/** What the values of one agency and identifier are called by another. */
export interface ValueTable {
  readonly source: ValueOwner;
  readonly target: ValueOwner;
  readonly values: readonly (readonly [value: string, mapped: string])[];
}

export type ValueOwner = readonly [agency: string, identifier: string];
