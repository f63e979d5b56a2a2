export interface PageRequest {
  /** Begin behind this name; undefined begins at the first. It need not exist. */
  readonly after?: string | undefined;
  /** Most items to return. */
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** `after` of the page that follows; undefined when this is the last one. */
  readonly next: string | undefined;
}
