import { hash } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import type { Clock } from '../config/clock.ts';
import { MAX_TOKEN_LENGTH, readCompact } from './compact.ts';
import type { KeyRing, VerificationKey } from './key-ring.ts';
import {
  type AccessTokenClaims,
  type AccessTokenVerifier,
  type Actor,
  isConfirmation,
  TokenFault,
} from './types.ts';
import { VerifiedTokens } from './verified-tokens.ts';

interface VerifiedToken {
  /** The key it was verified with: without that key in the ring it has to be verified again. */
  readonly kid: string;
  readonly claims: AccessTokenClaims;
}

/** Seconds that the clock of the instance that signed may be ahead of ours. */
const CLOCK_LEEWAY = 5;
/** A kid that the ring does not have makes us read the ring again, at most this often. */
const REREAD_MS = 5000;
const MAX_KEPT = 10_000;

/** The one text for a token that is not ours: which check it failed is for the log. */
const NOT_OURS =
  'The access token is malformed, altered, or not signed by this server. Request a new one from the token endpoint.';
const EXPIRED = 'The access token has expired. Request a new one from the token endpoint.';

/**
 * Verifies access tokens as RFC 9068 section 4 and RFC 8725 ask. jsonwebtoken checks the signature
 * with the one key and algorithm that `kid` names; what it leaves out (canonical form, `typ`,
 * `crit`, required claims and their types) is checked here.
 */
export function createAccessTokenVerifier(deps: {
  readonly ring: KeyRing;
  readonly clock: Clock;
}): AccessTokenVerifier {
  const { ring, clock } = deps;
  const verified = new VerifiedTokens<VerifiedToken>(MAX_KEPT);
  return {
    async verify(token) {
      if (token.length > MAX_TOKEN_LENGTH) throw refuse('length');
      const digest = hash('sha256', token, 'base64');
      const view = await ring.view();
      const now = Math.floor(clock.now() / 1000);
      const seen = verified.get(digest);
      if (seen !== undefined && view.byKid.has(seen.kid)) {
        if (now < seen.claims.exp) return seen.claims;
        verified.delete(digest);
        throw new TokenFault('expired', EXPIRED, 'exp');
      }
      const { kid, alg, signatureBytes } = readHeader(token);
      const key = view.byKid.get(kid) ?? (await lookAgain(ring, kid));
      if (key === undefined) throw refuse('kid');
      if (alg !== key.alg) throw refuse('alg');
      if (signatureBytes !== signatureLength(key)) throw refuse('signature length');
      const claims = readClaims(verifySignature(token, key));
      // Signed with our key, so an issuer that we do not know is one that another instance has begun
      // to use since: nobody else can make us read the ring for it.
      const known = view.issuers.has(claims.iss) || (await ring.view(0)).issuers.has(claims.iss);
      if (!known) throw refuse('iss');
      if (claims.iat > now + CLOCK_LEEWAY) throw refuse('iat');
      if (now >= claims.exp) throw new TokenFault('expired', EXPIRED, 'exp');
      verified.set(digest, { kid, claims });
      return claims;
    },
  };
}

/** @throws {Fault} 503 for a key that the master key does not open: our lack, not the caller's. */
async function lookAgain(ring: KeyRing, kid: string): Promise<VerificationKey | undefined> {
  const { byKid, unopened } = await ring.view(REREAD_MS);
  const fault = unopened.get(kid);
  if (fault !== undefined) throw fault;
  return byKid.get(kid);
}

const refuse = (check: string): TokenFault => new TokenFault('invalid_token', NOT_OURS, check);

function readHeader(token: string): { kid: string; alg: string; signatureBytes: number } {
  const { header, signature } = readCompact(token, refuse);
  const { kid, alg, typ } = header;
  if (typeof typ !== 'string' || !/^(application\/)?at\+jwt$/i.test(typ)) throw refuse('typ');
  if (typeof alg !== 'string') throw refuse('alg');
  if (typeof kid !== 'string') throw refuse('kid');
  return { kid, alg, signatureBytes: signature.length };
}

/** RFC 7518 section 3.4: R and S as two 32-byte numbers, never DER; sections 3.3, 3.5: the modulus. */
function signatureLength(key: VerificationKey): number {
  return key.alg === 'ES256' ? 64 : (key.publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
}

function verifySignature(token: string, key: VerificationKey): unknown {
  try {
    return jsonwebtoken.verify(token, key.publicKey, {
      algorithms: [key.alg],
      // The times are checked with the other claims, by our clock.
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
  } catch {
    throw refuse('signature');
  }
}

/** RFC 9068 section 2.2: each required claim is there, once, and of its type. */
function readClaims(payload: unknown): AccessTokenClaims {
  if (typeof payload !== 'object' || payload === null) throw refuse('claims');
  const { iss, sub, client_id, aud, exp, iat, nbf, jti, scope, roles, ...more } = payload as Record<
    string,
    unknown
  >;
  if (!isText(iss)) throw refuse('iss');
  if (!isText(sub)) throw refuse('sub');
  if (!isText(client_id)) throw refuse('client_id');
  if (!isText(aud)) throw refuse('aud');
  if (!isTime(exp)) throw refuse('exp');
  if (!isTime(iat)) throw refuse('iat');
  // Our tokens are good from `iat` on; one that says otherwise was not made here.
  if (nbf !== undefined) throw refuse('nbf');
  if (!isText(jti)) throw refuse('jti');
  if (scope !== undefined && !isText(scope)) throw refuse('scope');
  if (roles !== undefined && !(Array.isArray(roles) && roles.every(isText))) throw refuse('roles');
  return Object.freeze({
    iss,
    sub,
    client_id,
    aud,
    exp,
    iat,
    jti,
    ...(scope === undefined ? {} : { scope }),
    ...(roles === undefined ? {} : { roles: Object.freeze(roles) }),
    ...readUserClaims(more),
  });
}

/** Claims of tokens that are bound, that a user has granted, or that were exchanged. */
function readUserClaims({
  cnf,
  grant_id,
  auth_time,
  act,
}: Readonly<Record<string, unknown>>): Pick<
  AccessTokenClaims,
  'cnf' | 'grant_id' | 'auth_time' | 'act'
> {
  // A binding that we do not know is one that we cannot check.
  if (cnf !== undefined && !isConfirmation(cnf)) throw refuse('cnf');
  if (grant_id !== undefined && !isText(grant_id)) throw refuse('grant_id');
  if (auth_time !== undefined && !isTime(auth_time)) throw refuse('auth_time');
  if (act !== undefined && !isActor(act)) throw refuse('act');
  return {
    ...(cnf === undefined ? {} : { cnf: Object.freeze(cnf) }),
    ...(grant_id === undefined ? {} : { grant_id }),
    ...(auth_time === undefined ? {} : { auth_time }),
    ...(act === undefined ? {} : { act: Object.freeze(act) }),
  };
}

function isActor(value: unknown): value is Actor {
  if (typeof value !== 'object' || value === null || !('sub' in value)) return false;
  return isText(value.sub) && (!('act' in value) || isActor(value.act));
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTime = (value: unknown): value is number => Number.isSafeInteger(value);
