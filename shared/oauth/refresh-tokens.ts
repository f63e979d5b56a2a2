import { createHmac, timingSafeEqual } from 'node:crypto';

/** Which refresh token of which grant: each that replaces another has the next generation. */
export interface RefreshTokenId {
  readonly grantId: string;
  /** 0 for the first. */
  readonly generation: number;
}

/**
 * Refresh tokens: opaque to clients, and kept nowhere, not even as a hash. Each is its grant's id, its
 * generation and an HMAC of both, so that an old token is told from a forged one for as long as its
 * grant is known.
 */
export interface RefreshTokens {
  make(id: RefreshTokenId): string;
  /** Undefined for what is none of ours. Whether it is still good is for its grant to say. */
  read(token: string): RefreshTokenId | undefined;
}

/** @param key 32 bytes that are used for nothing else. */
export function createRefreshTokens(key: Buffer): RefreshTokens {
  const make = ({ grantId, generation }: RefreshTokenId): string => {
    const id = `${grantId}.${generation.toString(36)}`;
    return `${id}.${createHmac('sha256', key).update(id).digest('base64url')}`;
  };
  return {
    make,
    read(token) {
      const match = /^([A-Za-z0-9_-]{38})\.([0-9a-z]{1,8})\.[A-Za-z0-9_-]{43}$/.exec(token);
      const [, grantId, generation] = match ?? [];
      if (grantId === undefined || generation === undefined) return undefined;
      const id = { grantId, generation: parseInt(generation, 36) };
      const [sent, right] = [Buffer.from(token), Buffer.from(make(id))];
      return sent.length === right.length && timingSafeEqual(sent, right) ? id : undefined;
    },
  };
}
