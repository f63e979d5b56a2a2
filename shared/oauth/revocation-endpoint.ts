import type { Handler, HttpCall, HttpReply } from '../http/call.ts';
import { answerPreflight, corsHeaders } from '../http/cors.ts';
import { Fault } from '../http/fault.ts';
import { type Client, userOfClient } from '../registry/client.ts';
import { NO_STORE, OAuthError } from './errors.ts';
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
}

/**
 * Token revocation (RFC 7009). A client may revoke its own tokens, with `Token.Introspect` any of its
 * subscription. Everything else (another's token, one that has expired, what is no token) is answered
 * alike and nothing happens (section 2.2), so that nobody learns of other clients. `token_type_hint`
 * is a hint: of whatever kind the token is, it is found.
 */
export function createRevocationEndpoint(deps: RevocationEndpointDeps): Handler {
  return async (call) => {
    if (call.method === 'OPTIONS') return answerPreflight(call.headers, PREFLIGHT);
    if (call.method !== 'POST') throw Fault.methodNotAllowed(['POST', 'OPTIONS']);
    const { client, parameters } = await readTokenInquiry(call, deps, 'token.revoke');
    const cors = corsHeaders(call.headers, client.allowedOrigins);
    try {
      await revokeAccessToken(requireToken(parameters), client, call, deps);
    } catch (error) {
      // A browser page of an allowed origin may also read why it was refused.
      throw error instanceof OAuthError ? error.with(cors) : error;
    }
    return { status: 200, headers: { ...NO_STORE, ...cors } } satisfies HttpReply;
  };
}

const PREFLIGHT = { methods: ['POST'], headers: ['authorization', 'content-type'] };

async function revokeAccessToken(
  token: string,
  client: Client,
  call: HttpCall,
  { verifier, roles, revocations, audit }: RevocationEndpointDeps,
): Promise<void> {
  const claims = await readAccessToken(token, verifier);
  if (claims === undefined) return;
  const event = {
    action: 'token.revoke',
    actor: userOfClient(client.clientId),
    object: { type: 'token', name: claims.jti },
    call,
    detail: `of ${claims.sub}`,
  };
  if (!(await mayHandle(client, claims, roles))) {
    audit.note({ ...event, outcome: 'failure', reason: 'token_of_another' });
    return;
  }
  await revocations.revokeToken(claims, 'client');
  audit.note(event);
}
