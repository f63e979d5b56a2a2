import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../config/clock.ts';

const HOUR_MS = 3_600_000;

/**
 * CSRF tokens of HTTPS senders: an HMAC over user, address and hour, so that no instance has to
 * remember one and no cookie is needed. A token is good for the hour it was fetched in and the next.
 */
export interface CsrfTokens {
  make(user: string, address: string): string;
  isGood(token: string, user: string, address: string): boolean;
}

/** @param key 32 bytes, the same on every instance. */
export function createCsrfTokens(key: Uint8Array, clock: Clock): CsrfTokens {
  const tokenOf = (user: string, address: string, hour: number): Buffer =>
    createHmac('sha256', key)
      .update(JSON.stringify([user, address.toLowerCase(), hour]))
      .digest();
  const hourNow = (): number => Math.floor(clock.now() / HOUR_MS);
  return {
    make: (user, address) => tokenOf(user, address, hourNow()).toString('base64url'),
    isGood(token, user, address) {
      const presented = Buffer.from(token, 'base64url');
      const hour = hourNow();
      return [hour, hour - 1].some((h) => {
        const expected = tokenOf(user, address, h);
        return presented.length === expected.length && timingSafeEqual(presented, expected);
      });
    },
  };
}
