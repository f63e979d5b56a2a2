import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { config, meter, prepared, preparedTask } from './environment.ts';
import { audit, systemEvent } from './logs.ts';
import { tables } from './storage.ts';
import { createJwksEndpoint } from '../jwt/jwks-endpoint.ts';
import { openKeyRing } from '../jwt/key-ring.ts';
import { currentKey } from '../jwt/rotation.ts';
import { createAccessTokenVerifier } from '../jwt/verify.ts';
import { createKeyStore } from '../storage/key-ring.ts';

const DAY_MS = 86_400_000;

export const keyRing = once(async () => {
  const { masterKey, issuer, signing } = await config();
  const ring = openKeyRing({
    store: createKeyStore(await tables()),
    clock,
    masterKey,
    issuer,
    rules: { algorithm: signing.algorithm, rotationDays: signing.rotationDays },
    onChange: async ({ made, removed }) => {
      const { trail } = await audit();
      if (made !== undefined) await trail.record(systemEvent('key.create', 'signing_key', made));
      for (const kid of removed) await trail.record(systemEvent('key.remove', 'signing_key', kid));
    },
  });
  (await meter()).observe('flowgate.signing_key.age', async () => {
    const { stored } = await ring.view();
    const current = currentKey(stored, clock.now());
    return current === undefined ? undefined : (clock.now() - current.activeFrom) / DAY_MS;
  });
  return ring;
});

/** Whether this deployment issues tokens with that `iss`, or has done so. */
export const isOurs = async (iss: string): Promise<boolean> =>
  (await (await keyRing()).view()).issuers.has(iss);

export const tokenVerifier = once(async () => {
  return createAccessTokenVerifier({ ring: await keyRing(), clock });
});

export const jwks = prepared(async () => {
  return createJwksEndpoint({ ring: await keyRing(), clock });
}, 'open');

export const rotateSigningKeys = preparedTask(async () => {
  const ring = await keyRing();
  return async () => {
    const { newest, made } = await ring.rotate();
    return { kid: newest.key.kid, state: newest.state, made };
  };
});
