import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import {
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

export const LOCAL_ONLY = 'lets one of two instances fall behind';

const ID = 'registered.anew';
const ROLE =
  '/registry/v1/subscriptions/flowgatetmn/roles/AuthGroup.ReadOnly/users/oauth_client_' + ID;

let one: Instance;
let other: Instance;
let admin: Management;

before(async () => {
  const storage = await testStorage();
  [one, other] = await Promise.all([startInstance(storage), startInstance(storage)]);
  admin = await manage(one);
});

/** Registers the client with a role that lets it read the registry. @returns its secret. */
async function register(): Promise<string> {
  const members = { client_id: ID, subscription: 'flowgatetmn' };
  const made = await admin.send('POST', '/registry/v1/clients', members);
  assert.equal(made.status, 201);
  assert.equal((await admin.send('PUT', ROLE)).status, 204);
  return ((await made.json()) as { client_secret: string }).client_secret;
}

async function read(token: string): Promise<string> {
  const response = await fetch(`${one.url}/registry/v1/clients`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { reason = 'let in' } = (await response.json()) as { reason?: string };
  return `${response.status} ${reason}`;
}

test('what an instance that has not heard of a deletion still issues is not good for the client that is registered under the id since', async () => {
  const oldSecret = await register();
  const before = await fetchToken(one.url, ID, oldSecret);
  await fetchToken(other.url, ID, oldSecret);
  assert.equal(await read(before), '200 let in');

  const any = { 'if-match': '*' };
  const gone = await admin.send('DELETE', `/registry/v1/clients/${ID}`, undefined, any);
  assert.equal(gone.status, 204);
  const secret = await register();
  assert.equal(await read(before), '401 revoked');
  // The other instance has not heard of it and still knows the old secret: what it issues is for
  // the registration that it knows.
  const late = await fetchToken(other.url, ID, oldSecret);
  assert.equal(await read(late), '401 revoked');
  await assert.rejects(fetchToken(one.url, ID, oldSecret), /invalid_client/);

  const after = await fetchToken(one.url, ID, secret);
  assert.equal(await read(after), '200 let in');
});
