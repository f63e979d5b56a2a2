import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { clients } from './clients.ts';
import { issuerKeys } from './remote-keys.ts';
import { tables } from './storage.ts';
import { createForeignCallers } from '../oauth/trusted-issuers/foreign-callers.ts';
import { createTokenJudge } from '../oauth/trusted-issuers/token-judge.ts';
import { cacheIssuers } from '../registry/issuers/issuer-directory.ts';
import { createIssuerStore } from '../storage/issuers.ts';

export const issuers = once(async () => {
  return cacheIssuers(createIssuerStore(await tables()), clock);
});

export const tokenJudge = once(async () => {
  const { directory } = await issuers();
  return createTokenJudge({ issuers: directory, keys: await issuerKeys(), clock });
});

export const foreignCallers = once(async () => {
  return createForeignCallers({ judge: await tokenJudge(), clients: (await clients()).directory });
});
