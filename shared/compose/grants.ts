import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { preparedTask } from './environment.ts';
import { tables } from './storage.ts';
import { openConsents } from '../storage/consents.ts';
import { openGrants } from '../storage/grants.ts';
import { deleteSecretRecordsBefore } from '../storage/secret-records.ts';

const HOUR_MS = 3_600_000;
/** An authorization code that comes again within a day ends what came of it. */
const CODES_KEPT_MS = 24 * HOUR_MS;

/** What users have granted. */
export const grants = once(async () => openGrants(await tables()));
export const consents = once(async () => openConsents(await tables()));

export const deleteExpiredGrants = preparedTask(async () => {
  const [all, kept] = [await tables(), await grants()];
  return async () => ({
    grants: await kept.deleteBefore(clock.now() - HOUR_MS),
    codes: await deleteSecretRecordsBefore(all, clock.now() - CODES_KEPT_MS),
  });
});
