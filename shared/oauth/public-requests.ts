import type { Clock } from '../config/clock.ts';
import type { HttpCall } from '../http/call.ts';
import { Fault } from '../http/fault.ts';
import { networkOf } from '../net/network.ts';

/** Requests of one kind that one network may make within a minute for clients that prove nothing. */
export const MOST_REQUESTS = 300;
const MINUTE_MS = 60_000;
/** Networks that are counted at a time; the one that began first is forgotten first. */
const MOST_NETWORKS = 10_000;

/** Bounds what whoever knows the id of a public client can have this instance write to storage. */
export interface PublicRequests {
  /** @throws {Fault} 429 with Retry-After. An address that is not known is let in. */
  admit(call: Pick<HttpCall, 'clientAddress'>): void;
}

export function createPublicRequests(clock: Clock): PublicRequests {
  const requests = new Map<string, { readonly since: number; count: number }>();
  return {
    admit({ clientAddress }) {
      const network = networkOf(clientAddress);
      if (network === '') return;
      const now = clock.now();
      const known = requests.get(network);
      if (known === undefined || Math.abs(now - known.since) >= MINUTE_MS) {
        requests.delete(network);
        requests.set(network, { since: now, count: 1 });
        const oldest = requests.keys().next();
        if (requests.size > MOST_NETWORKS && !oldest.done) requests.delete(oldest.value);
        return;
      }
      known.count += 1;
      if (known.count > MOST_REQUESTS) throw tooMany(known.since + MINUTE_MS - now);
    },
  };
}

function tooMany(leftMs: number): Fault {
  return new Fault(
    429,
    'Too many requests came from this address for clients that prove nothing. Try again after the seconds in Retry-After.',
    {
      reason: 'too_many_public_requests',
      headers: { 'Retry-After': String(Math.ceil(leftMs / 1000)) },
    },
  );
}
