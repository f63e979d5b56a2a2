import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Fault } from '../../shared/http/fault.ts';
import {
  createRevocations,
  LONGEST_REVOCATION_MS,
  MOST_OF_CLIENT,
  MOST_REVOCATIONS,
  type Revocation,
  type Revocations,
  type RevocationStore,
} from '../../shared/oauth/revocations.ts';
import { openRevocations } from '../../shared/storage/revocations.ts';
import { openTables, type Tables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';
import { type TestClock, testClock } from '../support/clock.ts';

let tables: Tables;
const real = testClock(Date.now());

before(async () => {
  tables = openTables(await testStorage());
});

interface Instance {
  readonly list: Revocations;
  readonly clock: TestClock;
  /** Reads of storage. */
  readonly reads: () => number;
  /** Set: what storage answers with. */
  fail: Error | undefined;
}

function instance(clock: TestClock = testClock(real.now())): Instance {
  const table = openRevocations(tables, randomUUID(), clock);
  let reads = 0;
  const made: Instance = {
    clock,
    reads: () => reads,
    fail: undefined,
    list: createRevocations({
      clock,
      store: {
        append: (revocation) =>
          made.fail === undefined ? table.append(revocation) : Promise.reject(made.fail),
        read: (mark) => {
          reads += 1;
          return made.fail === undefined ? table.read(mark) : Promise.reject(made.fail);
        },
      },
    }),
  };
  return made;
}

const tokenOf = (clock: TestClock, jti: string = randomUUID()) => ({
  jti,
  client_id: 'app',
  exp: Math.floor(clock.now() / 1000) + 3600,
});

/** Until what is read again behind an answer has arrived. */
async function becomesRevoked(list: Revocations, token: { readonly jti: string }): Promise<void> {
  for (let tries = 0; tries < 100 && !(await list.isRevoked(token)); tries += 1) await delay(50);
  assert.equal(await list.isRevoked(token), true);
}

test('the instance that revokes a token refuses it at once, and no other token', async () => {
  const { list, clock } = instance();
  const [token, other] = [tokenOf(clock), tokenOf(clock)];
  assert.equal(await list.isRevoked(token), false);
  await list.revokeToken(token, 'client');
  assert.equal(await list.isRevoked(token), true);
  assert.equal(await list.isRevoked(other), false);
});

test('other instances learn of it within 25 s, behind the answers while they are asked', async () => {
  const [one, other] = [instance(), instance()];
  const token = tokenOf(one.clock);
  assert.equal(await other.list.isRevoked(token), false);
  await one.list.revokeToken(token, 'client');
  other.clock.advance(9000);
  assert.equal(await other.list.isRevoked(token), false);
  assert.equal(other.reads(), 1);
  other.clock.advance(2000);
  // Answered from memory, and read again.
  assert.equal(await other.list.isRevoked(token), false);
  await becomesRevoked(other.list, token);
  assert.equal(other.reads(), 2);
});

test('an instance that has been frozen reads the list before it answers', async () => {
  const [one, other] = [instance(), instance()];
  const token = tokenOf(one.clock);
  await other.list.isRevoked(token);
  await one.list.revokeToken(token, 'client');
  other.clock.advance(25_001);
  assert.equal(await other.list.isRevoked(token), true);
});

test('an instance that starts knows what was revoked before', async () => {
  const one = instance();
  const token = tokenOf(one.clock);
  await one.list.revokeToken(token, 'client');
  assert.equal(await instance().list.isRevoked(token), true);
});

test('thousands of checks make no more reads than time has passed', async () => {
  const { list, clock, reads } = instance();
  for (let i = 0; i < 5000; i += 1) await list.isRevoked(tokenOf(clock, `jti-${i}`));
  assert.equal(reads(), 1);
});

test('a grant is revoked with all tokens of it, and lets those without it alone', async () => {
  const { list, clock } = instance();
  const grantId = randomUUID();
  await list.revokeGrant(grantId, clock.now() + 3_600_000);
  assert.equal(await list.isRevoked({ jti: 'a', grant_id: grantId }), true);
  assert.equal(await list.isRevoked({ jti: 'a', grant_id: 'another' }), false);
  assert.equal(await list.isRevoked({ jti: grantId }), false, 'an id of the other kind');
});

test('instances whose clocks are minutes apart learn of each other’s revocations all the same', async () => {
  for (const apart of [-14 * 60_000, 14 * 60_000]) {
    const [one, other] = [instance(testClock(real.now() + apart)), instance()];
    const [first, second] = [tokenOf(one.clock), tokenOf(one.clock)];
    await one.list.revokeToken(first, 'client');
    assert.equal(await other.list.isRevoked(first), true);
    await one.list.revokeToken(second, 'client');
    other.clock.advance(26_000);
    assert.equal(await other.list.isRevoked(second), true);
  }
});

test('while storage is away the known list goes on for 25 s, then nothing is accepted', async () => {
  const one = instance();
  const [token, other] = [tokenOf(one.clock), tokenOf(one.clock)];
  await one.list.revokeToken(token, 'client');
  one.fail = new Error('storage is away');
  one.clock.advance(24_000);
  assert.equal(await one.list.isRevoked(token), true);
  assert.equal(await one.list.isRevoked(other), false);
  one.clock.advance(2000);
  await assert.rejects(one.list.isRevoked(other), /storage is away/);
  one.fail = undefined;
  assert.equal(await one.list.isRevoked(other), false);
  assert.equal(await one.list.isRevoked(token), true);
});

test('a revocation that storage does not take fails, and may be sent again', async () => {
  const one = instance();
  const token = tokenOf(one.clock);
  await one.list.isRevoked(token);
  one.fail = new Error('storage is away');
  await assert.rejects(one.list.revokeToken(token, 'client'), /storage is away/);
  one.fail = undefined;
  await one.list.revokeToken(token, 'client');
  assert.equal(await instance().list.isRevoked(token), true);
});

/** Counts what is written; holds nothing. */
function counting(known: readonly Revocation[] = []) {
  const written: Revocation[] = [];
  const store: RevocationStore = {
    append: (revocation) => Promise.resolve(void written.push(revocation)),
    read: () => Promise.resolve({ revocations: known, mark: {} }),
  };
  const clock = testClock();
  return { written, clock, list: createRevocations({ store, clock }) };
}

test('what has expired, or is revoked already, is not written', async () => {
  const { list, clock, written } = counting();
  await list.revokeToken({ jti: 'old', client_id: 'app', exp: clock.now() / 1000 - 61 }, 'client');
  assert.equal(written.length, 0);
  const token = tokenOf(clock);
  await list.revokeToken(token, 'client');
  await list.revokeToken(token, 'client');
  assert.equal(written.length, 1);
});

test('a grant that is said to last for ever is kept for as long as a token can live', async () => {
  const { list, clock, written } = counting();
  await list.revokeGrant('g', Infinity);
  assert.equal(written[0]?.until, clock.now() + LONGEST_REVOCATION_MS);
});

test('expired revocations are forgotten, and make room', async () => {
  const until = testClock().now() + 120_000;
  const of = (count: number, clientId: string): Revocation[] =>
    Array.from({ length: count }, (_, i) => ({
      kind: 'token',
      id: `${clientId}-${i}`,
      clientId,
      until,
    }));
  const known = of(MOST_OF_CLIENT, 'app');
  const { list, clock, written } = counting(known);
  await assert.rejects(list.revokeToken(tokenOf(clock), 'client'), full);
  clock.advance(200_000);
  await list.revokeToken(tokenOf(clock), 'client');
  assert.equal(written.length, 1);
});

const full = (error: unknown): boolean =>
  error instanceof Fault && error.status === 503 && error.headers['Retry-After'] === '60';

test('a client fills its share of the list alone, and nothing is dropped from a full one', async () => {
  const until = testClock().now() + 3_600_000;
  const of = (count: number, clientId: string): Revocation[] =>
    Array.from({ length: count }, (_, i) => ({
      kind: 'token',
      id: `${clientId}-${i}`,
      clientId,
      until,
    }));
  const greedy = of(MOST_OF_CLIENT, 'app');
  const { list, clock, written } = counting(greedy);
  await assert.rejects(list.revokeToken(tokenOf(clock), 'client'), full);
  await list.revokeToken({ ...tokenOf(clock), client_id: 'other' }, 'client');
  await list.revokeToken(tokenOf(clock), 'administrator');
  assert.equal(written.length, 2);

  const many = counting(['a', 'b', 'c', 'd', 'e'].flatMap((id) => of(MOST_REVOCATIONS / 4, id)));
  await assert.rejects(many.list.revokeToken(tokenOf(clock), 'administrator'), full);
  await assert.rejects(many.list.revokeGrant('g', until), full);
  assert.equal(many.written.length, 0);
  assert.equal(await many.list.isRevoked({ jti: 'a-0' }), true);
  assert.equal(await many.list.isRevoked({ jti: 'e-0' }), true);
});
