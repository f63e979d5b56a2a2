/** Takes entries at once and writes them later. */
export interface WriteBehind<T> {
  add(entry: T): void;
  /** Writes what is held. Called before a read, and when the host ends the app. */
  flush(): Promise<void>;
  /** Entries that wait now. */
  held(): number;
}

export interface WriteBehindOptions<T> {
  /** Names the entries where something is told of them, such as `message log entries`. */
  readonly what: string;
  /** Milliseconds from the first entry held to the write. */
  readonly delayMs?: number;
  /** Entries held while storage does not take them; beyond, the oldest tenth is given up and reported. */
  readonly maxHeld?: number;
  /** How much of `maxHeld` an entry takes; 1 unless told. */
  readonly weightOf?: (entry: T) => number;
  /** Told when entries could not be written, or were given up. */
  readonly onError: (problem: string, cause: unknown) => void;
  /** Told of every entry that is given up; for a metric, so it has to be cheap. */
  readonly onGivenUp?: (entries: number) => void;
}

/**
 * Keeps entries in memory and writes them together, behind the answers that they tell of, half a
 * second after the first. A process that is killed loses what it holds at that moment; one that is
 * ended properly flushes. While storage fails, entries wait and are tried again.
 * @param append has to take the same entries twice without making them two.
 */
export function createWriteBehind<T>(
  append: (entries: readonly T[]) => Promise<void>,
  options: WriteBehindOptions<T>,
): WriteBehind<T> {
  const { what, delayMs = 500, maxHeld = 20_000, weightOf = () => 1, onError, onGivenUp } = options;
  let held: T[] = [];
  let weight = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let flushing: Promise<void> | undefined;
  let givenUp = 0;

  const hold = (entries: readonly T[]): void => {
    for (const entry of entries) weight += weightOf(entry);
  };
  /** Lets go of the oldest until what is held weighs no more than `most`. */
  const giveUpAbove = (most: number): void => {
    let entries = 0;
    for (const entry of held) {
      if (weight <= most) break;
      weight -= weightOf(entry);
      entries += 1;
    }
    held = held.slice(entries);
    givenUp += entries;
    onGivenUp?.(entries);
  };

  const write = async (): Promise<void> => {
    if (timer !== undefined) clearTimeout(timer);
    timer = undefined;
    if (held.length === 0) return;
    const entries = held;
    held = [];
    weight = 0;
    try {
      await append(entries);
      if (givenUp > 0) onError(`${givenUp} ${what} were given up`, undefined);
      givenUp = 0;
    } catch (error) {
      onError(`${entries.length} ${what} wait for storage`, error);
      held = entries.concat(held);
      hold(entries);
      if (weight > maxHeld) giveUpAbove(maxHeld);
      schedule(Math.min(delayMs * 10, 5000));
      throw error;
    }
  };
  const schedule = (ms: number): void => {
    timer ??= setTimeout(() => {
      // onError has been told; the entries are held and the next attempt is scheduled.
      writing = writing.then(write).catch(() => undefined);
    }, ms);
    timer.unref();
  };

  return {
    add(entry) {
      held.push(entry);
      hold([entry]);
      // Many at once: each single one would have all that are younger moved up.
      if (weight > maxHeld) giveUpAbove(maxHeld + 1 - Math.ceil(maxHeld / 10));
      schedule(delayMs);
    },
    flush() {
      // One write that has not begun is enough for all who ask: in a row they would each wait for
      // storage once more than the one before.
      flushing ??= writing.then(() => {
        flushing = undefined;
        return write();
      });
      writing = flushing.catch(() => undefined);
      return flushing;
    },
    held: () => held.length,
  };
}
