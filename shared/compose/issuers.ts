import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { config } from './environment.ts';
import { tables } from './storage.ts';
import { isSourceFault } from '../jwt/fetch-keys.ts';
import { createRemoteKeys } from '../jwt/remote-keys.ts';
import { createJsonClient } from '../net/json-client.ts';
import { cacheIssuers } from '../registry/issuers/issuer-directory.ts';
import { createIssuerStore } from '../storage/issuers.ts';

export const issuers = once(async () => {
  return cacheIssuers(createIssuerStore(await tables()), clock);
});

export const jsonClient = once(async () => {
  return createJsonClient({ privateHosts: (await config()).privateHosts });
});

/** Keys of trusted issuers. */
export const issuerKeys = once(async () => {
  return createRemoteKeys({
    client: await jsonClient(),
    clock,
    onFault: (_source, error) => {
      const reason = isSourceFault(error) ? error.reason : 'unknown';
      console.error(`The keys of an issuer cannot be read (${reason})`, error);
    },
  });
});
