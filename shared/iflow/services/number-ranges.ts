/** Number range objects, as administrators have made them. */
export interface NumberRanges {
  /**
   * The next number, padded to the field length; no number is given twice, whichever instance asks.
   * @returns undefined where there is no number range of that name.
   * @throws {StepFailure} when it is used up and does not rotate.
   */
  next(name: string): Promise<string | undefined>;
}
