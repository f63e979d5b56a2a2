import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LoadProcess } from '../../bench/load-run/load-process.ts';
import type { Kind } from '../../bench/load-run/generator.ts';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { basic, type Instance, type Management, manage } from '../support/instance.ts';
import { ask, askFlow, askToken, eventually, helloFlow, startAt, tokenIn } from './system.ts';

let storage: TestStorage;
before(async () => {
  storage = await testStorage();
});
const load = new LoadProcess();
after(() => load.stop());

const isShed = ({ status, retryAfter, text }: Awaited<ReturnType<typeof ask>>): boolean => {
  if (status === 200 || status === 204) return false;
  assert.equal(status, 503, text);
  assert.match(retryAfter ?? '', /^[1-5]$/);
  assert.match(text, /more calls than it can answer in time/);
  return true;
};

test('more calls than can be answered in time: some are 503 with Retry-After, the rest are answered, and it ends by itself', async () => {
  // Tokens that cost the instance much more than they cost whoever asks for them.
  const env = { FLOWGATE_SIGNING_ALG: 'RS256', FLOWGATE_MAX_DELAY_MS: '20' };
  const own = await testStorage();
  const instance = await startAt(own, own.connectionString, env);
  const client = await (await manage(instance)).registerClient();
  const request = [
    'POST /oauth2/api/v1/token?grant_type=client_credentials HTTP/1.1',
    'Host: localhost',
    `Authorization: ${basic(client.id, client.secret)}`,
    'Content-Length: 0',
  ].join('\r\n');
  const kind: Kind = { name: 'token', weight: 1, requests: [`${request}\r\n\r\n`], expected: 200 };
  const port = Number(new URL(instance.url).port);
  // Each sends as soon as it has its answer: fewer than FLOWGATE_MAX_CALLS, and work for half a second.
  const running = load.run({ port, kinds: [kind], milliseconds: 5000, connections: 450 });
  await sleep(2500);
  const live = await ask(`${instance.url}/health/live`);
  assert.equal(live.status, 200);
  const { total, faults } = await running;
  assert.deepEqual([total.wrong, total.shedByHost, faults], [0, 0, []]);
  assert.ok(total.shed > 0, `${total.shed} shed`);
  assert.ok(total.good > 500, `${total.good} good`);
  await eventually(5000, async () => {
    for (let i = 0; i < 20; i += 1) {
      assert.equal((await askToken(instance.url, client.id, client.secret)).status, 200);
    }
  });
  await instance.stop();
});

test('flows that take long do not count as overload, and beyond their share of the calls further messages are 503 while tokens go on', async () => {
  const instance = await startAt(storage, storage.connectionString, { FLOWGATE_MAX_CALLS: '10' });
  const admin = await manage(instance);
  const source = `function processData(message) {
    var until = Date.now() + 2500;
    while (Date.now() < until);
    return message;
  }`;
  const steps = [{ type: 'script' as const, name: 'Slow', fileName: 'script1.js', source }];
  const slow = buildBundle({ id: 'Slow', name: 'Slow', address: '/slow', steps });
  assert.equal(await admin.deploy('Slow', slow), 'SUCCESS');
  const client = await admin.registerClient();
  const token = tokenIn(await askToken(instance.url, client.id, client.secret));
  const messages = Array.from({ length: 8 }, () => askFlow(instance.url, '/slow', token));
  await sleep(500);
  const further = await Promise.all([1, 2, 3].map(() => askFlow(instance.url, '/slow', token)));
  assert.deepEqual(further.map(isShed), [true, true, true]);
  for (let i = 0; i < 20; i += 1) {
    assert.equal((await askToken(instance.url, client.id, client.secret)).status, 200);
  }
  const answers = await Promise.all(messages);
  assert.ok(answers.some(({ status }) => status === 200 || status === 204));
  assert.equal(answers.filter((answer) => /more calls/.test(answer.text)).length, 0);
  await instance.stop();
});

test('bodies beyond the memory set aside for them are 503, and come through later', async () => {
  const instance = await startAt(storage, storage.connectionString, {
    FLOWGATE_MAX_BODIES_MB: '1',
  });
  const admin: Management = await manage(instance);
  const source = `function processData(message) {
    var until = Date.now() + 1000;
    while (Date.now() < until);
    message.setBody("seen");
    return message;
  }`;
  const steps = [{ type: 'script' as const, name: 'Big', fileName: 'script1.js', source }];
  const flow = buildBundle({ id: 'Big', name: 'Big', address: '/big', steps });
  assert.equal(await admin.deploy('Big', flow), 'SUCCESS');
  assert.equal(await admin.deploy('Hello', helloFlow('Hello', '/hello')), 'SUCCESS');
  const client = await admin.registerClient();
  const token = tokenIn(await askToken(instance.url, client.id, client.secret));
  const send = (i: Instance) =>
    ask(`${i.url}/http/big`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/plain' },
      body: 'x'.repeat(2_000_000),
    });
  const first = send(instance);
  await sleep(400);
  assert.equal(isShed(await send(instance)), true);
  assert.equal((await askFlow(instance.url, '/hello', token)).status, 200);
  assert.equal((await first).text, 'seen');
  assert.equal((await send(instance)).text, 'seen', 'alone it may be larger than the bound');
  await instance.stop();
});
