import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { testStorage } from '../support/azurite.ts';
import {
  basic,
  type Credentials,
  fetchToken,
  type Instance,
  manage,
  startInstance,
} from '../support/instance.ts';
import { type StorageProxy, startStorageProxy } from '../support/storage-proxy.ts';

export const LOCAL_ONLY = 'counts the calls of storage that an instance makes';

let proxy: StorageProxy;
let instance: Instance;
let client: Credentials;
let calls: string[] = [];

before(async () => {
  const storage = await testStorage();
  proxy = await startStorageProxy(storage.connectionString, (call) => calls.push(call));
  instance = await startInstance({ ...storage, connectionString: proxy.connectionString });
  const admin = await manage(instance);
  client = await admin.registerClient();
  const source = 'function processData(message) { message.setBody("hello"); return message; }';
  const steps = [{ type: 'script' as const, name: 'Hello', fileName: 'script1.js', source }];
  const bundle = buildBundle({ id: 'Hello', name: 'Hello', address: '/hello', steps });
  assert.equal(await admin.deploy('Hello', bundle), 'SUCCESS');
});
after(() => proxy.close());

/** What an instance has read is read again behind the answers when it is older than this. */
const FRESH_MS = 10_000;

/**
 * Calls of storage for `work` within the time in which nothing has to be read again, but for what is
 * written behind the answers, and the host's leases of timers.
 */
async function callsFor(work: () => Promise<void>): Promise<readonly string[]> {
  for (let tries = 0; tries < 5; tries += 1) {
    // What is older by now is read again, and is new when this is over.
    await delay(tries === 0 ? 0 : FRESH_MS);
    const startedAt = performance.now();
    await work();
    await delay(200);
    calls = [];
    await work();
    const made = calls.filter((call) => !/audit|messagelogs|\$batch|azure-webjobs-hosts/.test(call));
    if (made.length === 0 || performance.now() - startedAt < FRESH_MS / 2) return made;
  }
  throw new Error('This machine is too slow to tell.');
}

test('warm token requests, messages and introspection touch no storage, with tokens revoked and not', async () => {
  const send = (endpoint: string, token: string): Promise<Response> =>
    fetch(`${instance.url}/oauth2/api/v1/${endpoint}`, {
      method: 'POST',
      headers: { authorization: basic(client.id, client.secret) },
      body: new URLSearchParams({ token }),
    });
  const [good, revoked] = await Promise.all(
    [1, 2].map(() => fetchToken(instance.url, client.id, client.secret)),
  );
  assert.ok(good !== undefined && revoked !== undefined);
  assert.equal((await send('revoke', revoked)).status, 200);
  const call = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${instance.url}/http/hello`, { headers })).status;
  };
  const made = await callsFor(async () => {
    for (let i = 0; i < 10; i += 1) {
      await fetchToken(instance.url, client.id, client.secret);
      assert.equal(await call(good), 200);
      assert.equal(await call(revoked), 401);
      assert.equal((await send('introspect', good)).status, 200);
    }
  });
  assert.deepEqual(made, []);
});
