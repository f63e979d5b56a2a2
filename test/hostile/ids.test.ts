import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FORM, membersOf, TOKEN_PATH } from '../conformance/deployment.ts';
import { basic } from '../support/instance.ts';
import { sendRaw, wire } from '../support/raw-http.ts';
import { assertClear, deployOnTwo, type TwoInstances } from './two-instances.ts';

export const LOCAL_ONLY =
  'fails to sign in more often than an address may, and compares all that is stored';

/** Ids that storage, paths, logs or regular expressions might stumble over. */
const IDS = [
  'a/b',
  'a\\b',
  'a#b',
  'a?b',
  'a%b',
  'a%2Fb',
  'a%00b',
  'a\u0000b',
  'a\r\nb',
  '..',
  '.',
  '../../keys',
  '😀',
  'ä',
  '\u202etxt',
  "' or PartitionKey ne '",
  '$filter=true',
  '__proto__',
  'constructor',
  'a|b!c',
  ' ',
  '*',
  'x'.repeat(101),
  'x'.repeat(10_240),
];

/** Of those the ones that a client may have. */
const POSSIBLE = ['__proto__', 'constructor'];

let deployment: TwoInstances;

before(async () => {
  deployment = await deployOnTwo();
});

const shown = (id: string): string => JSON.stringify(id).slice(0, 60);

test('at the token endpoint each is a client that does not exist, in the header and in the body', async () => {
  const before = await deployment.stored();
  const answers = new Set<string>();
  const attempt = async (id: string, index: number): Promise<void> => {
    const url = deployment.urls[index % 2] ?? deployment.url;
    const secret = 'not-the-secret-of-anybody';
    const grant = 'grant_type=client_credentials';
    const form = new URLSearchParams({ client_id: id, client_secret: secret }).toString();
    const [inHeader, inBody] = await Promise.all([
      fetch(`${url}${TOKEN_PATH}?${grant}`, {
        method: 'POST',
        headers: { authorization: basic(id.slice(0, 5000), secret) },
      }),
      fetch(url + TOKEN_PATH, {
        method: 'POST',
        headers: { 'content-type': FORM },
        body: `${grant}&${form}`,
      }),
    ]);
    for (const response of [inHeader, inBody]) {
      assert.equal(response.status, 401, shown(id));
      answers.add(await response.text());
    }
  };
  await Promise.all(IDS.map(attempt));
  assert.equal(answers.size, 1, 'one text for all of them');
  assert.equal(await deployment.stored(), before);
  await deployment.works();
});

test('none can be registered; the registry says which characters an id has', async () => {
  const before = await deployment.stored();
  for (const id of IDS.filter((one) => !POSSIBLE.includes(one))) {
    for (const admin of [deployment.admin, deployment.otherAdmin]) {
      const response = await admin.send('POST', '/registry/v1/clients', { client_id: id });
      const text = await response.text();
      assert.equal(response.status, 422, shown(id));
      assertClear(response.status, text, shown(id));
      assert.match(text, /"pointer":"\/client_id"/);
    }
  }
  assert.equal(await deployment.stored(), before);
});

test('names that every JavaScript object has are clients like any other, on both instances', async () => {
  const { admin, otherAdmin, urls } = deployment;
  for (const id of POSSIBLE) {
    const path = `/registry/v1/clients/${id}`;
    assert.equal((await otherAdmin.send('GET', path)).status, 404);
    const made = await admin.send('POST', '/registry/v1/clients', { client_id: id });
    const { client_secret: secret } = await membersOf(made);
    for (const url of urls) {
      const response = await fetch(`${url}${TOKEN_PATH}?grant_type=client_credentials`, {
        method: 'POST',
        headers: { authorization: basic(id, String(secret)) },
      });
      const { access_token: token } = await membersOf(response);
      assert.equal(response.status, 200);
      const called = await fetch(`${url}/http/hello`, {
        headers: { authorization: `Bearer ${String(token)}` },
      });
      // It has no role: names of objects are not roles that everybody has.
      assert.deepEqual([called.status, (await membersOf(called))['reason']], [403, 'missing_role']);
    }
    assert.equal(
      (await otherAdmin.send('DELETE', path, undefined, { 'if-match': '*' })).status,
      204,
    );
    assert.equal((await admin.send('GET', path)).status, 404);
  }
});

test('in a path of the registry each is 404 or a clear 4xx, for every method, and changes nothing', async () => {
  const before = await deployment.stored();
  const { admin, otherAdmin } = deployment;
  const any = { 'if-match': '*' };
  for (const id of IDS) {
    // What URLs themselves resolve: another address altogether.
    if (['.', '..'].includes(id)) continue;
    const path = `/registry/v1/clients/${encodeURIComponent(id)}`;
    const requests = [
      admin.send('GET', path),
      otherAdmin.send('PUT', path, {}, any),
      admin.send('PATCH', path, { enabled: false }, any),
      otherAdmin.send('DELETE', path, undefined, any),
      admin.send('POST', `${path}/secrets`, {}),
      otherAdmin.send('DELETE', `${path}/secrets/${encodeURIComponent(id)}`),
      admin.send('GET', `/registry/v1/subscriptions/${encodeURIComponent(id)}/roles`),
      admin.send(
        'DELETE',
        `/registry/v1/subscriptions/flowgateiflmap/roles/${encodeURIComponent(id)}`,
      ),
    ];
    for (const response of await Promise.all(requests)) {
      const text = await response.text();
      assert.ok(
        [400, 404, 431].includes(response.status),
        `${shown(id)} ${response.status} ${text}`,
      );
      // The host itself answers %00, with nothing.
      if (text !== '') assertClear(response.status, text, shown(id));
    }
  }
  assert.equal(await deployment.stored(), before);
  await deployment.works();
});

test('as user names they can be given a role and lose it, each for itself alone', async () => {
  const { admin, otherAdmin } = deployment;
  const before = await deployment.stored();
  const users = '/registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users';
  for (const id of IDS) {
    if (['.', '..'].includes(id)) continue;
    const path = `${users}/${encodeURIComponent(id)}`;
    const assigned = await admin.send('PUT', path);
    if (id.includes('\u0000')) {
      assert.equal(assigned.status, 400, shown(id));
      continue;
    }
    if (id.length > 256) {
      assert.ok([422, 431].includes(assigned.status), shown(id));
      continue;
    }
    assert.equal(assigned.status, 204, shown(id));
    const roles = `/registry/v1/subscriptions/flowgateiflmap/users/${encodeURIComponent(id)}/roles`;
    const listed = await otherAdmin.send('GET', roles);
    const { items } = (await listed.json()) as { items: { user: string; role: string }[] };
    assert.deepEqual(
      items.map(({ role }) => role),
      ['ESBMessaging.send'],
      shown(id),
    );
    assert.equal((await otherAdmin.send('DELETE', path)).status, 204);
  }
  assert.equal(await deployment.stored(), before);
});

test('as addresses of iFlows each is 404 with a good token and 401 without, and reaches no flow', async () => {
  for (const url of deployment.urls) {
    for (const id of IDS) {
      if (['.', '..'].includes(id)) continue;
      const target = `/http/hello/${encodeURIComponent(id)}`;
      for (const headers of [[], [['Authorization', `Bearer ${deployment.token}`]]] as const) {
        const answer = await sendRaw(url, wire('POST', target, headers));
        const status = answer?.status ?? 0;
        const expected = headers.length === 0 ? [401, 400] : [404, 400];
        assert.ok(expected.includes(status), `${shown(id)} ${status} ${answer?.text ?? ''}`);
      }
    }
  }
});

test('as packages and artifacts of the API each is a clear 4xx or kept as it is, and never a 500', async () => {
  const { admin, otherAdmin } = deployment;
  const before = await deployment.stored();
  for (const id of IDS) {
    const key = encodeURIComponent(id.replaceAll("'", "''"));
    const made = await admin.send('POST', '/api/v1/IntegrationPackages', {
      Id: id,
      Name: id,
      ShortText: 'x',
    });
    const text = await made.text();
    if (made.status === 201) {
      const path = `/api/v1/IntegrationPackages('${key}')`;
      assert.equal((await otherAdmin.send('GET', path)).status, 200, shown(id));
      assert.equal((await otherAdmin.send('DELETE', path)).status, 202, shown(id));
    } else {
      assertClear(made.status, text, shown(id));
    }
    for (const set of [
      'IntegrationPackages',
      'IntegrationRuntimeArtifacts',
      'MessageProcessingLogs',
    ]) {
      const read = await otherAdmin.send('GET', `/api/v1/${set}('${key}')`);
      assert.ok(read.status >= 400 && read.status < 500, `${set} ${shown(id)} ${read.status}`);
    }
  }
  assert.equal(await deployment.stored(), before);
  await deployment.works();
});

test('of all these ids none has sent a message', async () => {
  await deployment.assertNoOtherMessage();
});
