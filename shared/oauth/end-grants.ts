import type { Clock } from '../config/clock.ts';
import type { Consents } from './consents.ts';
import type { GrantStore, UserGrant } from './grant-store.ts';
import type { Revocations } from './revocations.ts';

/** Ends what users have granted, with all tokens of it: refresh tokens at once, access tokens within 30 s. */
export interface GrantEnding {
  /** @returns the grant; undefined if there is none. Again is no error. */
  end(grantId: string): Promise<UserGrant | undefined>;
  /** Ends one grant of a user and has the client ask again. @returns false if the user has no such grant. */
  endOfUser(user: string, grantId: string): Promise<boolean>;
  /** Ends all grants of a user and forgets its consents. */
  endAll(user: string): Promise<void>;
}

export function createGrantEnding(deps: {
  readonly grants: GrantStore;
  readonly consents: Consents;
  readonly revocations: Pick<Revocations, 'revokeGrant'>;
  readonly clock: Clock;
}): GrantEnding {
  const { grants, consents, revocations, clock } = deps;
  const end = async (grantId: string): Promise<UserGrant | undefined> => {
    // First the refresh token, so that no access token is issued behind the revocation.
    const grant = await grants.revoke(grantId, clock.now());
    if (grant !== undefined) await revocations.revokeGrant(grantId, grant.expiresAt);
    return grant;
  };
  return {
    end,

    async endOfUser(user, grantId) {
      const found = await grants.find(grantId);
      if (found?.value.user !== user || found.value.expiresAt <= clock.now()) return false;
      await end(grantId);
      await consents.forget(user, found.value.clientId);
      return true;
    },

    async endAll(user) {
      for (;;) {
        const { items } = await grants.listOfUser(user, clock.now(), { limit: 100 });
        if (items.length === 0) break;
        for (const { grantId } of items) await end(grantId);
      }
      await grants.deleteOfUser(user);
    },
  };
}
