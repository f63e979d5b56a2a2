import { StepFailure } from '../steps/step-failure.ts';
import type { NumberRange, NumberRanges, NumberRangeStore } from './number-ranges.ts';

export interface DrawNumbersDeps {
  readonly store: Pick<NumberRangeStore, 'find' | 'replace'>;
  /** Waits; an instance that was overtaken waits a random while before the next try. */
  readonly delay: (ms: number) => Promise<unknown>;
  readonly random: () => number;
}

/** Overtaken so often, an instance gives up. */
const MOST_TRIES = 200;
/** Drawn in one write: as many as are waited for. */
const MOST_AT_ONCE = 1000;

interface Waiting {
  readonly give: (number: string | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Draws numbers: each draw moves the stored number on under its ETag before a number is given, so that
 * none is given twice, and all are given in order. What several messages of this instance wait for
 * at the same time is drawn in one write, and no number more: there are no gaps but those of
 * processes that are killed, and of messages that fail, after they have drawn, and of writes whose
 * answer was lost.
 */
export function createNumberRanges(deps: DrawNumbersDeps): NumberRanges {
  const queues = new Map<string, Waiting[]>();

  const serve = async (name: string, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) {
      const served = queue.splice(0, MOST_AT_ONCE);
      try {
        const numbers = await draw(name, served.length, deps);
        served.forEach(({ give, fail }, i) => {
          const number = numbers?.[i];
          if (numbers === undefined || number !== undefined) give(number);
          else fail(usedUp(name));
        });
      } catch (error) {
        for (const { fail } of served) fail(error);
      }
    }
    queues.delete(name);
  };

  return {
    next: (name) =>
      new Promise((give, fail) => {
        const waiting = queues.get(name);
        if (waiting !== undefined) {
          waiting.push({ give, fail });
          return;
        }
        const queue = [{ give, fail }];
        queues.set(name, queue);
        void serve(name, queue);
      }),
  };
}

/** @returns up to `count` numbers, fewer where they are used up; undefined without such a range. */
async function draw(
  name: string,
  count: number,
  { store, delay, random }: DrawNumbersDeps,
): Promise<readonly string[] | undefined> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const found = await store.find(name);
    if (found === undefined) return undefined;
    const { numbers, next } = take(found.value, count);
    if (numbers.length === 0) return [];
    if (await store.replace({ ...found.value, next }, found.etag)) {
      return numbers.map((number) => String(number).padStart(found.value.fieldLength, '0'));
    }
    await delay(random() * 10 * Math.min(tries + 1, 10));
  }
  const text = `The number range ${name.slice(0, 100)} was in use by others ${MOST_TRIES} times in a row.`;
  throw new StepFailure('busy', text);
}

function take(range: NumberRange, count: number): { numbers: number[]; next: number } {
  const { minimum, maximum, rotate } = range;
  const numbers: number[] = [];
  let { next } = range;
  while (numbers.length < count) {
    if (next > maximum) {
      if (!rotate) break;
      next = minimum;
    }
    numbers.push(next);
    next += 1;
  }
  return { numbers, next: next > maximum && rotate ? minimum : next };
}

function usedUp(name: string): StepFailure {
  const text = `The number range ${name.slice(0, 100)} is used up, and does not rotate.`;
  return new StepFailure('number_range', text);
}
