import { hash, timingSafeEqual } from 'node:crypto';
import type { Parameters } from '../../http/form.ts';
import type { Client } from '../../registry/client.ts';
import { type AuthorizationCode, CODE_LIFETIME_MS } from '../authorization/authorization-codes.ts';
import { OAuthError } from '../errors.ts';
import type { UserGrant } from '../grant-store.ts';
import type { SecretRecord, SecretRecords } from '../secret-records.ts';
import type { Grant, GrantRequest } from './grant.ts';
import {
  endAfterReuse,
  requireKey,
  requireStanding,
  tokensOf,
  type UserGrantDeps,
} from './user-grant.ts';

export interface AuthorizationCodeDeps extends UserGrantDeps {
  readonly codes: Pick<SecretRecords<AuthorizationCode>, 'find'>;
}

/**
 * RFC 6749 section 4.1.3 with RFC 7636. A code counts once on whichever instance: it becomes a grant
 * whose id is known before, and the second insertion of that grant fails. A second request that would
 * have been good ends the grant with all its tokens; one with a wrong verifier, client or redirect
 * URI does not, since whoever sends it may not have the right to anything.
 */
export function authorizationCode(deps: AuthorizationCodeDeps): Grant {
  return {
    async grant(request) {
      const { value: code, expiresAt } = await findCode(request, deps);
      const allowed = { ...code, createdAt: expiresAt - CODE_LIFETIME_MS };
      const { client, call, confirmation } = request;
      requireRedirectUri(request.parameters.get('redirect_uri'), code);
      requireVerifier(request.parameters, code);
      requireKey(
        code.dpopJkt === undefined ? undefined : { jkt: code.dpopJkt },
        confirmation,
        'authorization code',
      );
      const isOver = expiresAt <= deps.clock.now();
      const wasUsed = isOver && (await deps.grants.find(code.grantId)) !== undefined;
      if (isOver && !wasUsed) {
        throw OAuthError.invalidGrant(
          'code_expired',
          'The authorization code has expired: it is good for 60 seconds. Send the user to the authorization endpoint again.',
        );
      }
      const grant = beginGrant(code, request, deps);
      if (wasUsed || !(await deps.grants.create(grant))) {
        const party = { call, client, user: code.user };
        await endAfterReuse(code.grantId, 'authorization code', party, deps);
        throw OAuthError.invalidGrant(
          'code_reused',
          'The authorization code was used before. All tokens that came of it are revoked. Send the user to the authorization endpoint again.',
        );
      }
      try {
        // Only now, so that whoever ends all grants of a user meanwhile finds this one.
        await requireStanding(allowed, client, deps);
      } catch (error) {
        await deps.endGrant(grant.grantId);
        throw error;
      }
      return tokensOf(grant, code.scopes, client, deps);
    },
  };
}

async function findCode(
  { parameters, client }: GrantRequest,
  { codes }: AuthorizationCodeDeps,
): Promise<SecretRecord<AuthorizationCode>> {
  const code = parameters.get('code');
  if (code === undefined) {
    throw OAuthError.invalidRequest(
      'code_missing',
      'code is missing. Send the code that the authorization endpoint has given, with its code_verifier.',
    );
  }
  const found = await codes.find(code);
  if (found === undefined || found.value.clientId !== client.clientId) {
    // One text: whose code it is, or whether there is such a code, is nobody else's business.
    throw OAuthError.invalidGrant(
      found === undefined ? 'unknown_code' : 'code_of_another_client',
      'This authorization code was not given to this client, or has expired.',
    );
  }
  return found;
}

/** RFC 6749 section 4.1.3. */
function requireRedirectUri(
  redirectUri: string | undefined,
  { redirectUri: given, namesRedirectUri }: AuthorizationCode,
): void {
  if (redirectUri === undefined && !namesRedirectUri) return;
  if (redirectUri === undefined) {
    throw OAuthError.invalidRequest(
      'redirect_uri_missing',
      'redirect_uri is missing. Send the one of the authorization request.',
    );
  }
  if (redirectUri === given) return;
  throw OAuthError.invalidGrant(
    'wrong_redirect_uri',
    'redirect_uri is not the one of the authorization request. Send the same.',
  );
}

/** RFC 7636 section 4.6. */
function requireVerifier(parameters: Parameters, { codeChallenge }: AuthorizationCode): void {
  const verifier = parameters.get('code_verifier');
  if (verifier === undefined) {
    throw OAuthError.invalidRequest(
      'code_verifier_missing',
      'code_verifier is missing. Send the one that the code_challenge was made of (RFC 7636).',
    );
  }
  const made = Buffer.from(hash('sha256', verifier, 'base64url'));
  const asked = Buffer.from(codeChallenge);
  const isVerifier = /^[A-Za-z0-9._~-]{43,128}$/.test(verifier);
  if (isVerifier && made.length === asked.length && timingSafeEqual(made, asked)) return;
  throw OAuthError.invalidGrant(
    'wrong_code_verifier',
    'code_verifier is not the one that the code_challenge was made of: 43 to 128 of the characters A-Z a-z 0-9 - . _ ~.',
  );
}

function beginGrant(
  code: AuthorizationCode,
  { client, confirmation }: GrantRequest,
  { clock }: AuthorizationCodeDeps,
): UserGrant {
  const createdAt = clock.now();
  return {
    grantId: code.grantId,
    user: code.user,
    clientId: code.clientId,
    tokensFrom: code.tokensFrom,
    subscription: code.subscription,
    scopes: code.scopes,
    authTime: code.authTime,
    // RFC 9449 section 5: a client that authenticates proves by that whose its refresh token is.
    confirmation: client.tokenEndpointAuthMethod === 'none' ? confirmation : undefined,
    createdAt,
    lastUsedAt: undefined,
    expiresAt: createdAt + lifetimeOf(client) * 1000,
    revokedAt: undefined,
    generation: 0,
  };
}

/** Seconds until the last token of a grant is over. */
function lifetimeOf({ grantTypes, accessTokenLifetime, refreshTokenLifetime }: Client): number {
  if (!grantTypes.includes('refresh_token')) return accessTokenLifetime;
  return Math.max(accessTokenLifetime, refreshTokenLifetime);
}
