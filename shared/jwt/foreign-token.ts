import { type KeyObject, verify as verifyWithKey } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { MAX_TOKEN_LENGTH, readCompact, readObject } from './compact.ts';
import { FOREIGN_ALGORITHMS, type ForeignAlgorithm } from './public-keys.ts';
import { TokenFault } from './types.ts';

/** Seconds that the clock of whoever signed may differ from ours. */
export const FOREIGN_LEEWAY = 30;

export type ForeignClaims = Readonly<Record<string, unknown>>;

/** What a token says of itself; nothing of it has been verified. */
export interface UnverifiedToken {
  readonly token: string;
  readonly kid: string | undefined;
  readonly algorithm: ForeignAlgorithm;
  /** Lower case, without `application/`; undefined if the header has none. */
  readonly typ: string | undefined;
  /** A key in the header; nobody vouches for it. */
  readonly jwk: Readonly<Record<string, unknown>> | undefined;
  readonly claims: ForeignClaims;
  readonly signatureBytes: number;
}

export interface ForeignTokenRules {
  /** Exactly as `iss` has it. */
  readonly issuer: string;
  /** `aud` holds one of them. */
  readonly audience: readonly string[];
  /** Which `typ` the header may have (RFC 8725 section 3.11), in lower case; undefined for none. */
  readonly typ: readonly (string | undefined)[];
  /** The key for the token; undefined if the issuer has none. */
  readonly key: KeyObject | undefined;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** The claims that have been checked, beside all that the token holds. */
export interface VerifiedForeignToken {
  readonly claims: ForeignClaims;
  readonly audience: readonly string[];
  readonly expiresAt: number;
  readonly issuedAt: number | undefined;
}

const NOT_VERIFIED = 'The token is malformed, altered, or not signed by the issuer that it names.';

const refuse = (check: string, detail = NOT_VERIFIED): TokenFault =>
  new TokenFault('invalid_token', detail, check);

/**
 * Reads a token to find out whose it is. An algorithm that is none, symmetric or unknown is refused
 * here (RFC 8725 sections 3.1 and 3.2).
 * @throws {TokenFault}
 */
export function readForeignToken(token: string): UnverifiedToken {
  if (token.length > MAX_TOKEN_LENGTH) throw refuse('length');
  const { header, payload, signature } = readCompact(token, refuse);
  const { alg, kid, typ, jwk } = header;
  const algorithm = FOREIGN_ALGORITHMS.find((one) => one === alg);
  if (algorithm === undefined) throw refuse('alg');
  if (kid !== undefined && typeof kid !== 'string') throw refuse('kid');
  if (typ !== undefined && typeof typ !== 'string') throw refuse('typ');
  // RFC 7797: the payload would not be what its part of the token decodes to.
  if ('b64' in header) throw refuse('b64');
  return {
    token,
    kid,
    algorithm,
    typ: typ?.toLowerCase().replace(/^application\//, ''),
    jwk: typeof jwk === 'object' && jwk !== null ? { ...jwk } : undefined,
    claims: readObject(payload, refuse),
    signatureBytes: signature.length,
  };
}

/**
 * Verifies the signature with the one algorithm that goes with the key, then the claims of RFC 7519
 * section 4.1: `iss`, `aud` and `exp` have to be there, `nbf` and `iat` are checked if they are. The
 * texts say what is wrong with a token only once its signature has been found good.
 * @throws {TokenFault}
 */
export function verifyForeignToken(
  unverified: UnverifiedToken,
  { issuer, audience, typ, key, now }: ForeignTokenRules,
): VerifiedForeignToken {
  if (!typ.includes(unverified.typ)) throw refuse('typ');
  if (key === undefined) throw refuse('kid');
  if (!isSignedWith(unverified, key)) throw refuse('signature');
  const { claims } = unverified;
  const { iss, aud, exp, nbf, iat } = claims;
  if (iss !== issuer) throw refuse('iss');
  const audiences = [aud].flat().filter((one) => typeof one === 'string');
  if (!audiences.some((one) => audience.includes(one))) {
    throw refuse(
      'aud',
      `The token is not for this server: its aud has to be ${audience.join(' or ')}.`,
    );
  }
  if (!isTime(exp)) throw refuse('exp', 'The token has no exp, or one that is no number.');
  if (now >= exp + FOREIGN_LEEWAY) {
    throw new TokenFault(
      'expired',
      'The token has expired. Request a new one from its issuer.',
      'exp',
    );
  }
  for (const [name, value] of [
    ['nbf', nbf],
    ['iat', iat],
  ] as const) {
    if (value === undefined) continue;
    if (!isTime(value)) throw refuse(name, `The ${name} of the token is no number.`);
    if (value > now + FOREIGN_LEEWAY) {
      throw refuse(
        name,
        `The ${name} of the token is in the future. Compare the clocks of issuer and server.`,
      );
    }
  }
  return { claims, audience: audiences, expiresAt: exp, issuedAt: isTime(iat) ? iat : undefined };
}

/** Whether the token is signed with the key, by the one algorithm that its header names. */
export function isSignedWith(
  { token, algorithm, signatureBytes }: UnverifiedToken,
  key: KeyObject,
): boolean {
  if (signatureBytes !== signatureLength(algorithm, key)) return false;
  if (algorithm === 'EdDSA' || algorithm === 'Ed25519') {
    // RFC 8037; jsonwebtoken does not have it.
    const end = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    return verifyWithKey(null, Buffer.from(token.slice(0, end)), key, signature);
  }
  try {
    jsonwebtoken.verify(token, key, {
      algorithms: [algorithm],
      // The times are checked with the other claims, by our clock.
      ignoreExpiration: true,
      ignoreNotBefore: true,
    });
    return true;
  } catch {
    return false;
  }
}

/** RFC 7518 section 3.4: R and S as two numbers, never DER; the modulus of RSA; RFC 8032. */
function signatureLength(algorithm: ForeignAlgorithm, key: KeyObject): number {
  switch (algorithm) {
    case 'ES256':
    case 'EdDSA':
    case 'Ed25519':
      return 64;
    case 'ES384':
      return 96;
    case 'ES512':
      return 132;
    default:
      return Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  }
}

/** RFC 7519 section 2: a NumericDate may have a fraction. */
const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);
