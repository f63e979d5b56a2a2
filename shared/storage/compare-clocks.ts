import type { Clock } from '../config/clock.ts';
import type { Policy } from './within-time.ts';

/** An answer that took longer says too little about when its Date was written. */
const QUICK_MS = 2000;

/** Compares our clock with the `Date` (RFC 9110 section 6.6.1, to the second) of each answer of storage. */
export function compareClocks(clock: Clock, onAhead: (ms: number) => void): Policy {
  return {
    name: 'compareClocks',
    async sendRequest(request, next) {
      const sentAt = clock.now();
      const response = await next(request);
      const tookMs = clock.now() - sentAt;
      const date = Date.parse(response.headers.get('date') ?? '');
      if (tookMs >= 0 && tookMs < QUICK_MS && !Number.isNaN(date)) {
        onAhead(Math.round(clock.now() - tookMs / 2 - date));
      }
      return response;
    },
  };
}
