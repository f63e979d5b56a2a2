import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEntry } from '../../../shared/registry/audit/audit-entry.ts';
import { createAuditReader } from '../../../shared/registry/audit/audit-reader.ts';
import { ROUTES } from '../../../shared/registry/api/registry-api.ts';
import { auditedChange } from '../../../shared/registry/api/audited-changes.ts';
import type { Answer } from '../../support/call.ts';
import { AUDIT_RETENTION_MS, itemsOf, openRegistry, subscriptions } from '../registry.ts';

const items = (answer: Answer) => answer.json()['items'] as Record<string, unknown>[];
const asLines = { accept: 'application/x-ndjson' };

function someEntry(id: string, time: number, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id,
    time,
    actor: 'oauth_client_admin',
    action: 'token.issue',
    object: { type: 'client', name: 'app' },
    address: '203.0.113.7',
    outcome: 'success',
    reason: '',
    invocationId: 'i',
    detail: '',
    ...more,
  };
}

test('every change is listed with who, what, when, from where, outcome and reason, newest first', async () => {
  const { clock, send } = await openRegistry();
  const made = await send('POST', '/clients', { client_id: 'app', client_secret: 'x'.repeat(20) });
  const any = { 'if-match': '*' };
  const steps: [string, string, unknown?, Record<string, string>?][] = [
    ['PATCH', '/clients/app', { enabled: false }, any],
    ['PATCH', '/clients/app', { enabled: true, description: 'Again' }, any],
    ['PUT', '/clients/app', { description: 'Other' }, any],
    ['PATCH', '/clients/app', { enabled: false }, { 'if-match': '"stale"' }],
    ['POST', '/clients/app/secrets'],
    ['PUT', `/subscriptions/${subscriptions.iflmap}/roles/Orders.read`],
    ['PUT', `/subscriptions/${subscriptions.iflmap}/roles/Orders.read/users/oauth_client_app`],
    ['DELETE', `/subscriptions/${subscriptions.iflmap}/roles/Orders.read/users/oauth_client_app`],
    ['DELETE', `/subscriptions/${subscriptions.iflmap}/roles/Orders.read`],
    ['DELETE', '/clients/app', undefined, any],
    ['DELETE', '/clients/app', undefined, any],
  ];
  const statuses: number[] = [];
  for (const step of steps) {
    clock.advance(1000);
    statuses.push((await send(...step)).status);
  }
  assert.deepEqual(statuses, [200, 200, 200, 412, 201, 201, 204, 204, 204, 204, 404]);
  const answer = await send('GET', '/audit');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const listed = items(answer);
  assert.deepEqual(
    listed.map(({ action, outcome, reason, object, detail }) => {
      const { type, name } = object as { type: string; name: string };
      return [action, outcome, reason, `${type} ${name}`, detail]
        .join(' | ')
        .replace(/secret \S+$/, 'secret …');
    }),
    [
      'client.delete | failure | not_found | client app | ',
      'client.delete | success |  | client app | ',
      `role.delete | success |  | role Orders.read | in ${subscriptions.iflmap}`,
      `role.unassign | success |  | user oauth_client_app | Orders.read in ${subscriptions.iflmap}`,
      `role.assign | success |  | user oauth_client_app | Orders.read in ${subscriptions.iflmap}`,
      `role.create | success |  | role Orders.read | in ${subscriptions.iflmap}`,
      'secret.add | success |  | client app | secret …',
      'client.change | failure | precondition_failed | client app | ',
      'client.change | success |  | client app | description',
      'client.enable | success |  | client app | description, enabled',
      'client.disable | success |  | client app | enabled',
      `client.create | success |  | client app | in ${subscriptions.iflmap}`,
    ],
  );
  const created = listed.at(-1);
  assert.deepEqual(
    [created?.['actor'], created?.['address'], created?.['time']],
    ['AuthGroup.Administrator', '127.0.0.1', made.json()['created_at']],
  );
  assert.match(String(created?.['id']), /^[0-9a-f-]{36}$/);
  assert.match(String(created?.['invocation_id']), /^[0-9a-f-]{36}$/);
  const secrets = [made.json()['client_secret'], 'x'.repeat(20)];
  for (const secret of secrets) assert.ok(!answer.text.includes(String(secret)));
});

test('every changing operation of the registry has an action of its own', () => {
  for (const { path, operations } of ROUTES) {
    for (const method of Object.keys(operations).filter((name) => name !== 'GET')) {
      const { action } = auditedChange(method, path, ['a', 'b', 'c']);
      assert.doesNotMatch(action, /^registry\./, `${method} ${path}`);
    }
  }
  assert.deepEqual(auditedChange('PUT', 'new/*', ['x']), {
    action: 'registry.put',
    object: { type: 'new/*', name: 'x' },
  });
});

test('administrators and readers may see the trail, developers and strangers not', async () => {
  const { send } = await openRegistry();
  const as = (role: string) =>
    send('GET', '/audit', undefined, { authorization: `Bearer ${role}` });
  assert.equal((await as('AuthGroup.Administrator')).status, 200);
  assert.equal((await as('AuthGroup.ReadOnly')).status, 200);
  assert.equal((await as('AuthGroup.IntegrationDeveloper')).status, 403);
  assert.equal((await as('ESBMessaging.send')).status, 403);
  assert.equal((await send('GET', '/audit', undefined, { authorization: '' })).status, 401);
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    assert.equal((await send(method, '/audit')).status, 405, method);
  }
});

test('the trail is found by time, actor, object and action, on any instance at once', async () => {
  const { clock, log, another, send } = await openRegistry();
  const now = clock.now();
  await log.append([
    someEntry('a', now - 3000, { actor: 'oauth_client_a', object: { type: 'client', name: 'a' } }),
    someEntry('b', now - 2000, { actor: 'oauth_client_b' }),
    someEntry('c', now - 1000, { action: 'token.refuse' }),
  ]);
  const find = async (query: string) =>
    itemsOf(await another().send('GET', `/audit?${query}`), 'id');
  const at = (ms: number) => encodeURIComponent(new Date(now - ms).toISOString());
  assert.deepEqual(await find(''), ['c', 'b', 'a']);
  assert.deepEqual(await find(`from=${at(2000)}`), ['c', 'b']);
  assert.deepEqual(await find(`to=${at(2000)}`), ['a'], 'exclusive');
  assert.deepEqual(await find(`from=${at(2000)}&to=${at(1000)}`), ['b']);
  assert.deepEqual(await find(`from=${at(0)}&to=${at(1000)}`), []);
  assert.deepEqual(await find('actor=oauth_client_b'), ['b']);
  assert.deepEqual(await find('object=a'), ['a']);
  assert.deepEqual(await find('object=A'), [], 'case counts');
  assert.deepEqual(await find('action=token.refuse'), ['c']);
  assert.deepEqual(await find('actor=oauth_client_a&action=token.refuse'), []);
  assert.deepEqual(await find(`from=2029-12-31T23:59:57%2B00:00`), ['c', 'b', 'a']);
  for (const query of [
    'from=yesterday',
    'to=2030-01-01',
    'from=1&from=2',
    'limit=0',
    'limit=201',
    'cursor=x',
    `actor=${'x'.repeat(301)}`,
  ]) {
    assert.equal((await send('GET', `/audit?${query}`)).status, 400, query);
  }
});

test('pages lead through entries of many instances without gap or repetition', async () => {
  const { clock, log, send } = await openRegistry();
  const now = clock.now();
  const all = Array.from({ length: 95 }, (_, i) =>
    someEntry(String(i).padStart(3, '0'), now - Math.floor(i / 3) * 1000),
  );
  // Records overlap in time, as those of three instances do, and some share a millisecond.
  for (let part = 0; part < 3; part += 1) await log.append(all.filter((_, i) => i % 3 === part));
  const ids: unknown[] = [];
  let cursor: string | null = '';
  do {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const answer = await send('GET', `/audit?limit=10${query}`);
    ids.push(...itemsOf(answer, 'id'));
    cursor = answer.json()['next_cursor'] as string | null;
  } while (cursor !== null);
  const expected = all
    .toSorted((a, b) => b.time - a.time || (a.id < b.id ? 1 : -1))
    .map(({ id }) => id);
  assert.deepEqual(ids, expected);
  const page = await send('GET', '/audit?limit=10');
  const next = String(page.json()['next_cursor']);
  assert.equal((await send('GET', `/audit?actor=x&cursor=${next}`)).status, 400, 'of another list');
});

test('the export is one JSON object to a line, bounded, and its Link header leads on (RFC 8288)', async () => {
  const { clock, log, send } = await openRegistry();
  const now = clock.now();
  await log.append(
    Array.from({ length: 5 }, (_, i) => someEntry(`e${i}`, now - i, { detail: '\n' })),
  );
  const first = await send('GET', '/audit?limit=3&object=app', undefined, asLines);
  assert.equal(first.headers.get('content-type'), 'application/x-ndjson');
  assert.ok(first.text.endsWith('}\n'));
  const lines = first.text.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { id: string }).id),
    ['e0', 'e1', 'e2'],
  );
  const link = /^<\/registry\/v1(\/audit\?[^>]+)>; rel="next"$/.exec(
    first.headers.get('link') ?? '',
  );
  const second = await send('GET', link?.[1] ?? '', undefined, { accept: 'application/jsonl' });
  assert.equal(second.headers.get('content-type'), 'application/jsonl');
  assert.equal(second.text.trimEnd().split('\n').length, 2);
  assert.equal(second.headers.get('link'), null);
  assert.equal((await send('GET', '/audit?limit=5000', undefined, asLines)).status, 200);
  assert.equal((await send('GET', '/audit?limit=5001', undefined, asLines)).status, 400);
  const none = await send('GET', '/audit?object=nobody', undefined, asLines);
  assert.deepEqual([none.status, none.text], [200, '']);
});

test('an entry whose outcome was written later is listed once, with its outcome', async () => {
  const { clock, log, send } = await openRegistry();
  const now = clock.now();
  const begun = someEntry('x', now, { outcome: 'unknown' });
  await log.append([begun]);
  assert.deepEqual(itemsOf(await send('GET', '/audit'), 'outcome'), ['unknown']);
  await log.append([{ ...begun, outcome: 'success' }, someEntry('y', now - 1)]);
  assert.deepEqual(itemsOf(await send('GET', '/audit'), 'id'), ['x', 'y']);
  assert.deepEqual(itemsOf(await send('GET', '/audit'), 'outcome'), ['success', 'success']);
});

test('what is searched in vain is searched page by page, so that no request reads the whole trail', async () => {
  const { clock, log } = await openRegistry();
  const now = clock.now();
  for (let i = 0; i < 4; i += 1) await log.append([someEntry(`e${i}`, now - i * 1000)]);
  const reader = createAuditReader(
    log,
    { flush: () => Promise.resolve() },
    clock,
    AUDIT_RETENTION_MS,
    2,
  );
  const query = { from: 0, to: Infinity, limit: 10, object: 'nobody' };
  const first = await reader.query(query);
  assert.deepEqual(first, { entries: [], next: { time: now - 2000, id: '~' } });
  assert.deepEqual(await reader.query({ ...query, after: first.next }), {
    entries: [],
    next: undefined,
  });
  const found = await reader.query({ ...query, object: 'app', after: first.next });
  assert.deepEqual(
    found.entries.map(({ id }) => id),
    ['e2', 'e3'],
  );
});

test('entries beyond the retention are neither shown nor kept', async () => {
  const { clock, log, send } = await openRegistry();
  const kept = clock.now() - AUDIT_RETENTION_MS;
  await log.append([someEntry('old', kept - 1), someEntry('young', kept + 1)]);
  assert.deepEqual(itemsOf(await send('GET', '/audit'), 'id'), ['young']);
  assert.equal(await log.deleteBefore(kept), 1);
  assert.equal(await log.deleteBefore(kept), 0);
});
