/** How long a failed sign-in counts, in milliseconds. */
export const WINDOW_MS = 60_000;
/** Failed sign-ins of one network within the window that slow nothing. */
export const FREE_PER_ADDRESS = 30;
/** Those of one client from one network. */
export const FREE_PER_CLIENT = 10;
/** Networks that one instance remembers. */
export const MOST_NETWORKS = 10_000;
/** Networks that one instance tells the others about: those with the most failures. */
export const MOST_SHARED = 1000;

export interface FailedSignIn {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** A digest of the client's id; '' where no client was named. */
  readonly client: string;
}

/** Failed sign-ins by network, the newest last, at most {@link FREE_PER_ADDRESS} + 1 of each. */
export type FailedSignIns = ReadonlyMap<string, readonly FailedSignIn[]>;

/** Where the instances tell each other of failed sign-ins. */
export interface FailureBoard {
  /**
   * Replaces what this instance has told before by `own`, and returns what each of the others has
   * told since `since`. Answers or fails within a second.
   */
  exchange(own: FailedSignIns, now: number, since: number): Promise<readonly FailedSignIns[]>;
}

/**
 * The failed sign-ins that this instance has seen. To push one network's count out of memory takes
 * {@link MOST_NETWORKS} other networks that fail after it, each of which has spent a guess: more
 * guesses than the forgotten count would have cost.
 */
export class LocalFailures {
  readonly #byNetwork = new Map<string, readonly FailedSignIn[]>();

  add(network: string, failure: FailedSignIn): void {
    const before = this.#byNetwork.get(network) ?? [];
    this.#byNetwork.delete(network);
    this.#byNetwork.set(network, [...before, failure].slice(-FREE_PER_ADDRESS - 1));
    if (this.#byNetwork.size > MOST_NETWORKS) {
      const oldest = this.#byNetwork.keys().next();
      if (!oldest.done) this.#byNetwork.delete(oldest.value);
    }
  }

  of(network: string): readonly FailedSignIn[] {
    return this.#byNetwork.get(network) ?? [];
  }

  /** What the others need to know at `now`; forgets what counts no longer. */
  toShare(now: number): FailedSignIns {
    for (const [network, failures] of this.#byNetwork) {
      // The network that has failed last comes last.
      if (isWithinWindow(failures.at(-1)?.at ?? 0, now)) break;
      this.#byNetwork.delete(network);
    }
    if (this.#byNetwork.size <= MOST_SHARED) return new Map(this.#byNetwork);
    const worst = [...this.#byNetwork].sort(([, a], [, b]) => b.length - a.length);
    return new Map(worst.slice(0, MOST_SHARED));
  }

  get size(): number {
    return this.#byNetwork.size;
  }
}

/** A time from ahead is another instance's clock, unless it is so far that a clock went back. */
export function isWithinWindow(at: number, now: number): boolean {
  return Math.abs(now - at) < WINDOW_MS;
}
