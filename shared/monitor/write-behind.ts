import type { MessageLogEntry, MessageLogWriter } from './message-log.ts';
import type { MessageLogStore } from './message-log-store.ts';

export interface WriteBehindOptions {
  /** Milliseconds from the first entry held to the write. */
  readonly delayMs?: number;
  /** Entries held while storage does not take them; beyond, the oldest are given up and reported. */
  readonly maxHeld?: number;
  /** Told when entries could not be written, or were given up. */
  readonly onError: (problem: string, cause: unknown) => void;
}

/**
 * Keeps log entries in memory and writes them packed, behind the answers that they tell of, half a
 * second after the first. A process that is killed loses what it holds at that moment; one that is
 * ended properly flushes. While storage fails, entries wait and are tried again.
 */
export function createMessageLogWriter(
  store: Pick<MessageLogStore, 'append'>,
  { delayMs = 500, maxHeld = 20_000, onError }: WriteBehindOptions,
): MessageLogWriter {
  let held: MessageLogEntry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let givenUp = 0;

  const write = async (): Promise<void> => {
    if (timer !== undefined) clearTimeout(timer);
    timer = undefined;
    if (held.length === 0) return;
    const entries = held;
    held = [];
    try {
      await store.append(entries);
      if (givenUp > 0) onError(`${givenUp} message log entries were given up`, undefined);
      givenUp = 0;
    } catch (error) {
      onError(`${entries.length} message log entries wait for storage`, error);
      held = entries.concat(held);
      if (held.length > maxHeld) {
        givenUp += held.length - maxHeld;
        held = held.slice(-maxHeld);
      }
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
      if (held.length > maxHeld) {
        held.shift();
        givenUp += 1;
      }
      schedule(delayMs);
    },
    flush() {
      const flushed = writing.then(write);
      writing = flushed.catch(() => undefined);
      return flushed;
    },
  };
}
