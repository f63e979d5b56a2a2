import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { jsonClient } from './issuers.ts';
import { isSourceFault } from '../jwt/fetch-keys.ts';
import { createRemoteKeys } from '../jwt/remote-keys.ts';

/** Keys behind the `jwks_uri` of clients: apart from those of issuers, which they must not push out. */
export const clientKeySources = once(async () => {
  return createRemoteKeys({
    client: await jsonClient(),
    clock,
    onFault: (_source, error) => {
      const reason = isSourceFault(error) ? error.reason : 'unknown';
      console.error(`The keys of a client cannot be read (${reason})`, error);
    },
  });
});
