import { REFUSE_ON_MS } from '../cache/stale-cache.ts';
import { isIssuedSince } from '../jwt/token-id.ts';
import type { AccessTokenClaims } from '../jwt/types.ts';
import type { Client, ClientDirectory } from '../registry/client.ts';
import { BearerFault } from './gate.ts';
import type { Revocations } from './revocations.ts';

/** What of a token says whether it still stands. */
export type StandingClaims = Pick<
  AccessTokenClaims,
  'client_id' | 'sub' | 'iat' | 'aud' | 'jti' | 'grant_id'
>;

/**
 * Why a token that is good by itself is not accepted: it is revoked, or its client is gone, registered
 * anew, disabled or moved. A refusal for the client's sake rests on the client as it was at most
 * `REFUSE_ON_MS` ago, so that one enabled on another instance works at once. What is revoked stays so.
 */
export async function findRefusal(
  claims: StandingClaims,
  clients: ClientDirectory,
  revocations: Pick<Revocations, 'isRevoked'>,
): Promise<BearerFault | undefined> {
  const [client, revoked] = await Promise.all([
    clients.find(claims.client_id),
    revocations.isRevoked(claims),
  ]);
  if (revoked) {
    return new BearerFault('revoked', 'The access token has been revoked. Request a new one.', {
      user: claims.sub,
    });
  }
  return (
    compare(client, claims) && compare(await clients.find(claims.client_id, REFUSE_ON_MS), claims)
  );
}

/** What stands between a client as it is now and a token that was issued to it. */
function compare(
  client: Client | undefined,
  { client_id, sub: user, iat, aud, jti }: StandingClaims,
): BearerFault | undefined {
  // The time of a revocation is another instance's, whose clock may be ahead; `jti` is exact.
  if (
    client === undefined ||
    iat < Math.floor(client.createdAt / 1000) ||
    !isIssuedSince(jti, client.tokensFrom)
  ) {
    return new BearerFault('revoked', `${whyRevoked(client_id, client)} Request a new token.`, {
      user,
    });
  }
  if (!client.enabled) {
    return new BearerFault(
      'client_disabled',
      `The client ${client_id} is disabled. Ask an administrator to enable it.`,
      { user },
    );
  }
  if (client.subscription !== aud) {
    return new BearerFault(
      'wrong_subscription',
      `The client ${client_id} has been moved to subscription ${client.subscription} since the access token was issued for ${aud}. Request a new token.`,
      { user },
    );
  }
  return undefined;
}

function whyRevoked(clientId: string, client: Client | undefined): string {
  if (client !== undefined && client.tokensFrom !== client.createdAt) {
    return `All access tokens that the client ${clientId} had have been revoked.`;
  }
  return `The client ${clientId} that the access token was issued to has been deleted${client === undefined ? '' : ' and registered anew'}.`;
}
