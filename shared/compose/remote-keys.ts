import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { config } from './environment.ts';
import { createRemoteKeys } from '../jwt/remote-keys.ts';
import { createJsonClient } from '../net/json-client.ts';

/** Keys of others, wherever they publish them. Loaded when they are first needed. */
export const remoteKeys = once(async () => {
  const { privateHosts } = await config();
  return createRemoteKeys({
    client: createJsonClient({ privateHosts }),
    clock,
    onFault: (source, error) => {
      const from = 'jwksUri' in source ? source.jwksUri : source.discovery;
      console.warn(JSON.stringify({ event: 'keys', from, error: String(error) }));
    },
  });
});
