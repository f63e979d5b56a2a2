import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StaleCache } from '../../shared/cache/stale-cache.ts';
import { check } from './check.ts';

const STALE_MS = 25_000;

type Command =
  | { readonly do: 'get'; readonly key: string; readonly maxAgeMs: number | undefined }
  | { readonly do: 'write' | 'forget'; readonly key: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'settle'; readonly index: number; readonly fails: boolean };

const key = fc.constantFrom('a', 'b', 'c');
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ do: fc.constant('get' as const), key, maxAgeMs: fc.constantFrom(undefined, 0, 100) }),
  fc.record({ do: fc.constantFrom('write' as const, 'forget' as const), key }),
  fc.record({
    do: fc.constant('wait' as const),
    ms: fc.constantFrom(0, 1, 99, 5000, 12_000, 26_000),
  }),
  fc.record({ do: fc.constant('settle' as const), index: fc.nat({ max: 3 }), fails: fc.boolean() }),
);

test('no answer is older than asked for, however reads and writes fall together', async () => {
  await check(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
      let now = 1_000_000;
      let version = 0;
      /** What storage held since when. */
      const history = new Map<string, { at: number; version: number }[]>();
      const forgotten = new Map<string, number>();
      const held = (name: string, at: number): number =>
        (history.get(name) ?? []).findLast((entry) => entry.at <= at)?.version ?? 0;
      const pending: { settle: (fails: boolean) => void }[] = [];
      const cache = new StaleCache<number>(
        (name) => {
          const value = held(name, now);
          return new Promise((resolve, reject) => {
            pending.push({
              settle: (fails) => (fails ? reject(new Error('storage')) : resolve(value)),
            });
          });
        },
        { clock: { now: () => now }, maxEntries: 2 },
      );
      const answers: Promise<void>[] = [];
      for (const next of commands) {
        switch (next.do) {
          case 'get': {
            const { key: name, maxAgeMs = STALE_MS } = next;
            const least = Math.max(held(name, now - maxAgeMs - 1), forgotten.get(name) ?? 0);
            const answer = cache.get(name, next.maxAgeMs).then(
              (value) => assert.ok(value >= least, `${name}: ${value} < ${least}`),
              (error: unknown) => assert.equal((error as Error).message, 'storage'),
            );
            answer.catch(() => undefined);
            answers.push(answer);
            break;
          }
          case 'write': {
            version += 1;
            const entries = history.get(next.key) ?? [];
            history.set(next.key, [...entries, { at: now, version }]);
            break;
          }
          case 'forget':
            cache.forget(next.key);
            forgotten.set(next.key, held(next.key, now));
            break;
          case 'wait':
            now += next.ms;
            break;
          case 'settle':
            pending.splice(next.index, 1)[0]?.settle(next.fails);
            await new Promise((resolve) => setImmediate(resolve));
        }
        assert.ok(cache.size <= 2);
      }
      for (const { settle } of pending) settle(false);
      await Promise.all(answers);
    }),
    0.1,
  );
});
