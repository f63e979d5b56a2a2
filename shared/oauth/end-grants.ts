import type { Clock } from '../config/clock.ts';
import type { Page, PageRequest } from '../registry/page.ts';
import type { GrantStore, UserGrant } from './grant-store.ts';
import { LONGEST_REVOCATION_MS, type Revocations } from './revocations.ts';

const AT_A_TIME = 100;

/** Ends what users have granted. */
export interface GrantEnding {
  /** Ends a grant with all tokens of it, on every instance; one that is not there is no error. */
  endGrant(grantId: string): Promise<void>;
  /**
   * Ends all grants of a client, or of a user; what is granted meanwhile may stay.
   * @returns how many.
   */
  endAllOf(whose: { readonly clientId: string } | { readonly user: string }): Promise<number>;
}

export function createGrantEnding(deps: {
  readonly grants: Pick<GrantStore, 'revoke' | 'listOfClient' | 'listOfUser'>;
  readonly revocations: Pick<Revocations, 'revokeGrant'>;
  readonly clock: Clock;
}): GrantEnding {
  const { grants, revocations, clock } = deps;

  const endGrant = async (grantId: string): Promise<void> => {
    // The refresh token first, so that no access token is issued after the others have ended.
    const grant = await grants.revoke(grantId, clock.now());
    if (grant === undefined) return;
    await revocations.revokeGrant(grantId, clock.now() + LONGEST_REVOCATION_MS);
  };

  return {
    endGrant,
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
      return ended;
    },
  };
}
