import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { config } from './environment.ts';
import { isSourceFault } from '../jwt/fetch-keys.ts';
import { createRemoteKeys } from '../jwt/remote-keys.ts';
import { createJsonClient, type JsonClient } from '../net/json-client.ts';

/** Fetches documents of other servers. */
export const jsonClient = once(async () => {
  return createJsonClient({ privateHosts: (await config()).privateHosts });
});

const openKeys = (client: JsonClient) =>
  createRemoteKeys({
    client,
    clock,
    onFault: (source, error) => {
      const from = 'jwksUri' in source ? source.jwksUri : source.discovery;
      const reason = isSourceFault(error) ? error.reason : 'unknown';
      console.error(`The keys at ${from} cannot be read (${reason})`, error);
    },
  });

/** Keys of clients, wherever they publish them. Loaded when they are first needed. */
export const remoteKeys = once(async () => openKeys(await jsonClient()));

/** Keys of clients that have registered themselves: nothing is fetched from inside for them. */
export const publicKeys = once(() => openKeys(createJsonClient({ privateHosts: new Set() })));

/** Keys of trusted issuers, apart: no number of clients crowds them out. */
export const issuerKeys = once(async () => openKeys(await jsonClient()));
