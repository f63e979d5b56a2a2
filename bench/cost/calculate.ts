import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Results, StorageRow } from '../report/results.ts';
import { rowOf } from '../report/tables.ts';

export type PriceName =
  | 'onDemandGbSecond'
  | 'onDemandFreeGbSeconds'
  | 'alwaysReadyBaselineGbSecond'
  | 'alwaysReadyGbSecond'
  | 'executionsMillion'
  | 'freeExecutions'
  | 'tableTransactions10000'
  | 'logGb'
  | 'freeLogGb';

export interface PriceList {
  readonly currency: string;
  readonly region: string;
  readonly lookedUp: string;
  /** `value` is null for a price that could not be verified. */
  readonly prices: Readonly<
    Record<
      PriceName,
      { readonly what: string; readonly value: number | null; readonly source: string }
    >
  >;
}

/** What one request needs, as measured. */
export interface Needs {
  /** CPU microseconds. */
  readonly tokenCpu: number;
  readonly messageCpu: number;
  /** Storage calls of a request that comes alone. */
  readonly tokenCalls: number;
  readonly messageCalls: number;
  /** Storage calls a second of one busy instance, however many requests come. */
  readonly tokenCallsPerSecond: number;
  readonly messageCallsPerSecond: number;
  /** Bytes of log for each request. */
  readonly tokenLogBytes: number;
  readonly messageLogBytes: number;
}

export interface Usage {
  /** A month. */
  readonly tokens: number;
  readonly messages: number;
  /** Hours of the month over which they are spread, at random. */
  readonly hours: number;
  /** 512, 2048 or 4096. */
  readonly instanceMb: number;
  readonly alwaysReady: number;
  /** Share of its CPU that an instance is loaded to. */
  readonly load: number;
}

export interface CostLine {
  readonly item: string;
  readonly quantity: number;
  readonly unit: string;
  /** Undefined where a price is missing. */
  readonly cost: number | undefined;
}

export const DEFAULT_USAGE: Usage = {
  tokens: 1_000_000,
  messages: 1_000_000,
  hours: 730,
  instanceMb: 512,
  alwaysReady: 0,
  load: 0.6,
};

/**
 * Of the record that Application Insights keeps of a request beside the app's own event. Not
 * measured: it is made in Azure.
 */
export const REQUEST_RECORD_BYTES = 1000;

/**
 * Flex Consumption gives CPU with memory, a core for 2 GB:
 * https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#instance-sizes
 */
const CORES_PER_MB = 1 / 2048;
const MONTH_SECONDS = 730 * 3600;

/**
 * An instance is billed while it executes, at least a second at a time. Requests that come at random,
 * `r` a second, keep one instance billed for r/(1+r) of the time; many keep it for as long as their CPU
 * takes at the load that it is allowed.
 */
export function calculateCost(
  usage: Usage,
  needs: Needs,
  price: (name: PriceName) => number | undefined,
): readonly CostLine[] {
  const { tokens, messages, hours, instanceMb, alwaysReady, load } = usage;
  const seconds = hours * 3600;
  const requests = tokens + messages;
  const rate = requests / seconds;
  const cpuSeconds = (tokens * needs.tokenCpu + messages * needs.messageCpu) / 1e6;
  const busy = cpuSeconds / (instanceMb * CORES_PER_MB) / load;
  const executing = Math.max((seconds * rate) / (1 + rate), busy);
  const gb = instanceMb / 1024;
  const instanceSeconds = Math.max(seconds, busy);
  const transactions =
    Math.min(tokens * needs.tokenCalls, instanceSeconds * needs.tokenCallsPerSecond) +
    Math.min(messages * needs.messageCalls, instanceSeconds * needs.messageCallsPerSecond);
  const logGb = (tokens * needs.tokenLogBytes + messages * needs.messageLogBytes) / 1e9;
  const isOnDemand = alwaysReady === 0;
  const line = (
    item: string,
    quantity: number,
    unit: string,
    each: PriceName,
    per = 1,
    free?: PriceName,
  ): CostLine => {
    const unitPrice = price(each);
    // Without the free quantity the line says what is paid at most.
    const paid = Math.max(0, quantity - (free === undefined ? 0 : (price(free) ?? 0)));
    const cost = unitPrice === undefined ? undefined : (paid / per) * unitPrice;
    return { item, quantity, unit, cost };
  };
  return [
    ...(isOnDemand
      ? [line('executing', executing * gb, 'GB-s', 'onDemandGbSecond', 1, 'onDemandFreeGbSeconds')]
      : [
          line(
            'always ready',
            alwaysReady * MONTH_SECONDS * gb,
            'GB-s',
            'alwaysReadyBaselineGbSecond',
          ),
          line('executing', executing * gb, 'GB-s', 'alwaysReadyGbSecond'),
        ]),
    line(
      'executions',
      requests,
      '',
      'executionsMillion',
      1e6,
      isOnDemand ? 'freeExecutions' : undefined,
    ),
    line('table transactions', transactions, '', 'tableTransactions10000', 10_000),
    line('logs', logGb, 'GB', 'logGb', 1, 'freeLogGb'),
  ];
}

/** @throws {Error} naming the section that has to be measured first. */
export function needsOf(results: Results, flow: 'modifier' | 'script'): Needs {
  const token = rowOf(results, 'token-es256', ({ role }) => role === 'flowgate');
  const part = flow === 'script' ? 'JavaScript' : 'modifier flow, token seen';
  const message = rowOf(results, 'dispatch', ({ name }) => name.includes(part));
  const { storage } = results;
  if (token === undefined || message === undefined || storage === undefined) {
    throw new Error('Measure first: npm run bench -- --only token,dispatch,storage');
  }
  const row = (work: StorageRow['work'], pace: StorageRow['pace']): StorageRow => {
    const found = storage.rows.find((each) => each.work === work && each.pace === pace);
    if (found === undefined) throw new Error(`Storage calls of ${work}, ${pace}, are missing.`);
    return found;
  };
  const alone = (work: StorageRow['work']): number => {
    const { calls, requests } = row(work, 'sparse');
    return calls / requests;
  };
  const busy = (work: StorageRow['work']): number => {
    const { calls, seconds } = row(work, 'busy');
    return calls / seconds;
  };
  return {
    tokenCpu: token.cpu,
    messageCpu: message.cpu,
    tokenCalls: alone('token'),
    messageCalls: alone('message'),
    tokenCallsPerSecond: busy('token'),
    messageCallsPerSecond: busy('message'),
    tokenLogBytes: storage.logBytes.token + REQUEST_RECORD_BYTES,
    messageLogBytes: storage.logBytes.message + REQUEST_RECORD_BYTES,
  };
}

export async function readPrices(): Promise<PriceList> {
  const text = await readFile(join(import.meta.dirname, 'prices.json'), 'utf8');
  return JSON.parse(text) as PriceList;
}

export const priceOf =
  (list: PriceList, own: ReadonlyMap<string, number> = new Map()) =>
  (name: PriceName): number | undefined =>
    own.get(name) ?? list.prices[name].value ?? undefined;
