import { hash } from 'node:crypto';
import { isSignedWith, readForeignToken, type UnverifiedToken } from '../../jwt/foreign-token.ts';
import { FOREIGN_ALGORITHMS, readPublicKey, selectKey } from '../../jwt/public-keys.ts';
import { thumbprint } from '../../jwt/signing-key.ts';
import { TokenFault } from '../../jwt/types.ts';
import { isTarget } from './target-uri.ts';

/** Seconds that the time of a proof may be away from ours, either way. */
export const PROOF_WINDOW = 60;
/** Characters. With an RSA key of 4096 bits and its signature a proof has about 2000. */
const LONGEST_PROOF = 6000;
const LONGEST_JTI = 256;

/** A proof that is good by itself; whether it has been used before is not known yet. */
export interface Proof {
  /** RFC 7638 thumbprint of its key. */
  readonly jkt: string;
  readonly jti: string;
  /** Epoch seconds. */
  readonly iat: number;
}

/** Why a proof is not good: a tag for the log, and what its maker has to do. */
export class ProofFault extends Error {
  readonly check: string;

  constructor(check: string, text: string) {
    super(text);
    this.check = check;
  }
}

/** What the request is that the proof has to be for. */
export interface ProofContext {
  readonly method: string;
  /** Public addresses of this server, without trailing slash. */
  readonly bases: readonly string[];
  readonly pathname: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Sent with the proof (RFC 9449 section 7); undefined at the token endpoint. */
  readonly accessToken?: string | undefined;
}

/**
 * Checks a DPoP proof as RFC 9449 section 4.3 lists it, but for its `jti`. The signature comes last:
 * nothing is computed for a proof that is of no use anyway.
 * @param header value of the header DPoP.
 * @throws {ProofFault}
 */
export function readProof(header: string, context: ProofContext): Proof {
  // The host joins repeated headers with a comma, which no proof contains.
  if (header.includes(',')) {
    throw new ProofFault('repeated', 'The request has more than one DPoP header. Send one.');
  }
  const token = readToken(header);
  if (token.typ !== 'dpop+jwt') {
    throw new ProofFault('typ', 'The typ of a DPoP proof is dpop+jwt.');
  }
  const { htm, htu, iat, jti, ath } = token.claims;
  if (htm !== context.method) {
    throw new ProofFault('htm', `The htm of the DPoP proof is not ${context.method}.`);
  }
  if (typeof htu !== 'string' || !isTarget(htu, context.bases, context.pathname)) {
    const wanted = `${context.bases[0] ?? ''}${context.pathname}`.slice(0, 500);
    throw new ProofFault('htu', `The htu of the DPoP proof is not ${wanted}.`);
  }
  const now = Math.floor(context.now / 1000);
  if (!Number.isSafeInteger(iat) || Math.abs(now - Number(iat)) > PROOF_WINDOW) {
    throw new ProofFault(
      'iat',
      `The iat of the DPoP proof is not within ${PROOF_WINDOW} s of the server's time, ${now}. Make a new proof for each request.`,
    );
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI) {
    throw new ProofFault(
      'jti',
      `The DPoP proof has no jti of 1 to ${LONGEST_JTI} characters. Make one up for each request.`,
    );
  }
  requireTokenHash(ath, context.accessToken);
  const read = readPublicKey(token.jwk ?? {});
  const key = typeof read === 'string' ? undefined : selectKey([read], undefined, token.algorithm);
  if (key === undefined) {
    throw new ProofFault(
      'jwk',
      'The jwk of the DPoP proof is no public key for its alg: EC with P-256, P-384 or P-521, Ed25519, or RSA with at least 2048 bits.',
    );
  }
  if (!isSignedWith(token, key)) {
    throw new ProofFault('signature', 'The DPoP proof is not signed with the key in its jwk.');
  }
  return { jkt: thumbprint(key.export({ format: 'jwk' })), jti, iat: Number(iat) };
}

function readToken(header: string): UnverifiedToken {
  if (header.length <= LONGEST_PROOF) {
    try {
      return readForeignToken(header);
    } catch (error) {
      if (!(error instanceof TokenFault)) throw error;
    }
  }
  throw new ProofFault(
    'form',
    `The DPoP header holds no DPoP proof: a JWT of at most ${LONGEST_PROOF} characters, signed with one of ${FOREIGN_ALGORITHMS.join(', ')}.`,
  );
}

function requireTokenHash(ath: unknown, accessToken: string | undefined): void {
  if (accessToken === undefined) return;
  if (ath === hash('sha256', accessToken, 'base64url')) return;
  throw new ProofFault(
    'ath',
    'The ath of the DPoP proof is not the hash of the access token that came with it (RFC 9449 section 4.2).',
  );
}
