import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { basic, fetchToken, type Instance, manage, startInstance } from '../support/instance.ts';

let storage: TestStorage;
let one: Instance;
let other: Instance;

before(async () => {
  storage = await testStorage();
  [one, other] = await Promise.all([startInstance(storage), startInstance(storage)]);
});

async function signIn({ url }: Instance, id: string, secret: string): Promise<Response> {
  const response = await fetch(`${url}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
  });
  await response.clone().arrayBuffer();
  return response;
}

interface Entry {
  readonly action: string;
  readonly actor: string;
  readonly object: { readonly type: string; readonly name: string };
  readonly address: string;
  readonly outcome: string;
  readonly reason: string;
  readonly invocation_id: string;
}

test('thirty failures on one instance slow nobody; one more slows the address on both, and all is in the trail', async () => {
  const admin = await manage(one);
  const client = await admin.registerClient();
  const token = await fetchToken(one.url, client.id, client.secret);

  const guesses = Array.from({ length: 30 }, (_, i) => signIn(one, `nobody-${i}`, client.secret));
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  assert.deepEqual(statuses, Array<number>(30).fill(401));
  assert.equal((await signIn(one, client.id, client.secret)).status, 200);

  const slowed = await signIn(one, client.id, 'a-wrong-secret-of-some-length');
  assert.equal(slowed.status, 429);
  const wait = Number(slowed.headers.get('retry-after'));
  assert.ok(wait >= 1 && wait <= 60, `Retry-After: ${wait}`);
  const body = (await slowed.json()) as { error: string; error_description: string };
  assert.equal(body.error, 'temporarily_unavailable');
  assert.equal((await signIn(one, client.id, client.secret)).status, 429);

  const registry = await admin.send('GET', '/registry/v1/clients');
  assert.equal(registry.status, 429);
  assert.equal(registry.headers.get('content-type'), 'application/problem+json');
  const api = await admin.send('GET', '/api/v1/IntegrationPackages');
  assert.equal(api.status, 429);
  assert.equal(((await api.json()) as { error: { code: string } }).error.code, 'Too Many Requests');
  const headers = { authorization: `Bearer ${token}` };
  const message = await fetch(`${one.url}/http/nothing-here`, { headers });
  assert.equal(message.status, 404, 'messages are not slowed');

  // The other instance has seen no failure: a right sign-in asks no storage, a wrong one does.
  assert.equal((await signIn(other, client.id, client.secret)).status, 200);
  assert.equal((await signIn(other, client.id, 'a-wrong-secret-of-some-length')).status, 429);
  assert.equal((await signIn(other, client.id, client.secret)).status, 429);

  // Ended properly, they leave nothing unwritten; a third instance reads the trail.
  await Promise.all([one.stop(), other.stop()]);
  const reader = await manage(await startInstance(storage));
  const answer = await reader.send('GET', '/registry/v1/audit?limit=200');
  const text = await answer.text();
  const { items } = JSON.parse(text) as { items: Entry[] };
  const count = (action: string, outcome: string, reason = ''): number =>
    items.filter((e) => e.action === action && e.outcome === outcome && e.reason === reason).length;
  assert.equal(count('token.issue', 'failure', 'unknown_client'), 30);
  assert.equal(count('token.issue', 'failure', 'wrong_secret'), 2);
  assert.equal(count('throttle', 'failure', 'too_many_failures'), 2, 'once on each instance');
  assert.equal(count('client.create', 'success'), 2, 'the first administrator and the client');
  assert.equal(count('role.assign', 'success'), 1);
  assert.equal(count('key.create', 'success'), 1);
  const issued = items.filter((e) => e.action === 'token.issue' && e.object.name === client.id);
  assert.equal(issued.filter((e) => e.actor === `oauth_client_${client.id}`).length, 3);
  assert.ok(issued.every((e) => e.address !== '' && e.invocation_id !== ''));
  assert.ok(![client.secret, token].some((secret) => text.includes(secret)));
});

test('a change of an instance that is killed at once is in the trail', async () => {
  const storage = await testStorage();
  const instance = await startInstance(storage);
  const client = await (await manage(instance)).registerClient([]);
  await instance.kill();
  const reader = await manage(await startInstance(storage));
  const answer = await reader.send('GET', `/registry/v1/audit?object=${client.id}`);
  const { items } = (await answer.json()) as { items: Entry[] };
  assert.deepEqual(
    items.map(({ action, outcome }) => [action, outcome]),
    [['client.create', 'success']],
  );
});
