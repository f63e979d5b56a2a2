import { systemClock as clock } from '../config/clock.ts';
import { clients } from './clients.ts';
import { preparedTask } from './environment.ts';
import { audit } from './logs.ts';
import { tables } from './storage.ts';
import { warnOfExpiringSecrets } from '../registry/expiring-secrets.ts';
import { openOneTimeValues } from '../storage/one-time-values.ts';

export const warnOfSecrets = preparedTask(async () => {
  const deps = {
    clients: (await clients()).store,
    warned: openOneTimeValues(await tables()),
    trail: (await audit()).trail,
    clock,
  };
  return async () => ({
    warnings: await warnOfExpiringSecrets({
      ...deps,
      onExpiring: ({ clientId, secretId, expiresAt, step }) =>
        console.warn(
          JSON.stringify({
            event: 'secret.expiring',
            client_id: clientId,
            secret_id: secretId,
            expires_at: new Date(expiresAt).toISOString(),
            within_days: step,
          }),
        ),
    }),
  });
});
