import type { TaskRunner } from '../../../shared/iflow/tasks/task-runner.ts';
import { type Body, type Exchange, bodyText } from '../../../shared/iflow/exchange.ts';
import { flowBundle, type FlowDescription, line } from '../../support/flow-bundle.ts';
import { environmentOf, exchangeOf, onThisThread, runBundle } from '../running.ts';

export type Settings = Readonly<Record<string, string>>;

export const COMBINE: Settings = { enrichmentType: 'multiMappingAggregation' };

/** The settings of Enrich: node and key of the original message, then of the lookup message. */
export function enrichBy(
  originalNode: string,
  originalKey: string,
  lookupNode: string,
  lookupKey: string,
): Settings {
  return {
    enrichmentType: 'xmlLookupAggregation',
    originalMessageNodePath: originalNode,
    originalMessageKeyElement: originalKey,
    resourceMessageNodePath: lookupNode,
    resourceMessageKeyElement: lookupKey,
  };
}

/** A flow with a Content Enricher that asks another flow. */
export function enricherBundle(
  properties: Settings,
  rest: Partial<FlowDescription> = {},
): Uint8Array {
  return flowBundle({
    receivers: [
      {
        from: 'Enrich',
        adapter: 'ProcessDirect',
        properties: { address: '/lookup' },
        inward: true,
      },
    ],
    processes: [line({ id: 'Enrich', cname: 'contentEnricherWithLookup', properties })],
    ...rest,
  });
}

/** Runs the message through a Content Enricher whose receiver gives that answer. */
export async function enrichExchange(
  exchange: Exchange,
  answer: Body | ((asked: Exchange) => void),
  properties: Settings,
  {
    tasks = onThisThread,
    ...rest
  }: Partial<FlowDescription> & { readonly tasks?: TaskRunner } = {},
): Promise<void> {
  const environment = {
    ...environmentOf(),
    tasks: () => Promise.resolve(tasks),
    processDirect: (_: string, asked: Exchange) => {
      if (typeof answer === 'function') answer(asked);
      else asked.body = answer;
      return Promise.resolve();
    },
  };
  await runBundle(enricherBundle(properties, rest), exchange, environment);
}

export async function enriched(
  body: Body,
  answer: Body,
  properties: Settings,
  rest: Partial<FlowDescription> & { readonly tasks?: TaskRunner } = {},
): Promise<string> {
  const exchange = exchangeOf(body);
  await enrichExchange(exchange, answer, properties, rest);
  return bodyText(exchange.body);
}
