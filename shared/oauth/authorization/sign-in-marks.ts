import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../config/clock.ts';
import type { Parameters } from '../../http/form.ts';
import { toQuery } from './request-parameters.ts';

/** The parameter that a mark travels in. */
export const MARK = 'sign_in_asked';

/** Seconds that a mark counts. */
const MARK_LIFETIME = 600;
/** Seconds that another instance's clock may be behind. */
const CLOCK_LEAD = 5;

/**
 * Marks an authorization request that the browser takes to the sign-in page and back, so that a
 * person who has to sign in anew is asked once and not for ever. A mark is good for its request only.
 */
export interface SignInMarks {
  make(request: Parameters): string;
  /** Whether the person has signed in since being asked. */
  isAnswered(mark: string | null, request: Parameters, authTime: number): boolean;
}

/** @param key for the HMAC of marks, used for nothing else. */
export function createSignInMarks(key: Buffer, clock: Clock): SignInMarks {
  const now = (): number => Math.floor(clock.now() / 1000);
  const sign = (askedAt: number, request: Parameters): string => {
    const mac = createHmac('sha256', key).update(`${askedAt}\n${toQuery(request).toString()}`);
    return `${askedAt}.${mac.digest('base64url')}`;
  };
  return {
    make: (request) => sign(now(), request),
    isAnswered(mark, request, authTime) {
      const askedAt = Number(/^(\d{1,12})\./.exec(mark ?? '')?.[1] ?? NaN);
      if (mark === null || !(now() - askedAt <= MARK_LIFETIME)) return false;
      const [sent, right] = [Buffer.from(mark), Buffer.from(sign(askedAt, request))];
      if (sent.length !== right.length || !timingSafeEqual(sent, right)) return false;
      return authTime >= askedAt - CLOCK_LEAD;
    },
  };
}
