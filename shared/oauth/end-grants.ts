import type { Clock } from '../config/clock.ts';
import type { Consents } from './consents.ts';
import type { GrantStore } from './grant-store.ts';
import { LONGEST_REVOCATION_MS, type Revocations } from './revocations.ts';

const AT_A_TIME = 100;

/** Ends what users have granted, with all tokens of it: refresh tokens at once, access tokens within 30 s. */
export interface GrantEnding {
  /** One that is not there is no error. */
  endGrant(grantId: string): Promise<void>;
  /** Ends one grant of a user and has the client ask again. @returns false if the user has no such grant. */
  endOfUser(user: string, grantId: string): Promise<boolean>;
  /**
   * Ends all grants of a user, and forgets the consents; what is granted meanwhile may stay.
   * @returns how many.
   */
  endAllOfUser(user: string): Promise<number>;
}

export function createGrantEnding(deps: {
  readonly grants: Pick<GrantStore, 'find' | 'revoke' | 'listOfUser' | 'deleteOfUser'>;
  readonly consents: Pick<Consents, 'forget'>;
  readonly revocations: Pick<Revocations, 'revokeGrant'>;
  readonly clock: Clock;
}): GrantEnding {
  const { grants, consents, revocations, clock } = deps;

  const endGrant = async (grantId: string): Promise<void> => {
    // First what ends the access tokens, those too that are issued until its refresh token has ended:
    // cut short in between, the grant still looks as if it stood, and is ended when it is asked again.
    await revocations.revokeGrant(grantId, clock.now() + LONGEST_REVOCATION_MS);
    await grants.revoke(grantId, clock.now());
  };

  return {
    endGrant,

    async endOfUser(user, grantId) {
      const found = await grants.find(grantId);
      if (found?.value.user !== user || found.value.expiresAt <= clock.now()) return false;
      // First, since a grant that has ended is not listed, and could not be ended again.
      await consents.forget(user, found.value.clientId);
      await endGrant(grantId);
      return true;
    },

    async endAllOfUser(user) {
      let ended = 0;
      let after: string | undefined;
      do {
        const page = await grants.listOfUser(user, clock.now(), { after, limit: AT_A_TIME });
        for (const { grantId } of page.items) await endGrant(grantId);
        ended += page.items.length;
        after = page.next;
      } while (after !== undefined);
      await grants.deleteOfUser(user);
      return ended;
    },
  };
}
