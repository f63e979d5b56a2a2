import { setImmediate } from 'node:timers/promises';

/** Steps that wait for nothing hold the event loop no longer than this between them. */
const LONGEST_HOLD_MS = 20;

/** Lets the event loop on between the steps of a message. */
export class Turns {
  readonly #now: () => number;
  #heldSince: number;
  /** When all that have waited for others so far are on again. */
  #turn: Promise<void> = Promise.resolve();

  constructor(now: () => number) {
    this.#now = now;
    this.#heldSince = now();
  }

  holdsTooLong(): boolean {
    return this.#now() - this.#heldSince >= LONGEST_HOLD_MS;
  }

  /** Branches that wait go on one after the other: each has a turn of the event loop to itself. */
  letOthersOn(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await setImmediate();
      this.#heldSince = this.#now();
    });
    return this.#turn;
  }
}
