import { type Handler, type HttpCall, json } from '../http/call.ts';
import { answerPreflight, corsHeaders } from '../http/cors.ts';
import { Fault } from '../http/fault.ts';
import type { Parameters } from '../http/form.ts';
import type { AccessTokenClaims, AccessTokenIssuer } from '../jwt/types.ts';
import type { AuditedToken, AuditEvent, AuditNote } from '../registry/audit/audit-entry.ts';
import type { AuditTrail } from '../registry/audit/audit-trail.ts';
import {
  type Client,
  GRANTS_OF_PUBLIC_CLIENTS,
  type RoleDirectory,
  userOfClient,
} from '../registry/client.ts';
import {
  authenticateClient,
  type ClientAuthenticationDeps,
} from './client-authentication/authenticate-client.ts';
import { NO_STORE, OAuthError } from './errors.ts';
import type { Grant, Grants } from './grants/grant.ts';
import type { ResourceIndicators } from './resource.ts';
import { readRequest } from './request-limits.ts';
import { type TokenBinding, tokenTypeOf } from './token-binding.ts';

/** What SAP's clients may ask for (`token_format`); both are the JWT that everybody gets. */
const TOKEN_FORMATS = ['jwt', 'jwtrfc'];

/** Milliseconds that another instance's clock may be ahead of ours. */
const CLOCK_LEAD_MS = 5000;

export interface TokenEndpointDeps extends ClientAuthenticationDeps {
  readonly issuer: AccessTokenIssuer;
  readonly grants: Grants;
  readonly binding: TokenBinding;
  readonly resources: ResourceIndicators;
  readonly roles: RoleDirectory;
  readonly audit: Pick<AuditTrail, 'note'>;
}

/**
 * The token endpoint (RFC 6749 section 3.2). Parameters come in the query, in a form body, or in
 * both: SAP's clients send `grant_type` in the query and an empty body.
 */
export function createTokenEndpoint(deps: TokenEndpointDeps): Handler {
  return async (call) => {
    if (call.method === 'OPTIONS') return answerPreflight(call.headers, PREFLIGHT, deps.origins);
    if (call.method !== 'POST') throw Fault.methodNotAllowed(['POST', 'OPTIONS']);
    const parameters = await readRequest(call);
    const note = (actor: string, clientId: string, more: TokenNote): void => {
      const object = { type: 'client', name: clientId };
      deps.audit.note({ action: 'token.issue', actor, object, call, ...more });
    };
    const client = await authenticateClient(call, parameters, deps, (reason, known) => {
      // An id that nobody has may be anything, also a secret in the wrong field.
      note('', known?.clientId ?? '', { outcome: 'failure', reason });
    });
    const user = userOfClient(client.clientId);
    const cors = corsHeaders(call.headers, client.allowedOrigins);
    try {
      const { response, claims } = await grantToken(client, parameters, call, deps);
      const whose = claims.sub === user ? '' : `, as ${claims.sub}`;
      note(user, client.clientId, {
        detail: `for ${claims.aud}${whose}`,
        token: auditedToken(claims, user),
      });
      return json(200, response, { ...NO_STORE, ...cors });
    } catch (error) {
      // A browser page of an allowed origin may also read why it was refused.
      if (error instanceof OAuthError) {
        note(user, client.clientId, { outcome: 'failure', reason: error.reason });
      }
      throw error instanceof Fault ? error.with(cors) : error;
    }
  };
}

const PREFLIGHT = { methods: ['POST'], headers: ['authorization', 'content-type', 'dpop'] };

type TokenNote = AuditNote & Pick<AuditEvent, 'token'>;

/** What a token can be found by later on; not enough of it to be used. */
function auditedToken(
  { jti, sub, exp, aud, scope, grant_id }: AccessTokenClaims,
  user: string,
): AuditedToken {
  return {
    jti,
    expiresAt: exp,
    subscription: aud,
    ...(sub === user ? {} : { user: sub }),
    ...(scope === undefined ? {} : { scope }),
    ...(grant_id === undefined ? {} : { grantId: grant_id }),
  };
}

/** RFC 6749 section 5.1. */
interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer' | 'DPoP';
  readonly expires_in: number;
  readonly scope?: string;
  readonly refresh_token?: string;
  /** RFC 8693 section 2.2.1. */
  readonly issued_token_type?: string;
}

async function grantToken(
  client: Client,
  parameters: Parameters,
  call: HttpCall,
  deps: TokenEndpointDeps,
): Promise<{ readonly response: TokenResponse; readonly claims: AccessTokenClaims }> {
  const grant = await chooseGrant(parameters.get('grant_type'), client, deps.grants);
  requireTokenFormat(parameters.get('token_format'));
  deps.resources.require(parameters.get('resource'), client);
  const confirmation = await deps.binding.confirm(call, client);
  const granted = await grant.grant({ client, parameters, call, confirmation });
  const { subject, scope, refreshToken, issuedTokenType } = granted;
  const lifetime = Math.min(client.accessTokenLifetime, granted.mostSeconds ?? Infinity);
  const roles = await deps.roles.rolesOf(client.subscription, subject);
  await waitForRegistration(client, deps);
  const { token, claims } = await call.trace.span('token.sign', () =>
    deps.issuer.issue({
      subject,
      clientId: client.clientId,
      tokensFrom: client.tokensFrom,
      audience: client.subscription,
      lifetime,
      scope,
      roles: [...roles].sort(),
      confirmation,
      grantId: granted.grantId,
      authTime: granted.authTime,
      actor: granted.actor,
    }),
  );
  const response = {
    access_token: token,
    token_type: tokenTypeOf(confirmation),
    expires_in: lifetime,
    ...(scope === '' ? {} : { scope }),
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    ...(issuedTokenType === undefined ? {} : { issued_token_type: issuedTokenType }),
  };
  return { response, claims };
}

/**
 * A token older than its client is refused (`token-standing.ts`), so wait for a registration that was
 * made by an instance whose clock is ahead.
 */
async function waitForRegistration(
  { createdAt }: Client,
  { clock, wait }: TokenEndpointDeps,
): Promise<void> {
  const until = Math.min(createdAt, clock.now() + CLOCK_LEAD_MS);
  // Timers may fire early: they count from when the event loop last looked at the clock.
  for (let tries = 0; tries < 3; tries += 1) {
    const left = until - clock.now();
    if (left <= 0) return;
    await wait(left);
  }
}

/** Grants that RFC 9700 section 2 has given up: refused by name, so that nobody looks for a mistake. */
const GIVEN_UP = ['password', 'implicit'];

function chooseGrant(
  grantType: string | undefined,
  client: Client,
  grants: Grants,
): Promise<Grant> | Grant {
  if (grantType === undefined) {
    throw OAuthError.invalidRequest(
      'grant_type_missing',
      'grant_type is missing. Send grant_type=client_credentials in the body or in the query.',
    );
  }
  const grant = grants.get(grantType);
  if (grant === undefined) {
    const name = GIVEN_UP.includes(grantType) ? grantType : undefined;
    throw OAuthError.unsupportedGrantType([...grants.keys()], name);
  }
  const registered = client.grantTypes.find((one) => one === grantType);
  if (registered === undefined) throw OAuthError.unauthorizedClient(grantType);
  // The registry accepts no such client; this is where it would matter.
  if (client.tokenEndpointAuthMethod === 'none' && !GRANTS_OF_PUBLIC_CLIENTS.includes(registered)) {
    throw OAuthError.unprovenClient(grantType);
  }
  return grant();
}

function requireTokenFormat(format: string | undefined): void {
  if (format === undefined || TOKEN_FORMATS.includes(format)) return;
  throw OAuthError.invalidRequest(
    'token_format',
    `token_format can be ${TOKEN_FORMATS.join(' or ')}: every access token of this server is a JWT. Leave it out to get one.`,
  );
}
