import { once } from '../cache/once.ts';
import { type Handler, json } from '../http/call.ts';
import type { Prepared } from '../http/endpoint.ts';
import { Fault } from '../http/fault.ts';
import { Problem } from '../http/problem.ts';
import { ensureBootstrap } from './clients.ts';
import { prepared } from './environment.ts';
import { keyRing } from './signing.ts';
import { tables } from './storage.ts';

/** Answers without any configuration. */
export const healthLive = once(async (): Promise<Prepared> => {
  const { healthLive } = await import('../http/health.ts');
  return { handle: healthLive, trustedProxyHops: 0 };
});

export const healthReady = prepared(async () => {
  const { createHealthReady } = await import('../http/health.ts');
  return createHealthReady(
    [
      { name: 'storage', run: checkStorage },
      { name: 'clock', run: checkClock },
      { name: 'signing_key', run: async () => (await keyRing()).signingKey() },
      { name: 'bootstrap_client', run: ensureBootstrap },
    ],
    (check, error) => console.error(`Not ready: ${check}`, error),
  );
}, 'open');

/** A probe that comes more often makes no more reads than this. */
const CHECKED_MS = 5000;

const checkStorage = async (): Promise<void> => {
  await (await tables()).createAll();
  await (await keyRing()).view(CHECKED_MS);
};

/** Beyond, instances refuse each other's tokens. */
const CLOCK_LIMIT_MS = 30_000;

const checkClock = async (): Promise<void> => {
  const ahead = (await tables()).clockAheadMs() ?? 0;
  if (Math.abs(ahead) <= CLOCK_LIMIT_MS) return;
  throw new Error(`The clock of this machine is ${ahead / 1000} s ahead of storage's.`);
};

/** Answers without any configuration, too: `/` and whatever no other function serves. */
export const notFound = once((): Prepared => ({ handle: answerNotFound, trustedProxyHops: 0 }));

const answerNotFound: Handler = (call) => {
  if (call.url.pathname !== '/') {
    throw Problem.notFound(`There is nothing at ${call.url.pathname.slice(0, 200)}.`);
  }
  if (call.method !== 'GET' && call.method !== 'HEAD') {
    throw Fault.methodNotAllowed(['GET', 'HEAD']);
  }
  return json(200, {
    service: 'Flowgate',
    token_endpoint: '/oauth2/api/v1/token',
    introspection_endpoint: '/oauth2/api/v1/introspect',
    metadata: '/.well-known/oauth-authorization-server',
    registry: '/registry/v1/clients',
    api: '/api/v1/',
    iflows: '/http/',
    health: '/health/ready',
  });
};
