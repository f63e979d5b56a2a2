import { createPublicKey, type KeyObject } from 'node:crypto';

/**
 * Algorithms that keys of others may have signed with (RFC 7518 section 3.1, RFC 8037, RFC 9864). None of them
 * is symmetric: a public key never passes for a shared secret.
 */
export const FOREIGN_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

export type ForeignAlgorithm = (typeof FOREIGN_ALGORITHMS)[number];

/** The curve that each algorithm takes, as Node names it (RFC 7518 section 3.4). */
const CURVES: Readonly<Partial<Record<ForeignAlgorithm, string>>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};

const LEAST_RSA_BITS = 2048;
const MOST_RSA_BITS = 8192;
const LEAST_EXPONENT = 3n;
/** What verifying costs grows with it. */
const MOST_EXPONENT = 2n ** 32n;
const LONGEST_KID = 200;
/** Members of a private or shared key (RFC 7518 section 6): nobody but its owner may have them. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

type Jwk = Readonly<Record<string, unknown>>;

/** A public key for verifying signatures, out of a key set (RFC 7517). */
export interface PublicKey {
  readonly kid: string | undefined;
  readonly key: KeyObject;
  /** What the JWK limits it to; undefined for all that fit its kind. */
  readonly alg: string | undefined;
}

/** A public key, or what is wrong with it: a sentence for whoever publishes it. */
export function readPublicKey(jwk: Jwk): PublicKey | string {
  const { kid, use, key_ops: operations, alg } = jwk;
  if (PRIVATE_MEMBERS.some((name) => name in jwk)) {
    return 'A private or shared key does not belong here: it is no secret any more now, so make a new one, and register its public part.';
  }
  if (use !== undefined && use !== 'sig') return 'The use of a key is sig.';
  if (
    operations !== undefined &&
    !(Array.isArray(operations) && (operations as unknown[]).includes('verify'))
  ) {
    return 'The key_ops of a key hold verify.';
  }
  if (alg !== undefined && typeof alg !== 'string') return 'The alg of a key is text.';
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > LONGEST_KID)) {
    return `A kid is text of at most ${LONGEST_KID} characters.`;
  }
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return 'This is no public key that this server can read: RSA, EC with P-256, P-384 or P-521, or Ed25519.';
  }
  return findFaultInStrength(key) ?? { kid, key, alg };
}

/**
 * The one key for a signature. Without a `kid` in the token's header there has to be a single key
 * that fits (RFC 7515 section 4.1.4).
 */
export function selectKey(
  keys: readonly PublicKey[],
  kid: string | undefined,
  algorithm: ForeignAlgorithm,
): KeyObject | undefined {
  const fitting = keys.filter(
    (one) =>
      (kid === undefined || one.kid === kid) &&
      (one.alg === undefined || one.alg === algorithm) &&
      fits(one.key, algorithm),
  );
  return fitting.length === 1 ? fitting[0]?.key : undefined;
}

function fits({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, alg: ForeignAlgorithm) {
  switch (asymmetricKeyType) {
    case 'rsa':
      return alg.startsWith('RS') || alg.startsWith('PS');
    case 'ec':
      return asymmetricKeyDetails?.namedCurve === CURVES[alg];
    case 'ed25519':
      return alg === 'EdDSA' || alg === 'Ed25519';
    default:
      return false;
  }
}

function findFaultInStrength({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject) {
  switch (asymmetricKeyType) {
    case 'rsa': {
      const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
      if (modulusLength < LEAST_RSA_BITS || modulusLength > MOST_RSA_BITS) {
        return `An RSA key has ${LEAST_RSA_BITS} to ${MOST_RSA_BITS} bits (RFC 7518 section 3.3).`;
      }
      return publicExponent >= LEAST_EXPONENT && publicExponent <= MOST_EXPONENT
        ? undefined
        : `The exponent of an RSA key is ${LEAST_EXPONENT} to ${MOST_EXPONENT}.`;
    }
    case 'ec':
      return Object.values(CURVES).includes(asymmetricKeyDetails?.namedCurve ?? '')
        ? undefined
        : 'The curve of an EC key is P-256, P-384 or P-521 (RFC 7518 section 3.4).';
    case 'ed25519':
      return undefined;
    default:
      return 'A key is RSA, EC or Ed25519.';
  }
}
