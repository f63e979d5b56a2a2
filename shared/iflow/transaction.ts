import { type FlowEnvironment, FlowFailure } from './engine.ts';
import { MessageEnded } from './message-ended.ts';
import type { MessageRoom } from './message-size.ts';
import { createVariables } from './services/variables.ts';
import { StepFailure } from './steps/step-failure.ts';
import { UncommittedStores } from './uncommitted-stores.ts';

/**
 * The transaction of a process whose Transaction Handling is Required for JDBC, and of the processes that
 * it calls (SAP Help, Define Transaction Handling): what it writes to data stores and variables is kept
 * until it has come to its end, and nothing of it is written where it fails. Its own steps see it at once.
 */
export class Transaction {
  /** Where its steps find the data stores and variables as it has left them. */
  readonly environment: FlowEnvironment;
  readonly #room: MessageRoom;
  readonly #deadline: number;
  #stores: UncommittedStores | undefined;

  constructor(environment: FlowEnvironment, room: MessageRoom, deadline: number) {
    this.#room = room;
    this.#deadline = deadline;
    const dataStores = async (): Promise<UncommittedStores> => {
      const stores = await environment.services.dataStores();
      return (this.#stores ??= new UncommittedStores(stores, this.#room));
    };
    const variables = async () => createVariables(await dataStores(), environment.now);
    this.environment = {
      ...environment,
      services: { ...environment.services, dataStores, variables },
    };
  }

  /**
   * Runs the process. One that an exception subprocess has brought to its end has not failed.
   * @throws {FlowFailure} for a failure of the process, or where what it has written cannot be kept.
   */
  async around(
    process: { readonly id: string; readonly name: string },
    run: () => Promise<unknown>,
  ): Promise<void> {
    try {
      const ended = await endOf(run);
      await this.#commit(process);
      if (ended !== undefined) throw ended;
    } finally {
      this.#stores?.forget();
    }
  }

  async #commit(process: { readonly id: string; readonly name: string }): Promise<void> {
    if (this.#stores === undefined) return;
    if (this.environment.now() >= this.#deadline) {
      const text = 'The flow ran out of time before what it has written was committed.';
      throw new FlowFailure(process, 'timeout', text);
    }
    try {
      await this.#stores.commit();
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      throw new FlowFailure(process, error.reason, error.message, error);
    }
  }
}

/** @returns how the message has ended in the process; undefined where it goes on behind it. */
async function endOf(run: () => Promise<unknown>): Promise<MessageEnded | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (error instanceof MessageEnded) return error;
    throw error;
  }
}
