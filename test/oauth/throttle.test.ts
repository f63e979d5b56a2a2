import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { test } from 'node:test';
import type { Fault } from '../../shared/http/fault.ts';
import {
  type FailedSignIns,
  FREE_PER_ADDRESS,
  LocalFailures,
  MOST_NETWORKS,
  MOST_SHARED,
} from '../../shared/oauth/failed-sign-ins.ts';
import { networkOf } from '../../shared/net/network.ts';
import { createThrottle } from '../../shared/oauth/throttle.ts';
import { openFailureBoard } from '../../shared/storage/failed-sign-ins.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';
import { makeCall } from '../support/call.ts';
import { testClock } from '../support/clock.ts';

const from = (clientAddress: string) => makeCall({ path: '/', clientAddress });
const here = from('203.0.113.7');
const there = from('198.51.100.9');

/** Instances of one deployment; `board()` can be set to fail. */
function openInstances() {
  const clock = testClock();
  const told = new Map<string, FailedSignIns>();
  const state = { away: false, exchanges: 0 };
  const open = (name: string) => {
    const slowed: string[] = [];
    const problems: string[] = [];
    const throttle = createThrottle({
      board: {
        exchange: (own) => {
          state.exchanges += 1;
          if (state.away) return Promise.reject(new Error('storage is away'));
          told.set(name, own);
          return Promise.resolve([...told].filter(([n]) => n !== name).map(([, map]) => map));
        },
      },
      clock,
      wait: () => Promise.resolve(),
      onSlowed: (_call, what) => slowed.push(what),
      onError: (problem) => problems.push(problem),
    });
    /** Fails `times` times, as a guesser would. @returns how each attempt was answered. */
    const guess = async (times: number, call = here, clientOf = (i: number) => `c${i}`) => {
      const answers: number[] = [];
      for (let i = 0; i < times; i += 1) {
        let refusal: Fault | undefined;
        try {
          throttle.admit(call);
          refusal = await throttle.countFailure(call, clientOf(i));
        } catch (error) {
          refusal = error as Fault;
        }
        answers.push(refusal?.status ?? 401);
      }
      return answers;
    };
    return { throttle, guess, slowed, problems };
  };
  return { clock, state, open };
}

const times = <T>(n: number, value: T): T[] => Array<T>(n).fill(value);

test('an address may fail 30 times within a minute; the next failure and every sign-in after it is 429', async () => {
  const { open } = openInstances();
  const { guess, throttle, slowed } = open('a');
  assert.deepEqual(await guess(30), times(30, 401));
  throttle.admit(here);
  assert.deepEqual(slowed, []);
  assert.deepEqual(await guess(3), times(3, 429));
  assert.throws(() => throttle.admit(here), {
    status: 429,
    reason: 'throttled',
    headers: { 'Retry-After': '60' },
    message: /wait 60 s/,
  });
  assert.deepEqual(slowed, ['address']);
});

test('a client may fail 10 times from an address; then wrong credentials for it are 429, and right ones still come in', async () => {
  const { open } = openInstances();
  const { guess, throttle, slowed } = open('a');
  assert.deepEqual(await guess(10, here, () => 'app'), times(10, 401));
  assert.deepEqual(await guess(3, here, () => 'app'), times(3, 429));
  assert.deepEqual(slowed, ['client']);
  throttle.admit(here);
  assert.deepEqual(await guess(1, here, () => 'other'), [401]);
});

test('whoever fails in the name of a client slows it at no other address', async () => {
  const { open } = openInstances();
  const { guess, throttle } = open('a');
  await guess(40, here, () => 'app');
  throttle.admit(there);
  assert.equal(await throttle.countFailure(there, 'app'), undefined);
});

test('failures without a named client count for the address alone', async () => {
  const { open } = openInstances();
  const { guess } = open('a');
  assert.deepEqual(await guess(31, here, () => ''), [...times(30, 401), 429]);
});

test('a minute after the failures an address is as free as before, and the window slides', async () => {
  const { clock, open } = openInstances();
  const { guess, throttle, slowed } = open('a');
  await guess(1);
  clock.advance(59_000);
  assert.deepEqual(await guess(30), [...times(29, 401), 429]);
  assert.throws(() => throttle.admit(here), { headers: { 'Retry-After': '1' } });
  clock.advance(1000);
  throttle.admit(here);
  assert.deepEqual(await guess(2), [429, 429], 'thirty others are only a second old');
  clock.advance(59_999);
  throttle.admit(here);
  clock.advance(1);
  assert.deepEqual(await guess(30), times(30, 401));
  assert.deepEqual(slowed.length, 1, 'told once while it goes on');
});

test('a clock that goes back slows nobody for longer than a minute', async () => {
  const { clock, open } = openInstances();
  const { guess, throttle } = open('a');
  await guess(31);
  clock.advance(-3_600_000);
  throttle.admit(here);
  assert.deepEqual(await guess(1), [401]);
});

test('failures count alike on whichever instance they come in', async () => {
  const { open } = openInstances();
  const [one, two] = [open('one'), open('two')];
  assert.deepEqual(await one.guess(16), times(16, 401));
  assert.deepEqual(await two.guess(14), times(14, 401));
  assert.deepEqual(await one.guess(1), [429]);
  assert.deepEqual(await two.guess(1), [429]);
  assert.throws(() => two.throttle.admit(here), { status: 429 });
  two.throttle.admit(there);
});

test('what succeeds asks no storage, and failures share exchanges', async () => {
  const { open, state } = openInstances();
  const { throttle } = open('a');
  throttle.admit(here);
  assert.deepEqual(state, { away: false, exchanges: 0 });
  await Promise.all(times(20, 0).map(() => throttle.countFailure(here, 'app')));
  assert.ok(state.exchanges <= 2, `${state.exchanges} exchanges`);
});

test('while storage is away an instance counts by itself, refuses nobody for it, and says so once', async () => {
  const { open, state } = openInstances();
  const { guess, problems } = open('a');
  state.away = true;
  assert.deepEqual(await guess(32), [...times(30, 401), 429, 429]);
  assert.equal(problems.length, 1);
});

test('where no address is known nobody is slowed for another', async () => {
  const { open, state } = openInstances();
  const { guess } = open('a');
  for (const unknown of ['', 'unknown', '203.0.113.7:80', '<script>']) {
    assert.deepEqual(await guess(40, from(unknown), () => 'app'), times(40, 401));
  }
  assert.equal(state.exchanges, 0);
});

test('of failures that come at the same moment 30 are 401 and the rest 429, and the 31st slows the address at once', async () => {
  const { open } = openInstances();
  const { throttle, slowed } = open('a');
  const counted = times(40, 0).map((_, i) => throttle.countFailure(here, `c${i}`));
  assert.throws(() => throttle.admit(here), { status: 429 });
  const statuses = (await Promise.all(counted)).map((refusal) => refusal?.status ?? 401);
  assert.deepEqual(statuses, [...times(30, 401), ...times(10, 429)]);
  assert.deepEqual(slowed, ['address']);
  const ofOne = await Promise.all(times(12, 0).map(() => throttle.countFailure(there, 'app')));
  assert.deepEqual(
    ofOne.map((refusal) => refusal?.status ?? 401),
    [...times(10, 401), 429, 429],
  );
});

test('many addresses neither grow the memory nor free one that is slowed', async () => {
  const { open } = openInstances();
  const { guess, throttle } = open('a');
  await guess(31);
  const local = new LocalFailures();
  for (let i = 0; i < MOST_NETWORKS + 500; i += 1) {
    const network = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    local.add(network, { at: 0, client: '' });
  }
  assert.equal(local.size, MOST_NETWORKS);
  assert.equal(local.toShare(0).size, MOST_SHARED);
  assert.equal(local.toShare(60_000).size, 0);
  assert.equal(local.size, 0);
  for (let i = 0; i < 200; i += 1) await guess(1, from(`10.0.0.${i}`));
  assert.throws(() => throttle.admit(here), { status: 429 });
});

test('the networks with most failures are told to the others first', () => {
  const local = new LocalFailures();
  for (let i = 0; i <= FREE_PER_ADDRESS; i += 1) local.add('guesser', { at: i, client: 'c' });
  for (let i = 0; i < MOST_SHARED; i += 1) local.add(`n${i}`, { at: 100, client: '' });
  assert.equal(local.toShare(100).get('guesser')?.length, FREE_PER_ADDRESS + 1);
});

test('one IPv6 network is one caller, and IPv4 within IPv6 is IPv4', () => {
  const cases = {
    '203.0.113.7': '203.0.113.7',
    '::ffff:203.0.113.7': '203.0.113.7',
    '::FFFF:CB00:7107': '203.0.113.7',
    '2001:db8:0:1::5': '2001:db8:0:1::/64',
    '2001:0DB8:0000:0001:ffff:ffff:ffff:ffff': '2001:db8:0:1::/64',
    '2001:db8:0:2::5': '2001:db8:0:2::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    '::1': '0:0:0:0::/64',
    '::': '0:0:0:0::/64',
    '64:ff9b::1.2.3.4': '64:ff9b:0:0::/64',
    '': '',
    'not an address': '',
    '1.2.3.4.5': '',
  };
  for (const [address, network] of Object.entries(cases)) {
    assert.equal(networkOf(address), network, address);
  }
});

test('instances tell each other through one row each, which goes with time', async () => {
  const storage = await testStorage();
  const now = Date.UTC(2027, 0, 1);
  const boards = ['one', 'two'].map((id) => openFailureBoard(openTables(storage), id));
  const [one, two] = boards;
  assert.ok(one !== undefined && two !== undefined);
  const mine = new Map([['203.0.113.7', [{ at: now - 5, client: 'abc' }]]]);
  assert.deepEqual(await one.exchange(mine, now, now - 60_000), []);
  assert.deepEqual(await one.exchange(mine, now, now - 60_000), []);
  assert.deepEqual(await two.exchange(new Map(), now + 1, now - 60_000), [mine]);
  assert.deepEqual(await two.exchange(new Map(), now + 60_001, now + 1), [], 'too old');
  assert.equal(await one.deleteBefore(now), 0);
  assert.equal(await one.deleteBefore(now + 1), 1);
  assert.deepEqual(await two.exchange(new Map(), now, now - 60_000), []);
});

test('all that an instance may tell fits into its row and is read back', async () => {
  const storage = await testStorage();
  const local = new LocalFailures();
  const now = Date.UTC(2027, 0, 1);
  for (let i = 0; i < MOST_SHARED; i += 1) {
    for (let n = 0; n <= FREE_PER_ADDRESS; n += 1) {
      const client = randomBytes(6).toString('base64url');
      local.add(networkOf(`2001:db8:${i.toString(16)}::1`), {
        at: now - randomInt(60_000),
        client,
      });
    }
  }
  const told = local.toShare(now);
  await openFailureBoard(openTables(storage), 'one').exchange(told, now, now - 60_000);
  const two = openFailureBoard(openTables(storage), 'two');
  assert.deepEqual(await two.exchange(new Map(), now, now - 60_000), [told]);
});
