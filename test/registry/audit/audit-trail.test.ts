import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Fault } from '../../../shared/http/fault.ts';
import { Problem } from '../../../shared/http/problem.ts';
import type { AuditEntry, AuditEvent } from '../../../shared/registry/audit/audit-entry.ts';
import { createAuditTrail, MOST_REFUSALS } from '../../../shared/registry/audit/audit-trail.ts';
import { makeCall } from '../../support/call.ts';
import { testClock } from '../../support/clock.ts';

const call = makeCall({ path: '/', clientAddress: '203.0.113.7' });
const change: AuditEvent = {
  action: 'client.delete',
  actor: 'oauth_client_admin',
  object: { type: 'client', name: 'app' },
  call,
};
const refusal: AuditEvent = { ...change, actor: '', outcome: 'failure', reason: 'wrong_secret' };

/** What is written at once and what is held for later; `away` lists which appends fail. */
function open(...away: number[]) {
  const clock = testClock();
  const written: AuditEntry[] = [];
  const held: AuditEntry[] = [];
  let appends = 0;
  const trail = createAuditTrail({
    store: {
      append: (entries) => {
        appends += 1;
        if (away.includes(appends)) return Promise.reject(new Error('storage is away'));
        written.push(...entries);
        return Promise.resolve();
      },
    },
    behind: { add: (entry) => void held.push(entry) },
    clock,
    randomUUID,
  });
  return { clock, trail, written, held };
}

const outcomes = (entries: readonly AuditEntry[]) =>
  entries.map(({ outcome, reason }) => `${outcome} ${reason}`.trim());

test('a change is in the trail before it is begun, and its outcome before the answer, as one entry', async () => {
  const { trail, written, held } = open();
  const result = await trail.change(
    change,
    () => {
      assert.deepEqual(outcomes(written), ['unknown']);
      return 'made';
    },
    (made) => ({ detail: made, name: 'other' }),
  );
  assert.equal(result, 'made');
  assert.deepEqual(outcomes(written), ['unknown', 'success']);
  const [begun, done] = written;
  assert.deepEqual([begun?.id, begun?.time], [done?.id, done?.time]);
  assert.deepEqual(done, {
    id: done?.id,
    time: Date.UTC(2027, 0, 1),
    actor: 'oauth_client_admin',
    action: 'client.delete',
    object: { type: 'client', name: 'other' },
    address: '203.0.113.7',
    outcome: 'success',
    reason: '',
    invocationId: call.invocationId,
    detail: 'made',
  });
  assert.deepEqual(held, []);
});

test('a change that the trail cannot take is not begun', async () => {
  const { trail, written, held } = open(1);
  let begun = false;
  const work = () => {
    begun = true;
  };
  await assert.rejects(trail.change(change, work), /storage is away/);
  assert.equal(begun, false);
  assert.deepEqual([...written, ...held], []);
});

test('an outcome that storage does not take is held for later, and the caller learns what happened', async () => {
  const { trail, written, held } = open(2);
  assert.equal(await trail.change(change, () => 'made'), 'made');
  assert.deepEqual(outcomes(written), ['unknown']);
  assert.deepEqual(outcomes(held), ['success']);
  assert.equal(held[0]?.id, written[0]?.id);
});

test('a refused change is listed with its reason; one that broke off is of unknown outcome', async () => {
  const { trail, written } = open();
  const failures = [
    Problem.preconditionFailed(),
    Fault.unavailable('Later.', 1),
    new TypeError('a mistake of ours'),
  ];
  for (const failure of failures) {
    await assert.rejects(
      trail.change(change, () => Promise.reject(failure)),
      failure,
    );
  }
  assert.deepEqual(outcomes(written), [
    'unknown',
    'failure precondition_failed',
    'unknown',
    'unknown unavailable',
    'unknown',
    'unknown unexpected',
  ]);
});

test('what nobody asked for is written at once, behind if storage is away, and fails nothing', async () => {
  const { trail, written, held } = open(2);
  await trail.record({ ...change, call: undefined });
  await trail.record(change);
  assert.deepEqual(outcomes(written), ['success']);
  assert.deepEqual([written[0]?.address, written[0]?.invocationId], ['', '']);
  assert.deepEqual(outcomes(held), ['success']);
});

test('events of the data path wait in memory', () => {
  const { trail, written, held } = open();
  trail.note(change);
  assert.deepEqual(written, []);
  assert.deepEqual(outcomes(held), ['success']);
});

test('refusals of one caller are listed up to a bound in a minute, those of others still are', () => {
  const { clock, trail, held } = open();
  for (let i = 0; i < MOST_REFUSALS + 50; i += 1) trail.note(refusal);
  assert.equal(held.length, MOST_REFUSALS + 1);
  assert.match(held.at(-1)?.detail ?? '', /not listed/);
  trail.note({ ...refusal, call: makeCall({ path: '/', clientAddress: '198.51.100.9' }) });
  trail.note({ ...refusal, actor: 'oauth_client_app' });
  trail.note(change);
  assert.equal(held.length, MOST_REFUSALS + 4);
  clock.advance(60_000);
  trail.note(refusal);
  assert.equal(held.length, MOST_REFUSALS + 5);
});

test('refusals from all addresses of an IPv6 network are those of one caller', () => {
  const { trail, held } = open();
  for (let i = 0; i < MOST_REFUSALS + 50; i += 1) {
    const clientAddress = `2001:db8::${i.toString(16)}`;
    trail.note({ ...refusal, call: makeCall({ path: '/', clientAddress }) });
  }
  assert.equal(held.length, MOST_REFUSALS + 1);
});

test('names are cut, so that no address of ten kilobytes comes into the trail', () => {
  const { trail, held } = open();
  const name = `${'x'.repeat(298)}😀${'y'.repeat(10_000)}`;
  trail.note({ ...refusal, object: { type: 'address', name }, detail: name });
  assert.equal(held[0]?.object.name, `${'x'.repeat(298)}\ufffd…`);
  assert.equal(held[0].detail.length, 300);
});
