import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { deriveKey, preparedTask } from './environment.ts';
import { revocations } from './revocations.ts';
import { tables } from './storage.ts';
import type { AuthorizationCode } from '../oauth/authorization/authorization-codes.ts';
import { createGrantEnding } from '../oauth/end-grants.ts';
import { createRefreshTokens } from '../oauth/refresh-tokens.ts';
import { openConsents } from '../storage/consents.ts';
import { openGrants } from '../storage/grants.ts';
import { deleteSecretRecordsBefore, openSecretRecords } from '../storage/secret-records.ts';

const HOUR_MS = 3_600_000;
/** An authorization code that comes again within a day ends what came of it. */
const CODES_KEPT_MS = 24 * HOUR_MS;

/** What users have granted. */
export const userGrants = once(async () => openGrants(await tables()));
export const consents = once(async () => openConsents(await tables()));
export const codes = once(async () => openSecretRecords<AuthorizationCode>(await tables(), 'code'));
export const refreshTokens = once(async () =>
  createRefreshTokens(await deriveKey('refresh tokens')),
);

export const grantEnding = once(async () => {
  return createGrantEnding({
    grants: await userGrants(),
    consents: await consents(),
    revocations: (await revocations()).list,
    clock,
  });
});

export const deleteExpiredGrants = preparedTask(async () => {
  const [all, grants] = [await tables(), await userGrants()];
  return async () => ({
    grants: await grants.deleteBefore(clock.now() - HOUR_MS),
    codes: await deleteSecretRecordsBefore(all, clock.now() - CODES_KEPT_MS),
  });
});
