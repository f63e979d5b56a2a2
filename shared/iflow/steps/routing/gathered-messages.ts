import type { XPathExpression } from '../../expressions/xpath.ts';
import {
  type Body,
  bodyBytes,
  bodyText,
  copyExchange,
  type Exchange,
  MAX_BODY_SIZE,
  replaceExchange,
  type PropertyValue,
} from '../../exchange.ts';
import { queryOf, type XPathQuery } from '../../expressions/xpath.ts';
import type { CompiledNode } from '../../flow.ts';
import { joinBodies } from './gathering/joined-bodies.ts';
import { evaluating, expressionsOn } from '../evaluating.ts';
import { runTask } from '../run-task.ts';
import type { StepContext } from '../step.ts';
import { StepFailure } from '../step-failure.ts';

export type GatherConfig =
  /** SAP's Combine: for messages of one format, or of several. */
  | { readonly strategy: 'combine'; readonly format: 'same' | 'different' }
  | { readonly strategy: 'concatenate' }
  /** SAP's Combine at XPath. */
  | {
      readonly strategy: 'merge';
      readonly source: XPathExpression;
      /** Undefined for the element around the first that the source means. */
      readonly target?: XPathExpression;
    };

const SPLIT_PROPERTIES = ['CamelSplitIndex', 'CamelSplitSize', 'CamelSplitComplete'];

/**
 * The messages of branches on their way into one. Headers, properties and attachments of the combined
 * message are those of the first; what the others have in them is not combined (SAP Help, Define
 * Gather and Join). Properties that the message had before its branches stay where the first has none.
 */
export class GatheredMessages {
  readonly #bodies = new Map<number, Body>();
  readonly #before: ReadonlyMap<string, PropertyValue>;
  #first: { readonly index: number; readonly exchange: Exchange } | undefined;
  #size = 0;

  /** @param before the message that the branches have copies or parts of. */
  constructor(before: Exchange) {
    this.#before = new Map(before.properties);
  }

  get count(): number {
    return this.#bodies.size;
  }

  /**
   * @returns whether it is the first so far, of which more than the body counts.
   * @throws {StepFailure} for more than a body may hold.
   */
  add(index: number, exchange: Exchange): boolean {
    this.#bodies.set(index, exchange.body);
    this.#size += exchange.body.length;
    if (this.#size > MAX_BODY_SIZE) {
      const text = `The messages to be combined have more than ${MAX_BODY_SIZE} characters or bytes.`;
      throw new StepFailure('too_large', text);
    }
    const isFirst = this.#first === undefined || index < this.#first.index;
    if (isFirst) this.#first = { index, exchange };
    return isFirst;
  }

  /** Makes the exchange the combined message. @throws {StepFailure} */
  async combine(gather: CompiledNode, exchange: Exchange, context: StepContext): Promise<void> {
    const first = this.#first?.exchange;
    if (first === undefined) throw new Error('There is no message to be combined.');
    const combined = copyExchange(first);
    // How the message itself has been split is not for its parts to tell.
    for (const name of SPLIT_PROPERTIES) combined.properties.delete(name);
    for (const [name, value] of this.#before) {
      if (!combined.properties.has(name)) combined.properties.set(name, value);
    }
    const bodies = [...this.#bodies].sort(([a], [b]) => a - b).map(([, body]) => body);
    combined.body = await combineBodies(bodies, gather, combined, context);
    replaceExchange(exchange, combined);
  }
}

async function combineBodies(
  bodies: readonly Body[],
  gather: CompiledNode,
  exchange: Exchange,
  context: StepContext,
): Promise<Body> {
  const config = gather.config as GatherConfig;
  switch (config.strategy) {
    case 'concatenate':
      return bodies.some((body) => typeof body === 'string')
        ? bodies.map(bodyText).join('')
        : Buffer.concat(bodies.map(bodyBytes));
    case 'combine':
      return runTask('gather', { ...joinBodies(bodies), format: config.format }, gather, context);
    case 'merge': {
      const { namespaces } = context.flow.settings;
      const queries = mergeQueries(config, exchange, context);
      return runTask('merge', { ...joinBodies(bodies), namespaces, ...queries }, gather, context);
    }
  }
}

function mergeQueries(
  { source, target }: Extract<GatherConfig, { strategy: 'merge' }>,
  exchange: Exchange,
  context: StepContext,
): { readonly source: XPathQuery; readonly target?: XPathQuery } {
  const expressions = expressionsOn(exchange, context);
  return evaluating(() => ({
    source: queryOf(source, 'nodes', expressions),
    ...(target === undefined ? {} : { target: queryOf(target, 'node', expressions) }),
  }));
}
