import { createRandomPool } from '../config/random.ts';

/** Makes values of `jti`: which registration of its client a token belongs to, and 128 random bits. */
export function createTokenIds(): (registeredAt: number) => string {
  const random = createRandomPool();
  return (registeredAt) => nameRegistration(registeredAt) + random(16).toString('base64url');
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
  scratch.writeUIntBE(registeredAt, 0, 6);
  return scratch.toString('base64url');
}

const scratch = Buffer.alloc(6);
