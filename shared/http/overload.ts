import { Fault } from './fault.ts';

/** Why a call is refused at the door. */
export type ShedReason = 'calls' | 'bodies' | 'delay';

/** The door of some calls. Who has entered has to leave, with the same number of bytes. */
export interface Guard {
  /** @returns the 503 to answer in the place of any work; undefined when the call is let in. */
  enter(bodyBytes: number): Fault | undefined;
  leave(bodyBytes: number): void;
}

export interface OverloadLimits {
  /** Calls in progress. */
  readonly maxCalls: number;
  /** Of the bodies of all calls in progress. One body may be larger when it is the only one. */
  readonly maxBodyBytes: number;
  /** How long work may lie in the event loop's queue, in milliseconds. */
  readonly maxDelayMs: number;
}

export interface OverloadOptions extends OverloadLimits {
  /** Measures the delay of the event loop every {@link SAMPLE_MS} until the function returned is called. */
  readonly watchDelay: (onSample: (delayMs: number) => void) => () => void;
  /** From 0 (inclusive) to 1. */
  readonly random: () => number;
  /** Told of every call that is shed: for a metric, so it has to be cheap. */
  readonly onShed: (reason: ShedReason) => void;
  /** Told of what was shed since the last report: at once when shedding begins, then every {@link REPORT_MS}. */
  readonly report: (shed: Readonly<Record<ShedReason, number>>) => void;
}

export const SAMPLE_MS = 50;
export const REPORT_MS = 10_000;
/** A sample counts for no longer than this, so that a process that was frozen has not been busy. */
const MOST_COUNTED_MS = 250;
/** How long the delay is beyond the limit before calls are shed: a burst, a large bundle, a cold start passes. */
const PATIENCE_MS = 1000;
/** What a millisecond beyond the limit adds to the share of calls that are shed. */
const RAISE = 0.0008;
/** What one below half of the limit takes from it; one in between changes nothing. */
const LOWER = 0.0004;
/** Some calls are always let in: a server that refuses everything cannot see that it could answer. */
const MOST = 0.95;
/** Retry-After is 1 to this many seconds, by chance, so that callers do not come back all at once. */
const RETRY_SPREAD = 5;

/**
 * Sheds what one process cannot answer in time, before any work is done for it. All calls share a
 * thread, so those that wait are seen as delay of its event loop. While that stays beyond the limit
 * a growing share of calls is refused, and the share goes back in smaller steps when the delay is
 * under half of the limit: between the two it holds still and does not swing. Flows that wait for
 * something delay nobody and are bounded by their number and by the bytes they hold.
 */
export class Overload {
  readonly #options: OverloadOptions;
  readonly #refusals: readonly Fault[];
  #calls = 0;
  #bytes = 0;
  #share = 0;
  #beyondMs = 0;
  #shed: Record<ShedReason, number> = { calls: 0, bodies: 0, delay: 0 };
  #sinceReportMs = REPORT_MS;
  #isBusy = false;
  #stopWatching: (() => void) | undefined;

  constructor(options: OverloadOptions) {
    this.#options = options;
    // Made once: an error and its stack would cost more than all else that is done for a shed call.
    this.#refusals = Array.from({ length: RETRY_SPREAD }, (_, index) => overloaded(index + 1));
  }

  /**
   * A door for one kind of calls, of which no more than `maxCalls` are let in at a time, so that
   * they leave room for the others.
   */
  openDoor(maxCalls: number): Guard {
    let inside = 0;
    return {
      enter: (bodyBytes) => {
        this.#isBusy = true;
        const reason = inside >= maxCalls ? 'calls' : this.#refuse(bodyBytes);
        this.#stopWatching ??= this.#options.watchDelay((delayMs) => this.#sample(delayMs));
        if (reason !== undefined) return this.#shedFor(reason);
        inside += 1;
        this.#calls += 1;
        this.#bytes += bodyBytes;
        return undefined;
      },
      leave: (bodyBytes) => {
        inside -= 1;
        this.#calls -= 1;
        this.#bytes -= bodyBytes;
      },
    };
  }

  #refuse(bodyBytes: number): ShedReason | undefined {
    const { maxCalls, maxBodyBytes, random } = this.#options;
    if (this.#calls >= maxCalls) return 'calls';
    const isBeside = bodyBytes > 0 && this.#bytes > 0;
    if (isBeside && this.#bytes + bodyBytes > maxBodyBytes) return 'bodies';
    if (this.#share > 0 && random() < this.#share) return 'delay';
    return undefined;
  }

  #shedFor(reason: ShedReason): Fault | undefined {
    this.#shed[reason] += 1;
    this.#options.onShed(reason);
    return this.#refusals[Math.floor(this.#options.random() * RETRY_SPREAD)];
  }

  #sample(delayMs: number): void {
    const { maxDelayMs } = this.#options;
    const passedMs = Math.min(SAMPLE_MS + delayMs, MOST_COUNTED_MS);
    this.#beyondMs = delayMs > maxDelayMs ? this.#beyondMs + passedMs : 0;
    if (this.#beyondMs >= PATIENCE_MS) this.#share = Math.min(MOST, this.#share + RAISE * passedMs);
    else if (delayMs < maxDelayMs / 2) this.#share = Math.max(0, this.#share - LOWER * passedMs);
    this.#sinceReportMs += SAMPLE_MS + delayMs;
    const isToldOf = this.#reportIfDue();
    const isOver = this.#calls === 0 && this.#share === 0 && this.#beyondMs === 0;
    if (isOver && isToldOf && !this.#isBusy) {
      this.#stopWatching?.();
      this.#stopWatching = undefined;
    }
    this.#isBusy = false;
  }

  /** @returns whether all that was shed has been reported. */
  #reportIfDue(): boolean {
    const { calls, bodies, delay } = this.#shed;
    if (calls + bodies + delay === 0) return true;
    if (this.#sinceReportMs < REPORT_MS) return false;
    this.#options.report(this.#shed);
    this.#shed = { calls: 0, bodies: 0, delay: 0 };
    this.#sinceReportMs = 0;
    return true;
  }
}

function overloaded(retryAfterSeconds: number): Fault {
  return new Fault(
    503,
    'The server has more calls than it can answer in time. Try again after the seconds in Retry-After.',
    { reason: 'overloaded', headers: { 'Retry-After': String(retryAfterSeconds) } },
  );
}

/**
 * How much later than asked a timer fires: what has lain in the queue of the event loop before it.
 * Keeps no process alive.
 */
export function watchLoopDelay(onSample: (delayMs: number) => void): () => void {
  let due = performance.now() + SAMPLE_MS;
  const timer = setTimeout(() => {
    const now = performance.now();
    const late = now - due;
    due = now + SAMPLE_MS;
    timer.refresh();
    onSample(Math.max(0, late));
  }, SAMPLE_MS);
  timer.unref();
  return () => clearTimeout(timer);
}
