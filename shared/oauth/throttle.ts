import { createHash } from 'node:crypto';
import type { Clock } from '../config/clock.ts';
import type { HttpCall } from '../http/call.ts';
import { Fault } from '../http/fault.ts';
import {
  type FailedSignIn,
  type FailedSignIns,
  type FailureBoard,
  FREE_PER_ADDRESS,
  FREE_PER_CLIENT,
  isWithinWindow,
  LocalFailures,
  MOST_NETWORKS,
  WINDOW_MS,
} from './failed-sign-ins.ts';
import { networkOf } from '../net/network.ts';

/** Exchanges with the other instances begin this far apart at least, in milliseconds. */
const EXCHANGE_GAP_MS = 100;

type Caller = Pick<HttpCall, 'clientAddress' | 'invocationId'>;

export interface Throttle {
  /**
   * Lets a caller in whose address is not slowed. Touches no storage.
   * @throws {Fault} 429 with Retry-After
   */
  admit(call: Caller): void;
  /**
   * Counts a sign-in that failed. Before it answers, the instances have told each other, so that
   * failures that follow one another count alike wherever they come in.
   * @param clientId whom the caller claimed to be; '' where no client is named.
   * @returns the 429 to answer in the place of the refusal; undefined while nothing is slowed.
   */
  countFailure(call: Caller, clientId: string): Promise<Fault | undefined>;
}

export interface ThrottleDeps {
  readonly board: FailureBoard;
  readonly clock: Clock;
  /** Resolves after that many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Told once when an address, or a client from an address, begins to be slowed. */
  readonly onSlowed: (call: Caller, what: 'address' | 'client') => void;
  readonly onError: (problem: string, cause: unknown) => void;
}

/**
 * Slows whoever guesses credentials. An address may fail {@link FREE_PER_ADDRESS} times within a
 * minute, and {@link FREE_PER_CLIENT} times for one client; beyond, it is answered 429.
 *
 * A slowed address is refused before anything is compared. A client that is slowed from an address
 * that itself is not has its credentials compared still, and only wrong ones get the 429: nobody
 * can keep a client out by failing in its name, not even from the address next to it.
 *
 * Only failures are counted, so a sign-in that succeeds costs one look into a map that is mostly
 * empty. An instance learns what the others have counted when a failure comes to it. Right
 * credentials from an address that was slowed by other instances alone are therefore accepted by
 * one that has seen no failure from it, and of failures that come at the same moment each instance
 * lets its own share through.
 *
 * Where the caller's address is unknown nothing is slowed: one caller would be slowed for another.
 */
export function createThrottle(deps: ThrottleDeps): Throttle {
  const { clock } = deps;
  const local = new LocalFailures();
  const exchange = exchangeInTurn(deps, local);
  /** By network: when it is let in again. Kept for a minute more, to tell a new beginning from an old. */
  const slowed = new Map<string, number>();

  /** @returns whether it was not slowed a minute ago either. */
  const slow = (network: string, until: number): boolean => {
    const begins = !slowed.delete(network);
    slowed.set(network, until);
    for (const [oldest, over] of slowed) {
      if (slowed.size <= MOST_NETWORKS && over + WINDOW_MS > clock.now()) break;
      slowed.delete(oldest);
    }
    return begins;
  };

  /** Those that count now, the newest first. */
  const merge = (
    network: string,
    own: readonly FailedSignIn[],
    others: readonly FailedSignIns[],
  ): FailedSignIn[] => {
    const now = clock.now();
    return [own, ...others.map((one) => one.get(network) ?? [])]
      .flat()
      .filter(({ at }) => isWithinWindow(at, now))
      .map(({ at, client }) => ({ at: Math.min(at, now), client }))
      .sort((a, b) => b.at - a.at);
  };

  const slowIfDue = (call: Caller, network: string, others: readonly FailedSignIns[]): void => {
    const until = slowedUntil(merge(network, local.of(network), others), FREE_PER_ADDRESS);
    if (until !== undefined && slow(network, until)) deps.onSlowed(call, 'address');
  };

  return {
    admit(call) {
      if (slowed.size === 0) return;
      const left = (slowed.get(networkOf(call.clientAddress)) ?? 0) - clock.now();
      // Longer than it can last: the clock went back.
      if (left > 0 && left <= WINDOW_MS) throw tooManyFailures('address', left);
    },

    async countFailure(call, clientId) {
      const network = networkOf(call.clientAddress);
      if (network === '') return undefined;
      const failure = { at: clock.now(), client: digestOf(clientId) };
      local.add(network, failure);
      const ownUpToThis = local.of(network);
      // At once, so that of many guesses at the same moment none is let in after the last free one.
      slowIfDue(call, network, []);
      const others = await exchange();
      slowIfDue(call, network, others);
      // Failures that came to this instance later are no reason to refuse this one.
      const upToThis = merge(network, ownUpToThis, others);
      const addressUntil = slowedUntil(upToThis, FREE_PER_ADDRESS);
      if (addressUntil !== undefined) return tooManyFailures('address', addressUntil - clock.now());
      if (clientId === '') return undefined;
      const ofClient = upToThis.filter(({ client }) => client === failure.client);
      const clientUntil = slowedUntil(ofClient, FREE_PER_CLIENT);
      if (clientUntil === undefined) return undefined;
      if (ofClient.length === FREE_PER_CLIENT + 1) deps.onSlowed(call, 'client');
      return tooManyFailures('client', clientUntil - clock.now());
    },
  };
}

/** When no more than `free` of the failures (newest first) count; undefined if that is already so. */
function slowedUntil(failures: readonly FailedSignIn[], free: number): number | undefined {
  const oneTooMany = failures[free];
  return oneTooMany === undefined ? undefined : oneTooMany.at + WINDOW_MS;
}

/**
 * What the others have told, read after the caller's failure was counted. One exchange at a time;
 * who comes while one is under way shares the next. While storage is away, what was known last and
 * this instance's own count decide.
 */
function exchangeInTurn(
  { board, clock, wait, onError }: ThrottleDeps,
  local: LocalFailures,
): () => Promise<readonly FailedSignIns[]> {
  let known: readonly FailedSignIns[] = [];
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let begun = 0;
  let away = false;

  const run = async (): Promise<void> => {
    const early = begun + EXCHANGE_GAP_MS - clock.now();
    if (early > 0) await wait(Math.min(early, EXCHANGE_GAP_MS));
    next = undefined;
    begun = clock.now();
    try {
      known = await board.exchange(local.toShare(begun), begun, begun - WINDOW_MS);
      away = false;
    } catch (error) {
      if (!away) onError('Failed sign-ins are counted by this instance alone', error);
      away = true;
    }
  };

  return async () => {
    next ??= (running ?? Promise.resolve()).then(run);
    running = next;
    await next;
    return known;
  };
}

function tooManyFailures(what: 'address' | 'client', leftMs: number): Fault {
  const seconds = Math.max(1, Math.ceil(leftMs / 1000));
  const whose = what === 'address' ? 'from this address' : 'of this client from this address';
  return new Fault(
    429,
    `Too many sign-ins ${whose} have failed within a minute. Check the credentials, wait ${seconds} s and try again.`,
    { reason: 'throttled', headers: { 'Retry-After': String(seconds) } },
  );
}

/** Short, since it only tells the clients of one network apart; a claimed id may be very long. */
function digestOf(clientId: string): string {
  if (clientId === '') return '';
  return createHash('sha256').update(clientId, 'utf8').digest('base64url').slice(0, 8);
}
