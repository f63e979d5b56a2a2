import type { Clock } from '../config/clock.ts';
import type { OneTimeValues } from '../oauth/one-time-values.ts';
import type { AuditTrail } from './audit/audit-trail.ts';
import { SYSTEM } from './audit/audit-entry.ts';
import type { Client, StoredSecret } from './client.ts';
import type { ClientStore } from './client-store.ts';
import { isAlive } from './secrets.ts';

const DAY_MS = 86_400_000;
/** Days ahead of the end of a secret at which it is warned of, each once. */
const STEPS = [1, 7, 30] as const;
/** Clients that are read at a time. */
const AT_A_TIME = 500;

/** A client's secrets that are alive and will not be in so many days. */
export function expiringSecrets(
  { secrets }: Pick<Client, 'secrets'>,
  days: number,
  now: number,
): readonly (StoredSecret & { readonly expiresAt: number })[] {
  return secrets.flatMap((secret) => {
    const { expiresAt } = secret;
    const isExpiring = isAlive(secret, now) && expiresAt !== undefined;
    return isExpiring && expiresAt - now <= days * DAY_MS ? [{ ...secret, expiresAt }] : [];
  });
}

/**
 * Warns of the secrets of enabled clients that will expire: 30, 7 and 1 days ahead, each time once,
 * whichever instance does it. A secret that is made for less time than a step is not warned of at that
 * step.
 * @param onExpiring told of each warning, for the log.
 * @returns how many.
 */
export async function warnOfExpiringSecrets(deps: {
  readonly clients: Pick<ClientStore, 'list'>;
  readonly warned: OneTimeValues;
  readonly trail: Pick<AuditTrail, 'record'>;
  readonly clock: Clock;
  readonly onExpiring: (warning: SecretWarning) => void;
}): Promise<number> {
  let warnings = 0;
  let after: string | undefined;
  do {
    const page = await deps.clients.list({ after, limit: AT_A_TIME });
    for (const client of page.items) {
      for (const warning of warningsOf(client, deps.clock.now())) {
        const { clientId, secretId, expiresAt, step } = warning;
        // Another expiry than before is worth another warning.
        const value = JSON.stringify([clientId, secretId, expiresAt, step]);
        if (!(await deps.warned.use('secret.expiring', value, expiresAt))) continue;
        deps.onExpiring(warning);
        await deps.trail.record({
          action: 'secret.expiring',
          actor: SYSTEM,
          object: { type: 'client', name: clientId },
          call: undefined,
          detail: describe(warning),
        });
        warnings += 1;
      }
    }
    after = page.next;
  } while (after !== undefined);
  return warnings;
}

export interface SecretWarning {
  readonly clientId: string;
  readonly secretId: string;
  readonly lastFour: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Days: it will have expired by then. */
  readonly step: (typeof STEPS)[number];
  /** Whether the client has another secret that outlives it. */
  readonly replaced: boolean;
}

function warningsOf(client: Client, now: number): readonly SecretWarning[] {
  if (!client.enabled) return [];
  return expiringSecrets(client, STEPS.at(-1) ?? 0, now).flatMap((secret) => {
    const step = STEPS.find((days) => secret.expiresAt - now <= days * DAY_MS);
    if (step === undefined || secret.expiresAt - secret.createdAt <= step * DAY_MS) return [];
    const { secretId, lastFour, expiresAt } = secret;
    const replaced = client.secrets.some(
      (other) => other.secretId !== secretId && (other.expiresAt ?? Infinity) > expiresAt,
    );
    return [{ clientId: client.clientId, secretId, lastFour, expiresAt, step, replaced }];
  });
}

function describe({ secretId, lastFour, expiresAt, step, replaced }: SecretWarning): string {
  const when = `secret ${secretId} (…${lastFour}) expires on ${new Date(expiresAt).toISOString()}`;
  const days = step === 1 ? 'within a day' : `within ${step} days`;
  const what = replaced ? 'the client has a newer one' : 'the client has no other after it';
  return `${when}, ${days}; ${what}`;
}
