import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  hash,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { openPrivateKey, sealPrivateKey } from './seal.ts';

const ALGORITHMS = ['ES256', 'RS256', 'PS256'] as const;
export type SigningAlgorithm = (typeof ALGORITHMS)[number];

export const isSigningAlgorithm = (alg: string): alg is SigningAlgorithm =>
  (ALGORITHMS as readonly string[]).includes(alg);

/** A signing key as storage keeps it. */
export interface StoredKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  /** The only algorithm that the key is ever used with (RFC 8725 section 3.1). */
  readonly alg: SigningAlgorithm;
  /** Public members only. */
  readonly publicJwk: JsonWebKey;
  /** PKCS #8, encrypted under the master key; see `seal.ts`. */
  readonly sealedPrivateKey: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Signs from this moment on. Milliseconds since the epoch. */
  readonly activeFrom: number;
}

const generate = promisify(generateKeyPair);

/** Makes a key pair and encrypts its private half. */
export async function makeKey(
  alg: SigningAlgorithm,
  masterKey: Uint8Array,
  times: { readonly createdAt: number; readonly activeFrom: number },
): Promise<StoredKey> {
  const pair =
    alg === 'ES256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: 2048 });
  const publicJwk = pair.publicKey.export({ format: 'jwk' });
  const kid = thumbprint(publicJwk);
  const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  return {
    kid,
    alg,
    publicJwk,
    sealedPrivateKey: sealPrivateKey(masterKey, { kid, alg }, pkcs8),
    ...times,
  };
}

/** @throws {Error} a member that does not belong to its kid: the row was tampered with. */
export function publicKeyOf(key: StoredKey): KeyObject {
  if (thumbprint(key.publicJwk) !== key.kid) {
    throw new Error(`The public key in the row of signing key ${key.kid} is not that key.`);
  }
  return createPublicKey({ key: key.publicJwk, format: 'jwk' });
}

/** @throws {Fault} 503 `master_key_mismatch` if the master key is not the one it was made with. */
export function privateKeyOf(key: StoredKey, masterKey: Uint8Array): KeyObject {
  const pkcs8 = openPrivateKey(masterKey, key, key.sealedPrivateKey);
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
}

/** RFC 7638 section 3: the required members in lexicographic order, SHA-256, base64url. */
export function thumbprint(jwk: JsonWebKey): string {
  return hash('sha256', JSON.stringify(requiredMembers(jwk)), 'base64url');
}

function requiredMembers({ kty, crv, x, y, e, n }: JsonWebKey) {
  switch (kty) {
    case 'EC':
      return { crv, kty, x, y };
    case 'OKP':
      return { crv, kty, x };
    default:
      return { e, kty, n };
  }
}
