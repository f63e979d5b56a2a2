import { type Handler, type HttpCall, json } from '../http/call.ts';
import { Fault } from '../http/fault.ts';
import type { IntrospectionSigner } from '../jwt/sign-introspection.ts';
import type { AccessTokenClaims } from '../jwt/types.ts';
import type { Client } from '../registry/client.ts';
import { NO_STORE } from './errors.ts';
import type { GrantStore } from './grant-store.ts';
import { endOf, findRefreshToken } from './refresh-token-standing.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import type { Revocations } from './revocations.ts';
import { UNKNOWN_TIME } from './sign-in/sessions.ts';
import { tokenTypeOf } from './token-binding.ts';
import {
  mayHandle,
  readAccessToken,
  readTokenInquiry,
  requireToken,
  type TokenInquiryDeps,
} from './token-inquiry.ts';
import { findRefusal } from './token-standing.ts';

/** RFC 9701 section 4. */
const JWT_ANSWER = 'application/token-introspection+jwt';

export interface IntrospectionEndpointDeps extends TokenInquiryDeps {
  readonly revocations: Pick<Revocations, 'isRevoked'>;
  readonly refreshTokens: Pick<RefreshTokens, 'read'>;
  readonly grants: Pick<GrantStore, 'find'>;
  readonly signer: IntrospectionSigner;
}

/**
 * Token introspection (RFC 7662). A client may ask about its own tokens, with `Token.Introspect`
 * about any of its subscription. Every other token is answered like one that is no token at all
 * (section 2.2), so that nobody learns of other clients. Who accepts
 * `application/token-introspection+jwt` gets the answer signed (RFC 9701).
 */
export function createIntrospectionEndpoint(deps: IntrospectionEndpointDeps): Handler {
  return async (call) => {
    if (call.method !== 'POST') throw Fault.methodNotAllowed(['POST']);
    const { client, parameters } = await readTokenInquiry(call, deps, 'token.introspect');
    const token = requireToken(parameters);
    const answer = (await describeAccessToken(token, client, deps)) ??
      (await describeRefreshToken(token, client, deps)) ?? { active: false };
    if (!acceptsJwt(call)) return json(200, answer, NO_STORE);
    const body = await deps.signer.sign(client.clientId, answer);
    return { status: 200, headers: { 'Content-Type': JWT_ANSWER, ...NO_STORE }, body };
  };
}

/** What the client may know of an access token that would be accepted now. */
async function describeAccessToken(
  token: string,
  client: Client,
  { verifier, clients, roles, revocations }: IntrospectionEndpointDeps,
): Promise<Answer | undefined> {
  const claims = await readAccessToken(token, verifier);
  if (claims === undefined) return undefined;
  if ((await findRefusal(claims, clients, revocations)) !== undefined) return undefined;
  return (await mayHandle(client, claims, roles)) ? describe(claims) : undefined;
}

/**
 * What its own client may know of a refresh token that it would get tokens for now. Nobody else is told
 * that it is active: a resource server would take it for an access token.
 */
async function describeRefreshToken(
  token: string,
  client: Client,
  deps: IntrospectionEndpointDeps,
): Promise<Answer | undefined> {
  const known = await findRefreshToken(token, deps);
  const end = known && endOf(known, client, deps.clock.now());
  if (known === undefined || end === undefined) return undefined;
  const { grant } = known;
  return {
    active: true,
    token_type: 'refresh_token',
    client_id: grant.clientId,
    username: grant.user,
    sub: grant.user,
    exp: Math.floor(end / 1000),
    iat: Math.floor((grant.lastUsedAt ?? grant.createdAt) / 1000),
    grant_id: grant.grantId,
    ...(grant.authTime === UNKNOWN_TIME ? {} : { auth_time: grant.authTime }),
    ...(grant.scopes.length === 0 ? {} : { scope: grant.scopes.join(' ') }),
    ...(grant.confirmation === undefined ? {} : { cnf: grant.confirmation }),
  };
}

type Answer = Readonly<Record<string, unknown>>;

/** Whether the answer is asked for as a JWT by name (RFC 9701 section 4). */
function acceptsJwt(call: HttpCall): boolean {
  const ranges = (call.headers.get('accept') ?? '').toLowerCase().split(',');
  return ranges.some((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim());
    return type === JWT_ANSWER && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/** RFC 7662 section 2.2; RFC 8705 section 3.2 and RFC 9449 section 6.2 for `cnf`. */
function describe({ sub, cnf, ...claims }: AccessTokenClaims): Answer {
  const { scope, client_id, aud, iss, exp, iat, jti, grant_id, auth_time, act } = claims;
  return {
    active: true,
    token_type: tokenTypeOf(cnf),
    client_id,
    username: sub,
    sub,
    aud,
    iss,
    exp,
    iat,
    jti,
    ...(scope === undefined ? {} : { scope }),
    ...(cnf === undefined ? {} : { cnf }),
    ...(grant_id === undefined ? {} : { grant_id }),
    ...(auth_time === undefined ? {} : { auth_time }),
    ...(act === undefined ? {} : { act }),
  };
}
