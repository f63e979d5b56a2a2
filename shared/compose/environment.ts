import { hkdfSync } from 'node:crypto';
import { once } from '../cache/once.ts';
import type { Config } from '../config/load.ts';
import type { Handler } from '../http/call.ts';
import type { Prepared } from '../http/endpoint.ts';
import { Fault } from '../http/fault.ts';
import type { PreparedTask } from '../http/timer.ts';
import { type Meter, noMeter, type Telemetry } from '../telemetry/telemetry.ts';
import { ConfigError, loadConfig } from '../config/load.ts';

/**
 * `compose/` joins the rooms: what each needs is made here, on first use and once per process.
 * A function imports its file here when it is first called, so that a cold instance loads for a token
 * request only what a token request needs. This file is the one place that reads `process.env`.
 */

export const config = once((): Config => {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw Fault.unavailable(error.message, 60, error);
  }
});

/** A key of its own for each purpose, from the one that is configured (RFC 5869). */
export async function deriveKey(purpose: string): Promise<Buffer> {
  const { masterKey } = await config();
  return Buffer.from(hkdfSync('sha256', masterKey, '', `flowgate ${purpose}`, 32));
}

/** undefined while no setting turns it on; nothing of it is loaded then. */
const telemetry = once(async (): Promise<Telemetry | undefined> => {
  const settings = (await config()).telemetry;
  if (settings === undefined) return undefined;
  const { startTelemetry } = await import('./telemetry.ts');
  const started = startTelemetry(settings);
  atEnd(() => started.shutDown());
  return started;
});

export const meter = async (): Promise<Meter> => (await telemetry()) ?? noMeter;

/** Of the calls in progress, for messages: flows that wait leave room for all else. */
const MESSAGES_SHARE = 0.8;

/** What this process takes on, the same bounds for all calls. */
const doors = once(async () => {
  const { Overload, watchLoopDelay } = await import('../http/overload.ts');
  const limits = (await config()).overload;
  const on = await meter();
  const overload = new Overload({
    ...limits,
    watchDelay: watchLoopDelay,
    random: Math.random,
    onShed: (reason) => on.count('flowgate.calls.shed', 1, { reason }),
    report: (shed) => console.warn(JSON.stringify({ event: 'shed', ...shed })),
  });
  return {
    calls: overload.openDoor(limits.maxCalls),
    messages: overload.openDoor(Math.floor(limits.maxCalls * MESSAGES_SHARE)),
    open: undefined,
  };
});

/**
 * Wraps a room's handler with what `http/endpoint.ts` needs to know.
 * @param door `open` for what costs so little that it is answered under any load.
 */
export function prepared(
  make: (config: Config) => Promise<Handler> | Handler,
  door: 'calls' | 'messages' | 'open' = 'calls',
): () => Promise<Prepared> {
  return once(async () => {
    const settings = await config();
    // Before anything else is made, so that it is ended after everything else.
    const on = await telemetry();
    const { [door]: guard } = await doors();
    const { trustedProxyHops, httpStreaming: streaming } = settings;
    return { handle: await make(settings), streaming, trustedProxyHops, telemetry: on, guard };
  });
}

/** Wraps what a timer runs with what `http/timer.ts` needs to know. */
export function preparedTask(
  make: () => Promise<PreparedTask['run']>,
): () => Promise<PreparedTask> {
  return once(async () => {
    const on = await telemetry();
    return { run: await make(), telemetry: on };
  });
}

const endings: (() => Promise<void>)[] = [];

/** Has `end` run when the host ends the app; what was made last is ended first. */
export function atEnd(end: () => Promise<void>): void {
  endings.push(end);
}

/** Writes what is held in memory and ends the worker threads. */
export async function shutDown(): Promise<void> {
  for (const end of endings.splice(0).reverse()) {
    await end().catch((error: unknown) => console.error('While ending:', error));
  }
}
