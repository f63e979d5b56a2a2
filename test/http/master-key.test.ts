import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import { ADMIN, fetchToken, manage, startInstance } from '../support/instance.ts';

export const LOCAL_ONLY = 'starts an instance with another master key';

test('an instance with another master key is not ready and leaves the first administrator’s secrets alone', async () => {
  const storage = await testStorage();
  const one = await startInstance(storage);
  const admin = await manage(one);
  const added = await admin.send('POST', `/registry/v1/clients/${ADMIN.id}/secrets`);
  const { client_secret: secret } = (await added.json()) as { client_secret: string };
  assert.equal(added.status, 201);

  const stranger = await startInstance(storage, {
    FLOWGATE_MASTER_KEY: Buffer.alloc(32, 'another').toString('base64'),
  });
  const ready = await fetch(`${stranger.url}/health/ready`);
  assert.equal(ready.status, 503);
  const { checks } = (await ready.json()) as { checks: unknown };
  const mismatch = 'master_key_mismatch';
  assert.deepEqual(checks, {
    storage: 'ok',
    clock: 'ok',
    signing_key: mismatch,
    bootstrap_client: mismatch,
  });
  const token = await fetchToken(one.url, ADMIN.id, ADMIN.secret);
  const listed = await fetch(`${stranger.url}/registry/v1/clients`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(listed.status, 503);
  // The other instance's cache would hide for a while that they had been replaced.
  const fresh = await startInstance(storage);
  assert.notEqual(await fetchToken(fresh.url, ADMIN.id, secret), '');
});
