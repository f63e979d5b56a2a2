import { randomFillSync } from 'node:crypto';

const RANDOM_BYTES = 16;
const DRAWN_AT_ONCE = 256;

/**
 * Makes values of `jti`: which registration of its client a token belongs to, and 128 random bits,
 * drawn in bulk, since a draw costs more than the rest of making an id.
 */
export function createTokenIds(): (registeredAt: number) => string {
  const pool = Buffer.alloc(DRAWN_AT_ONCE * RANDOM_BYTES);
  let used = pool.length;
  return (registeredAt) => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += RANDOM_BYTES;
    return nameRegistration(registeredAt) + pool.toString('base64url', used - RANDOM_BYTES, used);
  };
}

/**
 * Whether a token was issued to this registration of its client. Its `iat` cannot tell: it has whole
 * seconds, and an instance that has not yet heard of a deletion issues tokens after it.
 * @param registeredAt milliseconds since the epoch.
 */
export function isOfRegistration(jti: string, registeredAt: number): boolean {
  return jti.startsWith(nameRegistration(registeredAt));
}

/** Eight characters for the 48 bits that milliseconds take. */
function nameRegistration(registeredAt: number): string {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(registeredAt, 0, 6);
  return bytes.toString('base64url');
}
