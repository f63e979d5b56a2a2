import { createRemoteKeys } from '../../../shared/jwt/remote-keys.ts';
import { createJsonClient } from '../../../shared/net/json-client.ts';
import { createTokenJudge } from '../../../shared/oauth/trusted-issuers/token-judge.ts';
import type { TrustedIssuer } from '../../../shared/registry/issuers/issuer.ts';
import { testClock } from '../../support/clock.ts';
import { type OtherIssuer, someIssuer, testIssuers } from '../../support/other-issuer.ts';

/** The audience of a token that is good for about everything here. */
export const AUDIENCE = 'api://flowgate';

/** What judges tokens of a server that publishes keys, by entries for it. */
export function trust(other: OtherIssuer, entries: readonly Partial<TrustedIssuer>[]) {
  const clock = testClock();
  const { issuer, jwksUri } = other;
  const issuers = testIssuers(...entries.map((one) => someIssuer({ issuer, jwksUri, ...one })));
  const keys = createRemoteKeys({
    client: createJsonClient({ privateHosts: new Set(['127.0.0.1']) }),
    clock,
    onFault: () => undefined,
  });
  const now = Math.floor(clock.now() / 1000);
  return {
    clock,
    issuers,
    judge: createTokenJudge({ issuers, keys, clock }),
    claims: { iss: issuer, aud: AUDIENCE, sub: 'someone', iat: now, exp: now + 600 },
  };
}
