import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Client, StoredSecret } from '../../shared/registry/client.ts';
import {
  expiringSecrets,
  type SecretWarning,
  warnOfExpiringSecrets,
} from '../../shared/registry/expiring-secrets.ts';
import { openOneTimeValues } from '../../shared/storage/one-time-values.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testTrail } from '../support/audit.ts';
import { testStorage } from '../support/azurite.ts';
import { testClock } from '../support/clock.ts';
import { someClient } from '../support/oauth.ts';
import { itemsOf, openRegistry } from './registry.ts';

const DAY_MS = 86_400_000;

function secretFor(days: number | undefined, now: number, secretId = 'one'): StoredSecret {
  const expiresAt = days === undefined ? undefined : now + days * DAY_MS;
  return { secretId, lastFour: '1234', createdAt: now, expiresAt, kind: 'sha256', hash: '' };
}

async function open(clients: (now: number) => readonly Client[]) {
  const storage = await testStorage();
  const clock = testClock();
  const trail = testTrail();
  const all = clients(clock.now());
  const instance = () => {
    const warnings: SecretWarning[] = [];
    const run = async (): Promise<readonly number[]> => {
      warnings.length = 0;
      await warnOfExpiringSecrets({
        // Two to a page.
        clients: {
          list: ({ after = '0' }) =>
            Promise.resolve({
              items: all.slice(Number(after), Number(after) + 2),
              next: Number(after) + 2 < all.length ? String(Number(after) + 2) : undefined,
            }),
        },
        warned: openOneTimeValues(openTables(storage)),
        trail,
        clock,
        onExpiring: (warning) => void warnings.push(warning),
      });
      return warnings.map(({ step }) => step);
    };
    return { warnings, run };
  };
  return { clock, trail, instance };
}

test('a secret is warned of 30, 7 and 1 days ahead, each once, whichever instance looks', async () => {
  const { clock, trail, instance } = await open((now) => [
    someClient({ secrets: [secretFor(40, now)] }),
  ]);
  const [one, other] = [instance(), instance()];
  const steps: number[] = [];
  for (let hour = 0; hour <= 41 * 24; hour += 6) {
    const both = await Promise.all([one.run(), other.run()]);
    steps.push(...both.flat());
    clock.advance(6 * 3_600_000);
  }
  assert.deepEqual(steps, [30, 7, 1]);
  assert.deepEqual(
    trail.events.map(({ action, actor, object }) => [action, actor, object.type, object.name]),
    Array.from({ length: 3 }, () => ['secret.expiring', 'system', 'client', 'app']),
  );
  assert.match(
    trail.events[0]?.detail ?? '',
    /^secret one \(…1234\) expires on 2027-02-10T00:00:00.000Z, within 30 days; the client has no other after it$/,
  );
});

test('only what an administrator has to act on: no endless, expired or disabled ones, no step longer than a life', async () => {
  const { instance } = await open((now) => [
    someClient({ clientId: 'endless', secrets: [secretFor(undefined, now)] }),
    someClient({ clientId: 'expired', secrets: [secretFor(-1, now)] }),
    someClient({ clientId: 'disabled', secrets: [secretFor(5, now)], enabled: false }),
    someClient({ clientId: 'short', secrets: [secretFor(5, now)] }),
    someClient({ clientId: 'none', secrets: [] }),
    someClient({
      clientId: 'moved',
      secrets: [
        { ...secretFor(5, now, 'old'), createdAt: now - 90 * DAY_MS },
        secretFor(90, now, 'new'),
      ],
    }),
  ]);
  const { run, warnings } = instance();
  await run();
  assert.deepEqual(
    warnings.map(({ clientId, secretId, step, replaced }) => [clientId, secretId, step, replaced]),
    [['moved', 'old', 7, true]],
  );
});

test('a secret whose end was moved is warned of again', async () => {
  let days = 5;
  const moving = (now: number): Client => {
    const secret = { ...secretFor(5, now), createdAt: now - 90 * DAY_MS };
    return Object.defineProperty(someClient(), 'secrets', {
      get: () => [{ ...secret, expiresAt: now + days * DAY_MS }],
    });
  };
  const { instance } = await open((now) => [moving(now)]);
  const { run } = instance();
  assert.deepEqual([await run(), await run()], [[7], []]);
  days = 6;
  assert.deepEqual([await run(), await run()], [[7], []]);
});

test('clients with a secret that expires soon are listed by expiring_within, page by page', async () => {
  const { send, clock } = await openRegistry();
  const at = (days: number): string => new Date(clock.now() + days * DAY_MS).toISOString();
  for (const [id, days] of [
    ['a', 3],
    ['b', 20],
    ['c', undefined],
    ['d', 5],
  ] as const) {
    await send('POST', '/clients', { client_id: id });
    if (days !== undefined) {
      await send('POST', `/clients/${id}/secrets`, { expires_at: at(days) });
    }
  }
  const within = async (query: string) => send('GET', `/clients?expiring_within=${query}`);
  assert.deepEqual(itemsOf(await within('7'), 'client_id'), ['a', 'd']);
  assert.deepEqual(itemsOf(await within('30'), 'client_id'), ['a', 'b', 'd']);
  assert.deepEqual(itemsOf(await within('30&q=B'), 'client_id'), ['b']);
  const first = await within('30&limit=2');
  assert.deepEqual(itemsOf(first, 'client_id'), ['a', 'b']);
  const cursor = encodeURIComponent(String(first.json()['next_cursor']));
  assert.deepEqual(itemsOf(await within(`30&cursor=${cursor}`), 'client_id'), ['d']);
  assert.equal((await within(`7&cursor=${cursor}`)).status, 400, 'of another list');
  for (const wrong of ['0', '-1', '367', '1.5', 'soon', '', '7&expiring_within=8']) {
    assert.equal((await within(wrong)).status, 400, wrong);
  }
  const listed = await send('GET', '/clients/a/secrets');
  assert.deepEqual(itemsOf(listed, 'expires_in_days').toSorted(), [3, null]);
});

test('a secret counts as expiring up to the last millisecond, and not any more when it has expired', () => {
  const now = Date.UTC(2030, 0, 1);
  const client = { secrets: [secretFor(7, now)] };
  assert.equal(expiringSecrets(client, 7, now).length, 1);
  assert.equal(expiringSecrets(client, 7, now - 1).length, 0);
  assert.equal(expiringSecrets(client, 7, now + 7 * DAY_MS - 1).length, 1);
  assert.equal(expiringSecrets(client, 7, now + 7 * DAY_MS).length, 0);
});
