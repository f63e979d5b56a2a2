import type { Body, Value } from '../exchange.ts';
import { ExpressionFailure } from './expression-failure.ts';
import { asText } from './text.ts';

/** Expressions run on the event loop: this much takes some 200 ms. */
const MAX_WORK_CHARACTERS = 200 * 1024 * 1024;

/** Bounds the characters that the expressions of one step read and make, all together. */
export class WorkBudget {
  #left = MAX_WORK_CHARACTERS;

  /** @throws {ExpressionFailure} */
  spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) {
      throw new ExpressionFailure(
        `The expressions of the step work on more than ${MAX_WORK_CHARACTERS} characters.`,
      );
    }
  }

  /** As {@link asText}, paid for. */
  textOf(value: Value | Body): string {
    const text = asText(value);
    this.spend(text.length);
    return text;
  }
}
