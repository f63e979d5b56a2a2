/** Number range objects, as administrators have made them. */
export interface NumberRanges {
  /**
   * The next number, padded to the field length; no number is given twice, whichever instance asks.
   * @returns undefined where there is no number range of that name.
   * @throws {StepFailure} when it is used up and does not rotate.
   */
  next(name: string): Promise<string | undefined>;
}

/** SAP Help, Managing Number Ranges. */
export interface NumberRange {
  readonly name: string;
  readonly description: string;
  readonly minimum: number;
  readonly maximum: number;
  /** Whether it begins again with the minimum after the maximum. */
  readonly rotate: boolean;
  /** The number that is given next; above the maximum when all are used up. */
  readonly next: number;
  /** Digits that numbers are padded to with zeros; 0 for none. */
  readonly fieldLength: number;
  readonly deployedBy: string;
  /** Milliseconds since the epoch. */
  readonly deployedOn: number;
}

export interface NumberRangeStore {
  find(name: string): Promise<{ readonly value: NumberRange; readonly etag: string } | undefined>;
  list(): Promise<readonly NumberRange[]>;
  /** @returns false when there is one of that name. */
  create(range: NumberRange): Promise<boolean>;
  /** @returns false when it has changed since it was read, or is gone. */
  replace(range: NumberRange, etag: string): Promise<boolean>;
  /** @returns false when there was none. */
  remove(name: string): Promise<boolean>;
}
