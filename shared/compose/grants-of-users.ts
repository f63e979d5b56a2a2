import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { clients } from './clients.ts';
import { codes, grantEnding, refreshTokens, userGrants } from './grants.ts';
import { audit } from './logs.ts';
import { users } from './users.ts';
import { authorizationCode } from '../oauth/grants/authorization-code.ts';
import { refreshToken } from '../oauth/grants/refresh-token.ts';
import type { UserGrantDeps } from '../oauth/grants/user-grant.ts';

/** Milliseconds that another instance's clock may be ahead. */
const CLOCK_LEAD_MS = 5000;

/** The grants of the token endpoint that speak for people; loaded when one is first asked for. */

const deps = once(async (): Promise<UserGrantDeps> => {
  const known = await users();
  const ending = await grantEnding();
  return {
    grants: await userGrants(),
    endGrant: (grantId) => ending.endGrant(grantId),
    refreshTokens: await refreshTokens(),
    clients: (await clients()).directory,
    users: {
      isEnabled: async (name, since) => {
        const user = (await known.read(name))?.value;
        return user?.user === name && user.enabled && user.createdAt <= since + CLOCK_LEAD_MS;
      },
    },
    audit: (await audit()).trail,
    clock,
  };
});

export const authorizationCodeGrant = once(async () => {
  return authorizationCode({ ...(await deps()), codes: await codes() });
});

export const refreshTokenGrant = once(async () => refreshToken(await deps()));
