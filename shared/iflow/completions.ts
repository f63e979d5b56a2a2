import { FlowFailure } from './engine.ts';

/** What steps have left for when the message is processed, such as Delete on Completion. */
export class Completions {
  readonly #left: (() => Promise<void>)[] = [];

  add(completion: () => Promise<void>): void {
    this.#left.push(completion);
  }

  /**
   * Does all of it; then the first failure counts.
   * @throws {FlowFailure} where the time is over: the message has failed, and nothing of it is done.
   */
  async run(
    flow: { readonly id: string; readonly name: string },
    now: () => number,
    deadline: number,
  ): Promise<void> {
    if (this.#left.length === 0) return;
    if (now() >= deadline) {
      const text = 'The flow ran out of time before what it has read was deleted.';
      throw new FlowFailure(flow, 'timeout', text);
    }
    const failed: Promise<void>[] = [];
    for (const completion of this.#left) {
      const done = completion();
      await done.catch(() => failed.push(done));
    }
    await Promise.all(failed);
  }
}
