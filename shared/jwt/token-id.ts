import { createRandomPool } from '../config/random.ts';

/**
 * Makes values of `jti`: from when on its client's tokens count (`Client.tokensFrom`), and 128 random
 * bits.
 */
export function createTokenIds(): (tokensFrom: number) => string {
  const random = createRandomPool();
  return (tokensFrom) => nameTime(tokensFrom) + random(16).toString('base64url');
}

/** Whether `text` can be one. */
export const isTokenId = (text: string): boolean => /^[A-Za-z0-9_-]{30}$/.test(text);

/**
 * Whether a token was issued since its client was registered, and since all its tokens were revoked.
 * Its `iat` cannot tell: it has whole seconds, and an instance that has not yet heard of a deletion
 * issues tokens after it.
 * @param tokensFrom milliseconds since the epoch.
 */
export function isIssuedSince(jti: string, tokensFrom: number): boolean {
  return jti.startsWith(nameTime(tokensFrom));
}

/** Eight characters for the 48 bits that milliseconds take. */
function nameTime(ms: number): string {
  scratch.writeUIntBE(ms, 0, 6);
  return scratch.toString('base64url');
}

const scratch = Buffer.alloc(6);
