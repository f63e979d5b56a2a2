import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { type Instance, type Management, manage } from '../support/instance.ts';
import { movableClock } from '../support/movable-clock.ts';
import {
  askFlow,
  askToken,
  countMessages,
  eventually,
  helloFlow,
  startAt,
  tokenIn,
} from './system.ts';

const clock = movableClock();
let storage: TestStorage;
let one: Instance;
let admin: Management;

before(async () => {
  storage = await testStorage();
  one = await startAt(storage, storage.connectionString);
  admin = await manage(one);
});

test('an instance that was frozen grants nothing that was taken away meanwhile', async (t) => {
  const frozen = await startAt(storage, storage.connectionString, clock.env);
  t.after(() => frozen.kill());
  assert.equal(await admin.deploy('Ending', helloFlow('Ending', '/ending')), 'SUCCESS');
  assert.equal(await admin.deploy('Staying', helloFlow('Staying', '/staying')), 'SUCCESS');
  const names = ['disabled', 'deleted', 'stripped', 'untouched'] as const;
  const clients = await Promise.all(
    names.map(async (name) => {
      const { id, secret } = await admin.registerClient();
      const token = tokenIn(await askToken(frozen.url, id, secret));
      for (const path of ['/staying', '/ending']) {
        assert.equal((await askFlow(frozen.url, path, token)).status, 200);
      }
      return [name, { id, secret, token }] as const;
    }),
  );
  const { disabled, deleted, stripped, untouched } = Object.fromEntries(clients) as Record<
    (typeof names)[number],
    { id: string; secret: string; token: string }
  >;

  process.kill(frozen.pid, 'SIGSTOP');
  const any = { 'if-match': '*' };
  const users = '/registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users';
  const changes = await Promise.all([
    admin.send('PATCH', `/registry/v1/clients/${disabled.id}`, { enabled: false }, any),
    admin.send('DELETE', `/registry/v1/clients/${deleted.id}`, undefined, any),
    admin.send('DELETE', `${users}/oauth_client_${stripped.id}`),
    admin.send('DELETE', "/api/v1/IntegrationRuntimeArtifacts('Ending')"),
  ]);
  assert.deepEqual(
    changes.map(({ status }) => status),
    [200, 204, 204, 202],
  );
  // These reach the instance while it is frozen, and are the first that it looks at when it goes on.
  const answers = Promise.all([
    askFlow(frozen.url, '/staying', disabled.token),
    askToken(frozen.url, disabled.id, disabled.secret),
    askFlow(frozen.url, '/staying', deleted.token),
    askToken(frozen.url, deleted.id, deleted.secret),
    askFlow(frozen.url, '/staying', stripped.token),
    askFlow(frozen.url, '/ending', untouched.token),
    askFlow(frozen.url, '/staying', untouched.token),
  ]);
  await sleep(300);
  // As if it had been frozen for that long: outage.long.ts waits in real time.
  clock.set(26_000);
  process.kill(frozen.pid, 'SIGCONT');
  assert.deepEqual(
    (await answers).map(({ status }) => status),
    [401, 401, 401, 401, 403, 404, 200],
  );
});

test('an instance that is killed amid traffic loses no change that it has answered, and another goes on', async () => {
  assert.equal(await admin.deploy('Amid', helloFlow('Amid', '/amid')), 'SUCCESS');
  const client = await admin.registerClient();
  const victim = await startAt(storage, storage.connectionString);
  const management = await manage(victim);
  const token = tokenIn(await askToken(victim.url, client.id, client.secret));

  const made: string[] = [];
  const unanswered: string[] = [];
  let messages = 0;
  const killing = new AbortController();
  const untilKilled = async (work: (round: number) => Promise<void>): Promise<void> => {
    for (let round = 0; !killing.signal.aborted; round += 1) {
      await work(round).catch((error: unknown) => {
        if (!killing.signal.aborted) throw error;
      });
    }
  };
  const traffic = Promise.all([
    untilKilled(async (round) => {
      const id = `amid-${round}`;
      unanswered.push(id);
      const response = await management.send('POST', '/registry/v1/clients', { client_id: id });
      assert.equal(response.status, 201);
      await response.text();
      made.push(id);
    }),
    untilKilled(async () => {
      assert.equal((await askToken(victim.url, client.id, client.secret)).status, 200);
    }),
    untilKilled(async () => {
      assert.equal((await askFlow(victim.url, '/amid', token)).status, 200);
      messages += 1;
    }),
  ]);
  const until = Date.now() + 60_000;
  while (made.length <= 5 || messages <= 50) {
    assert.ok(Date.now() < until, `${made.length} clients, ${messages} messages`);
    await sleep(50);
  }
  killing.abort();
  await victim.kill();
  await traffic;

  const next = await startAt(storage, storage.connectionString);
  assert.equal((await askFlow(next.url, '/amid', token)).status, 200, 'its tokens are good');
  const successor = await manage(next);
  for (const id of made) {
    const found = await successor.send('GET', `/registry/v1/clients/${id}`);
    assert.equal(found.status, 200, id);
    await found.text();
  }
  // What was under way is there as a whole or not at all: it can be registered, or is in the way.
  for (const id of unanswered.filter((each) => !made.includes(each))) {
    const again = await successor.send('POST', '/registry/v1/clients', { client_id: id });
    assert.ok([201, 409].includes(again.status), `${id}: ${again.status}`);
    await again.text();
  }
  for (const id of [made[0], made.at(-1)]) {
    const audit = await successor.send('GET', `/registry/v1/audit?object=${id ?? ''}`);
    const { items } = (await audit.json()) as { items: { action: string; outcome: string }[] };
    assert.deepEqual(
      items.map(({ action, outcome }) => [action, outcome]),
      [['client.create', 'success']],
    );
  }
  await eventually(5000, async () => {
    const logged = await countMessages(successor, 'Amid');
    assert.ok(logged > 1, String(logged));
  });
  await next.stop();
});
