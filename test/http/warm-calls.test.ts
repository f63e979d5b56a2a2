import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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

/** Calls of storage for `work`, but for what is written behind the answers. */
async function callsFor(work: () => Promise<void>): Promise<readonly string[]> {
  await work();
  calls = [];
  await work();
  return calls.filter((call) => !/audit|messagelogs|\$batch/.test(call));
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
    for (let i = 0; i < 20; i += 1) {
      await fetchToken(instance.url, client.id, client.secret);
      assert.equal(await call(good), 200);
      assert.equal(await call(revoked), 401);
      assert.equal((await send('introspect', good)).status, 200);
    }
  });
  assert.deepEqual(made, []);
});
