import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openAuditStore } from '../../shared/storage/audit.ts';
import { openFailureBoard } from '../../shared/storage/failed-sign-ins.ts';
import { openInitialAccessTokens } from '../../shared/storage/initial-access-tokens.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { basic, fetchToken, type Instance, manage, startInstance } from '../support/instance.ts';

export const LOCAL_ONLY = 'fails to sign in until its address is slowed, and reads storage';

const DAY_MS = 86_400_000;

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

test('an instance that is killed loses no change from the trail, and no token of more than a second ago', async () => {
  const storage = await testStorage();
  const instance = await startInstance(storage);
  const admin = await manage(instance);
  const { id, secret } = await admin.registerClient([]);
  await fetchToken(instance.url, id, secret);
  await delay(1000);
  await admin.send('PATCH', `/registry/v1/clients/${id}`, { enabled: false }, { 'if-match': '*' });
  await instance.kill();
  const reader = await manage(await startInstance(storage));
  const answer = await reader.send('GET', `/registry/v1/audit?object=${id}`);
  const { items } = (await answer.json()) as { items: Entry[] };
  assert.deepEqual(
    items.map(({ action, outcome }) => [action, outcome]),
    [
      ['client.disable', 'success'],
      ['token.issue', 'success'],
      ['client.create', 'success'],
    ],
  );
});

test('the daily timer removes what is older than the retention, and nothing younger', async () => {
  const storage = await testStorage();
  const tables = openTables(storage);
  const trail = openAuditStore(tables);
  const entry = (id: string, time: number) => ({
    id,
    time,
    actor: '',
    action: 'token.issue',
    object: { type: 'client', name: id },
    address: '',
    outcome: 'success' as const,
    reason: '',
    invocationId: '',
    detail: '',
  });
  const now = Date.now();
  await trail.append([entry('old', now - 3 * DAY_MS), entry('young', now - DAY_MS)]);
  const board = openFailureBoard(tables, 'ended');
  await board.exchange(new Map([['203.0.113.7', []]]), now - 2 * 3_600_000, now);
  const invitations = openInitialAccessTokens(tables);
  for (const [tokenId, days] of [
    ['expired-long-ago', 31],
    ['expired', 29],
  ] as const) {
    await invitations.create({
      ...{ tokenId, description: '', hash: '', subscription: 'flowgateiflmap' },
      ...{ limits: { grantTypes: [], scopes: [] }, mostClients: 1, registered: 0, createdAt: 0 },
      expiresAt: now - days * DAY_MS,
    });
  }
  const instance = await startInstance(storage, { FLOWGATE_AUDIT_RETENTION_DAYS: '2' });
  const started = await fetch(`${instance.url}/admin/functions/delete-expired-logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"input":""}',
  });
  assert.equal(started.status, 202);
  const left = async (): Promise<string[]> => {
    const ids: string[] = [];
    for await (const record of trail.scan(0, now)) ids.push(...record.entries.map(({ id }) => id));
    return ids.filter((id) => id === 'old' || id === 'young');
  };
  const rows = async (): Promise<number> =>
    (await openFailureBoard(tables, 'reader').exchange(new Map(), now, 0)).length;
  const invited = async (): Promise<string[]> =>
    (await invitations.list({ after: undefined, limit: 10 })).items.map(({ tokenId }) => tokenId);
  // The last of what the timer does.
  for (let tries = 0; tries < 100 && (await invited()).length > 1; tries += 1) await delay(50);
  assert.deepEqual(await left(), ['young']);
  assert.equal(await rows(), 0);
  assert.deepEqual(await invited(), ['expired']);
});
