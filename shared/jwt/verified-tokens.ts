import type { AccessTokenClaims } from './types.ts';

export interface VerifiedToken {
  /** The key it was verified with: without that key in the ring it has to be verified again. */
  readonly kid: string;
  readonly claims: AccessTokenClaims;
}

/**
 * Tokens that have been verified, by their SHA-256: the token itself is not kept. Holds at most
 * `maxEntries`; the least recently used one goes first.
 */
export class VerifiedTokens {
  readonly #maxEntries: number;
  readonly #entries = new Map<string, VerifiedToken>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get(digest: string): VerifiedToken | undefined {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    this.#entries.delete(digest);
    this.#entries.set(digest, entry);
    return entry;
  }

  set(digest: string, token: VerifiedToken): void {
    this.#entries.delete(digest);
    this.#entries.set(digest, token);
    if (this.#entries.size > this.#maxEntries) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
  }

  delete(digest: string): void {
    this.#entries.delete(digest);
  }

  get size(): number {
    return this.#entries.size;
  }
}
