import type { Handler, HttpCall, HttpReply } from '../http/call.ts';
import { answerPreflight, corsHeaders } from '../http/cors.ts';
import { Fault } from '../http/fault.ts';
import { type Client, userOfClient } from '../registry/client.ts';
import type { GrantEnding } from './end-grants.ts';
import { NO_STORE } from './errors.ts';
import type { GrantStore } from './grant-store.ts';
import { findRefreshToken } from './refresh-token-standing.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import type { Revocations } from './revocations.ts';
import {
  mayHandle,
  readAccessToken,
  readTokenInquiry,
  requireToken,
  type TokenInquiryDeps,
} from './token-inquiry.ts';

export interface RevocationEndpointDeps extends TokenInquiryDeps {
  readonly revocations: Pick<Revocations, 'revokeToken'>;
  readonly refreshTokens: Pick<RefreshTokens, 'read'>;
  readonly grants: Pick<GrantStore, 'find'>;
  readonly endGrant: GrantEnding['endGrant'];
}

/**
 * Token revocation (RFC 7009). A client may revoke its own tokens, with `Token.Introspect` any of its
 * subscription. A refresh token ends with its grant and all tokens of it, an access token by itself
 * (section 2.1). Everything else (another's token, one that has expired, what is no token) is answered
 * alike and nothing happens (section 2.2), so that nobody learns of other clients. `token_type_hint`
 * is a hint: of whatever kind the token is, it is found.
 */
export function createRevocationEndpoint(deps: RevocationEndpointDeps): Handler {
  return async (call) => {
    if (call.method === 'OPTIONS') return answerPreflight(call.headers, PREFLIGHT, deps.origins);
    if (call.method !== 'POST') throw Fault.methodNotAllowed(['POST', 'OPTIONS']);
    const { client, parameters } = await readTokenInquiry(call, deps, 'token.revoke');
    const cors = corsHeaders(call.headers, client.allowedOrigins);
    try {
      const token = requireToken(parameters);
      const found = (await findAccessToken(token, deps)) ?? (await findGrant(token, deps));
      if (found !== undefined) await revokeFor(client, found, call, deps);
    } catch (error) {
      // A browser page of an allowed origin may also read why it was refused.
      throw error instanceof Fault ? error.with(cors) : error;
    }
    return { status: 200, headers: { ...NO_STORE, ...cors } } satisfies HttpReply;
  };
}

const PREFLIGHT = { methods: ['POST'], headers: ['authorization', 'content-type'] };

/** A token of ours, and how it is revoked. */
interface Revocable {
  readonly object: { readonly type: 'token' | 'grant'; readonly name: string };
  readonly client_id: string;
  readonly sub: string;
  readonly aud: string;
  revoke(): Promise<void>;
}

async function findAccessToken(
  token: string,
  { verifier, revocations }: RevocationEndpointDeps,
): Promise<Revocable | undefined> {
  const claims = await readAccessToken(token, verifier);
  if (claims === undefined) return undefined;
  const { client_id, sub, aud, jti } = claims;
  const object = { type: 'token', name: jti } as const;
  return { object, client_id, sub, aud, revoke: () => revocations.revokeToken(claims, 'client') };
}

/** Also by a refresh token that was replaced: whoever holds it has had the grant. */
async function findGrant(
  token: string,
  deps: RevocationEndpointDeps,
): Promise<Revocable | undefined> {
  const grant = (await findRefreshToken(token, deps))?.grant;
  if (grant === undefined) return undefined;
  const { grantId, clientId, user, subscription } = grant;
  return {
    object: { type: 'grant', name: grantId },
    client_id: clientId,
    sub: user,
    aud: subscription,
    revoke: () => deps.endGrant(grantId),
  };
}

async function revokeFor(
  client: Client,
  found: Revocable,
  call: HttpCall,
  { roles, audit }: RevocationEndpointDeps,
): Promise<void> {
  const event = {
    action: 'token.revoke',
    actor: userOfClient(client.clientId),
    object: found.object,
    call,
    detail: `of ${found.sub}`,
  };
  if (!(await mayHandle(client, found, roles))) {
    audit.note({ ...event, outcome: 'failure', reason: 'token_of_another' });
    return;
  }
  await found.revoke();
  audit.note(event);
}
