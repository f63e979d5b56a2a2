import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAzureIdentity } from '../support/azure-identity.ts';
import { testStorage } from '../support/azurite.ts';
import { ADMIN, basic, startInstance } from '../support/instance.ts';
import { runMainJob } from '../support/main-job.ts';

export const LOCAL_ONLY = 'starts an instance on storage of its own that takes tokens';

test('the main job works with nothing but the app’s managed identity to reach storage', async (t) => {
  const storage = await testStorage();
  const azure = await startAzureIdentity(t, storage);
  let log = '';
  const instance = await startInstance(storage, azure.env, { onLog: (text) => (log += text) });
  await runMainJob(instance);
  await instance.stop();
  assert.ok(azure.storage.accepted > 20, `${azure.storage.accepted} calls`);
  assert.equal(azure.storage.refused, 0);
  assert.equal(azure.asked.length, 1, 'tables and blobs share one token, fetched once');
  for (const secret of azure.secrets) assert.ok(!log.includes(secret));
});

test('without the identity endpoint an instance is not ready, gives no token and says why only in its log', async (t) => {
  const storage = await testStorage();
  const azure = await startAzureIdentity(t, storage);
  const { IDENTITY_ENDPOINT: endpoint = '' } = azure.env;
  await azure.stopEndpoint();
  let log = '';
  const instance = await startInstance(storage, azure.env, { onLog: (text) => (log += text) });

  const ready = await fetch(`${instance.url}/health/ready`);
  assert.equal(ready.status, 503);
  assert.deepEqual(await ready.json(), {
    status: 'not_ready',
    checks: { storage: 'failed', clock: 'ok', signing_key: 'failed', bootstrap_client: 'failed' },
  });
  const refused = await fetch(`${instance.url}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization: basic(ADMIN.id, ADMIN.secret) },
  });
  assert.ok(refused.status >= 500, `${refused.status}`);
  const body = await refused.text();
  assert.deepEqual(azure.storage, { accepted: 0, refused: 0 }, 'storage is not called without');
  await instance.stop();
  assert.match(log, /The managed identity has no token for https:\/\/storage\.azure\.com/);
  for (const secret of azure.secrets) assert.ok(!(log + body).includes(secret));
  assert.ok(!body.includes(endpoint) && !body.includes('storage.azure.com'));
});

test('an identity that Azure refuses leaves the instance not ready and repeats nothing of the answer', async (t) => {
  const storage = await testStorage();
  const azure = await startAzureIdentity(t, storage);
  let log = '';
  const env = { ...azure.env, AzureWebJobsStorage__clientId: 'of-another-identity' };
  const instance = await startInstance(storage, env, { onLog: (text) => (log += text) });
  const ready = await fetch(`${instance.url}/health/ready`);
  assert.equal(ready.status, 503);
  await instance.stop();
  assert.match(log, /its endpoint answers 400/);
  // The endpoint's answer, not the app, repeats the header.
  for (const secret of azure.secrets) assert.ok(!log.includes(secret));
  assert.deepEqual(azure.storage, { accepted: 0, refused: 0 });
});
