import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { type AzuriteOptions, type RunningAzurite, startAzurite } from '../support/azurite.ts';
import { freshFolder } from '../support/folders.ts';
import { ADMIN, type Instance, type Management, manage } from '../support/instance.ts';
import {
  ask,
  askFlow,
  askToken,
  assertStorageAway,
  countMessages,
  eventually,
  helloFlow,
  startAt,
  tokenIn,
} from './system.ts';

interface World {
  readonly azurite: RunningAzurite;
  readonly location: string;
  readonly instance: Instance;
  readonly admin: Management;
  readonly client: { readonly id: string; readonly secret: string };
  readonly token: string;
}

/** An Azurite of its own that keeps its data on disk, and an instance with an iFlow on it. */
async function startWorld(t: TestContext, options: AzuriteOptions = {}): Promise<World> {
  const location = await freshFolder(t);
  const azurite = await startAzurite({ ...options, location });
  t.after(() => azurite.stop());
  const storage = { connectionString: azurite.connectionString, prefix: 'tfault' };
  const instance = await startAt(storage, azurite.connectionString);
  t.after(() => instance.kill());
  const admin = await manage(instance);
  assert.equal(await admin.deploy('Hello', helloFlow('Hello', '/hello')), 'SUCCESS');
  const client = await admin.registerClient();
  const token = tokenIn(await askToken(instance.url, client.id, client.secret));
  assert.equal((await askFlow(instance.url, '/hello', token)).status, 200);
  return { azurite, location, instance, admin, client, token };
}

test('storage that ends and is started again: messages go on, nothing that was answered is lost, and nobody has to help', async (t) => {
  const { azurite, location, instance, admin, client, token } = await startWorld(t);
  const before = await countMessages(admin, 'Hello');
  azurite.process.removeAllListeners('exit');
  const ended = once(azurite.process, 'exit');
  azurite.process.kill('SIGTERM');
  await ended;
  let sent = 0;
  for (const until = performance.now() + 2000; performance.now() < until; sent += 1) {
    assert.equal((await askFlow(instance.url, '/hello', token)).status, 200);
    assert.equal((await askToken(instance.url, client.id, client.secret)).status, 200);
    await sleep(20);
  }
  const again = await startAzurite({ location, ports: azurite.ports });
  t.after(() => again.stop());
  const took = await eventually(10_000, async () => {
    assert.equal((await ask(`${instance.url}/health/ready`)).status, 200);
    assert.equal((await admin.send('GET', `/registry/v1/clients/${client.id}`)).status, 200);
  });
  assert.ok(took < 5000, `${took} ms`);
  await eventually(8000, async () => {
    assert.equal(await countMessages(admin, 'Hello'), before + sent);
  });
});

test('storage that is frozen: what is warm goes on, all else is 503 in seconds, and it goes on by itself', async (t) => {
  const { azurite, instance, client, token } = await startWorld(t);
  const wake = (): boolean => azurite.process.kill('SIGCONT');
  t.after(wake);
  azurite.process.kill('SIGSTOP');
  const cold = askToken(instance.url, ADMIN.id.concat('x'), ADMIN.secret);
  for (let i = 0; i < 20; i += 1) {
    const message = await askFlow(instance.url, '/hello', token);
    assert.equal(message.status, 200);
    assert.ok(message.ms < 1000, `${message.ms} ms`);
    assert.equal((await askToken(instance.url, client.id, client.secret)).status, 200);
  }
  assertStorageAway(await cold);
  wake();
  await eventually(5000, async () => {
    assert.equal((await ask(`${instance.url}/health/ready`)).status, 200);
  });
});

test('a full disk under storage: uploads are 503, nothing of them is there, all else works, and so do uploads once there is room', async (t) => {
  // A limit on the size of its files is to Azurite what a full disk is; on a small tmpfs it does the same.
  const prelude = 'ulimit -S -f 3000';
  const { azurite, instance, admin, client, token } = await startWorld(t, { prelude });
  const authorization = `Bearer ${tokenIn(await askToken(instance.url, ADMIN.id, ADMIN.secret))}`;
  const upload = (id: string) => {
    const step = { type: 'script', name: 'Hello', fileName: 'script1.js' } as const;
    const source = `// ${randomBytes(300_000).toString('base64')}`;
    const bundle = buildBundle({ id, name: id, address: `/${id}`, steps: [{ ...step, source }] });
    const content = Buffer.from(bundle).toString('base64');
    return ask(`${instance.url}/api/v1/IntegrationDesigntimeArtifacts`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({
        Id: id,
        Name: id,
        PackageId: 'TestPackage',
        ArtifactContent: content,
      }),
    });
  };
  let refused = '';
  for (let i = 0; i < 8 && refused === ''; i += 1) {
    const outcome = await upload(`Big${i}`);
    if (outcome.status === 201) continue;
    assertStorageAway(outcome);
    refused = `Big${i}`;
  }
  assert.notEqual(refused, '', 'the disk was full');
  const artifact = `/api/v1/IntegrationDesigntimeArtifacts(Id='${refused}',Version='active')`;
  assert.equal((await admin.send('GET', artifact)).status, 404);
  assert.equal((await askFlow(instance.url, '/hello', token)).status, 200);
  assert.equal((await askToken(instance.url, client.id, client.secret)).status, 200);
  assert.equal((await ask(`${instance.url}/health/live`)).status, 200);

  execFileSync('prlimit', [`--pid=${azurite.process.pid ?? 0}`, '--fsize=unlimited']);
  await eventually(10_000, async () => {
    assert.equal((await upload(refused)).status, 201);
  });
  assert.equal((await admin.send('GET', artifact)).status, 200);
});
