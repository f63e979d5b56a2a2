/** What keeps a script from running, as far as that is certain without running it. */
export interface ScriptFlaws {
  /** What the parser says, with its place; undefined for a script that it takes. */
  readonly syntax: string | undefined;
  /** Java classes that the function can come to and that are not there, by their full names. */
  readonly missingClasses: readonly string[];
  /** Methods of SAP's services that it calls and that are not there, such as `KeystoreService.getKey`. */
  readonly missingMethods: readonly string[];
  /** Whether the script says the function's name at all. */
  readonly namesFunction: boolean;
}
