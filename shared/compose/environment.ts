import { hkdfSync } from 'node:crypto';
import { once } from '../cache/once.ts';
import type { Config } from '../config/load.ts';
import type { Handler } from '../http/call.ts';
import type { Prepared } from '../http/endpoint.ts';
import { Fault } from '../http/fault.ts';

/**
 * `compose/` joins the rooms: what each needs is made here, on first use and once per process.
 * Modules are imported when they are first needed, so that a cold instance loads for a token request
 * only what a token request needs. This file is the one place that reads `process.env`.
 */

export const config = once(async (): Promise<Config> => {
  const { ConfigError, loadConfig } = await import('../config/load.ts');
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

/** Wraps a room's handler with what `http/endpoint.ts` needs to know. */
export function prepared(make: (config: Config) => Promise<Handler>): () => Promise<Prepared> {
  return once(async () => {
    const settings = await config();
    return { handle: await make(settings), trustedProxyHops: settings.trustedProxyHops };
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
