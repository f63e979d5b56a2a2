import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  currentKey,
  JWKS_MAX_AGE,
  planRotation,
  PUBLISH_AHEAD_MS,
  publishedKeys,
  RETAIN_MS,
  RING_STALE_MS,
  standingOf,
} from '../../shared/jwt/rotation.ts';
import type { SigningAlgorithm, StoredKey } from '../../shared/jwt/signing-key.ts';

const DAY = 86_400_000;
const T = Date.UTC(2027, 0, 1);
const rules = { algorithm: 'ES256', rotationDays: 90 } as const;

function key(kid: string, activeFrom: number, alg: SigningAlgorithm = 'ES256'): StoredKey {
  return { kid, alg, publicJwk: {}, sealedPrivateKey: '', createdAt: activeFrom, activeFrom };
}
const kids = (keys: readonly StoredKey[]): string[] => keys.map((k) => k.kid);

test('a key is published for longer than anybody can hold an older JWKS before it signs', () => {
  assert.ok(PUBLISH_AHEAD_MS > RING_STALE_MS + JWKS_MAX_AGE * 1000);
});

test('a key stays for longer than the longest token, 12 hours, after its successor signs', () => {
  assert.ok(RETAIN_MS > 12 * 3_600_000);
});

test('the newest active key signs, the next one from its moment on', () => {
  const ring = [key('next', T + 1000), key('old', T - DAY), key('now', T)];
  assert.equal(currentKey(ring, T)?.kid, 'now');
  assert.equal(currentKey(ring, T + 999)?.kid, 'now');
  assert.equal(currentKey(ring, T + 1000)?.kid, 'next');
});

test('a clock before every key signs with the first', () => {
  assert.equal(currentKey([key('b', T + 1), key('a', T)], T - DAY)?.kid, 'a');
});

test('an empty ring has no current key', () => {
  assert.equal(currentKey([], T), undefined);
  assert.deepEqual(standingOf([], T), []);
});

test('every key but the newest says when it is removed: a retention after its successor signs', () => {
  const standings = standingOf([key('a', T - DAY), key('b', T), key('c', T + 5000)], T);
  assert.deepEqual(
    standings.map((s) => [s.key.kid, s.state, s.removedAfter]),
    [
      ['a', 'previous', T + RETAIN_MS],
      ['b', 'current', T + 5000 + RETAIN_MS],
      ['c', 'next', undefined],
    ],
  );
});

test('the JWKS shows next, current and previous keys, and no key past its removal', () => {
  const ring = [key('a', T), key('b', T + DAY), key('c', T + 2 * DAY)];
  assert.deepEqual(kids(publishedKeys(ring, T)), ['a', 'b', 'c']);
  assert.deepEqual(kids(publishedKeys(ring, T + DAY + RETAIN_MS - 1)), ['a', 'b', 'c']);
  assert.deepEqual(kids(publishedKeys(ring, T + DAY + RETAIN_MS)), ['b', 'c']);
});

test('the first key signs at once', () => {
  assert.deepEqual(planRotation([], T, rules, false), { makeActiveFrom: T, remove: [] });
});

test('a key gets its successor at the age of the setting, not before', () => {
  const ring = [key('a', T)];
  assert.equal(planRotation(ring, T + 90 * DAY - 1, rules, false).makeActiveFrom, undefined);
  assert.equal(
    planRotation(ring, T + 90 * DAY, rules, false).makeActiveFrom,
    T + 90 * DAY + PUBLISH_AHEAD_MS,
  );
});

test('another algorithm in the settings makes a successor, published ahead too', () => {
  const plan = planRotation([key('a', T)], T + 1, { ...rules, algorithm: 'RS256' }, false);
  assert.equal(plan.makeActiveFrom, T + 1 + PUBLISH_AHEAD_MS);
});

test('a forced rotation makes a successor of a young key', () => {
  assert.equal(
    planRotation([key('a', T)], T + 1, rules, true).makeActiveFrom,
    T + 1 + PUBLISH_AHEAD_MS,
  );
});

test('while a next key waits no other is made, forced or not, whatever its algorithm', () => {
  const ring = [key('a', T - 365 * DAY), key('b', T + 1, 'RS256')];
  for (const force of [true, false]) {
    assert.equal(planRotation(ring, T, rules, force).makeActiveFrom, undefined);
  }
});

test('only keys past their removal are removed, never the current one', () => {
  const ring = [key('a', T), key('b', T + DAY)];
  assert.deepEqual(planRotation(ring, T + DAY + RETAIN_MS - 1, rules, false).remove, []);
  assert.deepEqual(planRotation(ring, T + DAY + RETAIN_MS, rules, false).remove, ['a']);
  assert.deepEqual(planRotation([key('a', T)], T + 1000 * DAY, rules, false).remove, []);
});
