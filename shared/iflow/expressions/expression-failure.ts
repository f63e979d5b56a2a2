/** An expression could not be evaluated on this message. `message` is a sentence. */
export class ExpressionFailure extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ExpressionFailure';
  }
}

/** Characters that one expression may yield: a body as large as a sender channel may ever let in. */
export const MAX_RESULT_CHARACTERS = 100 * 1024 * 1024;

export function tooLong(): ExpressionFailure {
  return new ExpressionFailure(
    `The expression yields more than ${MAX_RESULT_CHARACTERS} characters.`,
  );
}
