import type { Clock } from '../../config/clock.ts';
import type { ClientDirectory } from '../../registry/client.ts';
import type { Consents } from '../consents.ts';
import type { GrantEnding } from '../end-grants.ts';
import type { GrantStore } from '../grant-store.ts';

/** What a user has allowed a client, as the user is shown it. */
export interface AccountGrant {
  readonly grantId: string;
  readonly clientId: string;
  /** The id where the client is gone. */
  readonly clientName: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly lastUsedAt: number | undefined;
}

export interface AccountGrants {
  /** Those that are alive, the newest first, at most {@link MOST_SHOWN}. */
  list(user: string): Promise<readonly AccountGrant[]>;
  /**
   * Ends one with all its tokens, and the consent of the client is forgotten.
   * @returns false if the user has no such grant.
   */
  end(user: string, grantId: string): Promise<boolean>;
}

const MOST_SHOWN = 200;

export function createAccountGrants(deps: {
  readonly grants: Pick<GrantStore, 'find' | 'listOfUser'>;
  readonly consents: Pick<Consents, 'forget'>;
  readonly ending: Pick<GrantEnding, 'endGrant'>;
  readonly clients: ClientDirectory;
  readonly clock: Clock;
}): AccountGrants {
  const { grants, consents, ending, clients, clock } = deps;
  return {
    async list(user) {
      const { items } = await grants.listOfUser(user, clock.now(), { limit: MOST_SHOWN });
      const shown = await Promise.all(
        items.map(async ({ grantId, clientId, scopes, createdAt, lastUsedAt }) => {
          const clientName = (await clients.find(clientId))?.clientName ?? clientId;
          return { grantId, clientId, clientName, scopes, since: createdAt, lastUsedAt };
        }),
      );
      return shown.sort((a, b) => b.since - a.since);
    },

    async end(user, grantId) {
      const grant = (await grants.find(grantId))?.value;
      if (grant?.user !== user || grant.revokedAt !== undefined) return false;
      await ending.endGrant(grantId);
      await consents.forget(user, grant.clientId);
      return true;
    },
  };
}
