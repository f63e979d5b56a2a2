import type { FlowFailure } from '../../engine.ts';
import { type Exchange, replaceExchange } from '../../exchange.ts';
import type { CompiledNode } from '../../flow.ts';
import { ownSize } from '../../message-size.ts';
import { addToLog } from '../../script/message-log.ts';
import type { BranchOutcome } from './branches.ts';
import { closingGather } from './closing-gather.ts';
import { GatheredMessages } from './gathered-messages.ts';
import type { StepContext, StepResult } from '../step.ts';

/**
 * What becomes of the messages of a splitter, and then of the message that was split (SAP Help, Handle
 * Exceptions When Using the Splitter Pattern). Of those that come to no Gather nothing is kept.
 */
export class SplitMessages {
  readonly #before: Exchange;
  readonly #stopOnException: boolean;
  readonly #keep: StepContext['keep'];
  /** The Gather that is to combine them. */
  #gather: CompiledNode | undefined;
  readonly #gathered: GatheredMessages;
  /** A message that an exception subprocess has answered. */
  #handled: Exchange | undefined;
  #failure: FlowFailure | undefined;
  #failures = 0;
  #count = 0;
  /** That of a multicast around the splitter, to which messages have come. */
  #join: CompiledNode | undefined;

  constructor(
    before: Exchange,
    stopOnException: boolean,
    splitter: CompiledNode,
    context: StepContext,
  ) {
    this.#before = before;
    this.#stopOnException = stopOnException;
    this.#keep = context.keep;
    this.#gather = closingGather(context.flow, splitter);
    this.#gathered = new GatheredMessages(before);
  }

  take(index: number, exchange: Exchange, outcome: BranchOutcome): void {
    this.#count += 1;
    switch (outcome.kind) {
      case 'ended':
        return;
      case 'stopped':
        if (outcome.at.type === 'Join') {
          this.#join ??= outcome.at;
          return;
        }
        this.#gather ??= outcome.at;
        break;
      case 'handled':
        if (this.#handled === undefined) this.#keep(ownSize(exchange, this.#before));
        this.#handled ??= exchange;
        break;
      case 'failed':
        this.#failure ??= outcome.failure;
        this.#failures += 1;
        break;
    }
    if (this.#gather === undefined) return;
    const isFirst = this.#gathered.add(index, exchange);
    // Of the others only the body is kept.
    this.#keep(isFirst ? ownSize(exchange, this.#before) : exchange.body.length);
  }

  /** Makes the exchange what follows the splitter, and says where it goes on. */
  async conclude(
    exchange: Exchange,
    splitter: CompiledNode,
    context: StepContext,
  ): Promise<StepResult> {
    if (this.#stopOnException) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#handled !== undefined) {
        replaceExchange(exchange, this.#handled);
        return { end: 'handled' };
      }
    }
    if (this.#gather === undefined || this.#gathered.count === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      return this.#join === undefined ? { end: 'process' } : { goTo: this.#join.id };
    }
    this.#tellFailures(splitter, context);
    await this.#gathered.combine(this.#gather, exchange, context);
    const [to] = this.#gather.next;
    return to === undefined ? { end: 'process' } : { goTo: to };
  }

  /** They are combined as they were when they failed, and the message goes on: the log tells it. */
  #tellFailures({ id, name }: CompiledNode, { log }: StepContext): void {
    if (this.#failure === undefined) return;
    const text = `${this.#failures} of ${this.#count} messages have failed: ${this.#failure.message}`;
    addToLog(log, [
      { kind: 'attachment', name: `Splitter ${name || id}`, text, mediaType: 'text/plain' },
    ]);
  }
}
