import type { Clock } from '../../config/clock.ts';
import type { ClientDirectory } from '../../registry/client.ts';
import type { GrantEnding } from '../end-grants.ts';
import { type GrantStore, isGrantOf } from '../grant-store.ts';
import type { AccountGrants } from './account-grants.ts';

/** Grants that the account page shows: the newest of those that are looked at. */
const MOST_SHOWN = 100;
const MOST_READ = 1000;

export function createAccountGrants(deps: {
  readonly grants: Pick<GrantStore, 'listOfUser'>;
  readonly ending: GrantEnding;
  readonly clients: ClientDirectory;
  readonly clock: Clock;
}): AccountGrants {
  return {
    async list(user) {
      const page = { limit: MOST_READ };
      const { items } = await deps.grants.listOfUser(user, deps.clock.now(), page);
      const newest = items.toSorted((a, b) => b.createdAt - a.createdAt).slice(0, MOST_SHOWN);
      const shown = newest.map(async (grant) => {
        const client = await deps.clients.find(grant.clientId);
        if (client === undefined || !isGrantOf(client, grant)) return [];
        const { grantId, clientId, scopes, createdAt: since, lastUsedAt } = grant;
        return [{ grantId, clientId, clientName: client.clientName, scopes, since, lastUsedAt }];
      });
      return (await Promise.all(shown)).flat();
    },
    end: (user, grantId) => deps.ending.endOfUser(user, grantId),
  };
}
