import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Order, Outcome } from './generator.ts';

/** The generator as a process, so that it has a core and an event loop of its own. */
export class LoadProcess {
  readonly #child: ChildProcess = fork(join(import.meta.dirname, 'generator.ts'));

  async run(order: Order): Promise<Outcome> {
    this.#child.send(order);
    const [outcome] = (await once(this.#child, 'message')) as [Outcome];
    return outcome;
  }

  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
