import type { Clock } from '../config/clock.ts';
import type { Page, PageRequest } from '../registry/page.ts';
import type { Consents } from './consents.ts';
import type { GrantStore, UserGrant } from './grant-store.ts';
import { LONGEST_REVOCATION_MS, type Revocations } from './revocations.ts';

const AT_A_TIME = 100;

/** Ends what users have granted, with all tokens of it: refresh tokens at once, access tokens within 30 s. */
export interface GrantEnding {
  /** One that is not there is no error. */
  endGrant(grantId: string): Promise<void>;
  /** Ends one grant of a user and has the client ask again. @returns false if the user has no such grant. */
  endOfUser(user: string, grantId: string): Promise<boolean>;
  /**
   * Ends all grants of a client, or of a user whose consents are forgotten too; what is granted
   * meanwhile may stay.
   * @returns how many.
   */
  endAllOf(whose: { readonly clientId: string } | { readonly user: string }): Promise<number>;
}

export function createGrantEnding(deps: {
  readonly grants: Pick<
    GrantStore,
    'find' | 'revoke' | 'listOfClient' | 'listOfUser' | 'deleteOfUser'
  >;
  readonly consents: Pick<Consents, 'forget'>;
  readonly revocations: Pick<Revocations, 'revokeGrant'>;
  readonly clock: Clock;
}): GrantEnding {
  const { grants, consents, revocations, clock } = deps;

  const endGrant = async (grantId: string): Promise<void> => {
    // The refresh token first, so that no access token is issued after the others have ended.
    const grant = await grants.revoke(grantId, clock.now());
    if (grant === undefined) return;
    await revocations.revokeGrant(grantId, clock.now() + LONGEST_REVOCATION_MS);
  };

  return {
    endGrant,

    async endOfUser(user, grantId) {
      const found = await grants.find(grantId);
      if (found?.value.user !== user || found.value.expiresAt <= clock.now()) return false;
      await endGrant(grantId);
      await consents.forget(user, found.value.clientId);
      return true;
    },

    async endAllOf(whose) {
      const list = (page: PageRequest): Promise<Page<UserGrant>> =>
        'user' in whose
          ? grants.listOfUser(whose.user, clock.now(), page)
          : grants.listOfClient(whose.clientId, clock.now(), page);
      let ended = 0;
      let after: string | undefined;
      do {
        const page = await list({ after, limit: AT_A_TIME });
        for (const { grantId } of page.items) await endGrant(grantId);
        ended += page.items.length;
        after = page.next;
      } while (after !== undefined);
      if ('user' in whose) await grants.deleteOfUser(whose.user);
      return ended;
    },
  };
}
