import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createClientStore } from '../../shared/storage/clients.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';
import { manage, startInstance } from '../support/instance.ts';
import { someClient } from '../support/oauth.ts';

export const LOCAL_ONLY = 'runs the timer of two instances over one storage, and reads their logs';

const DAY_MS = 86_400_000;

test('the timers of two instances warn of a secret once, in the audit trail and in the log', async () => {
  const storage = await testStorage();
  const logs: string[] = [];
  const start = () => startInstance(storage, {}, { onLog: (text) => void logs.push(text) });
  const [one, other] = await Promise.all([start(), start()]);
  const admin = await manage(one);
  const [createdAt, expiresAt] = [Date.now() - 90 * DAY_MS, Date.now() + 6.5 * DAY_MS];
  const secret = { secretId: 's1', lastFour: 'w3iE', createdAt, expiresAt };
  const secrets = [{ ...secret, kind: 'sha256', hash: 'x' }] as const;
  await createClientStore(openTables(storage)).create(someClient({ secrets }));

  const warn = async (): Promise<void> => {
    for (const { url } of [one, other]) {
      const started = await fetch(`${url}/admin/functions/warn-of-expiring-secrets`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"input":""}',
      });
      assert.equal(started.status, 202);
    }
  };
  const listed = async () => {
    const answer = await admin.send('GET', '/registry/v1/audit?action=secret.expiring');
    const { items } = (await answer.json()) as {
      items: { actor: string; object: { name: string }; detail: string }[];
    };
    return items;
  };
  await warn();
  for (let tries = 0; tries < 100 && (await listed()).length === 0; tries += 1) await delay(100);
  await warn();
  // Another warning would have come by then.
  await delay(1500);

  assert.deepEqual(
    (await listed()).map(({ actor, object, detail }) => [
      actor,
      object.name,
      /within 7 days/.test(detail),
    ]),
    [['system', 'app', true]],
  );
  const countOf = (text: string): number => logs.join('').split(text).length - 1;
  assert.equal(countOf('"event":"secret.expiring","client_id":"app","secret_id":"s1"'), 1);
  const expiring = await admin.send('GET', '/registry/v1/clients?expiring_within=7');
  const { items: clients } = (await expiring.json()) as { items: { client_id: string }[] };
  assert.deepEqual(
    clients.map(({ client_id }) => client_id),
    ['app'],
  );
  await one.stop();
  await other.stop();
});
