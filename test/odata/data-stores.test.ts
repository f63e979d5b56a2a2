import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflate, readZip } from '../../shared/iflow/bundle/unzip.ts';
import type { Body, Value } from '../../shared/iflow/exchange.ts';
import { createVariables } from '../../shared/iflow/services/variables.ts';
import { type ApiUnderTest, entityIn, resultsIn, startApi } from './api-under-test.ts';

const DAY_MS = 86_400_000;

interface Written {
  readonly flowId?: string;
  readonly name?: string;
  readonly body?: Body;
  readonly headers?: readonly (readonly [string, Value])[];
  readonly messageId?: string;
  readonly dueIn?: number;
}

/** An entry as a Write would make it. */
async function write(api: ApiUnderTest, id: string, written: Written = {}): Promise<void> {
  const {
    flowId = '',
    name = 'Orders',
    body = '<order/>',
    headers = [],
    messageId = 'MPL1',
  } = written;
  const createdAt = api.clock.now();
  const times = {
    createdAt,
    dueAt: createdAt + (written.dueIn ?? 2 * DAY_MS),
    expiresAt: createdAt + 30 * DAY_MS,
  };
  const content = { body, headers };
  await api.dataStores.put({ flowId, name }, { id, messageId, ...times, content }, true);
}

const keyOf = (id: string, name = 'Orders', flow = '', type = ''): string =>
  `DataStoreEntries(Id='${encodeURIComponent(id.replaceAll("'", "''"))}',DataStoreName='${name}',IntegrationFlow='${flow}',Type='${type}')`;

const filesIn = (zip: Uint8Array): Record<string, string> =>
  Object.fromEntries(
    [...readZip(zip)].map(([name, entry]) => [name, Buffer.from(inflate(entry)).toString('utf8')]),
  );

test('DataStores counts entries and overdue ones; overdueonly leaves the others out', async () => {
  const api = await startApi();
  await write(api, '1');
  await write(api, '2', { dueIn: 0 });
  await write(api, '1', { flowId: 'Flow', name: 'Local' });
  const stores = resultsIn(await api.get('DataStores'));
  assert.deepEqual(
    stores
      .map((one) => [
        one['DataStoreName'],
        one['IntegrationFlow'],
        one['Type'],
        one['Visibility'],
        one['NumberOfMessages'],
        one['NumberOfOverdueMessages'],
      ])
      .sort((a, b) => (String(a[1]) < String(b[1]) ? -1 : 1)),
    [
      ['Local', 'Flow', '', 'Integration Flow', '1', '0'],
      ['Orders', '', '', 'Global', '2', '1'],
    ].sort((a, b) => ((a[1] ?? '') < (b[1] ?? '') ? -1 : 1)),
  );
  const overdue = resultsIn(await api.get('DataStores?overdueonly=true'));
  assert.deepEqual(
    overdue.map((one) => one['DataStoreName']),
    ['Orders'],
  );
  const one = entityIn(
    await api.get("DataStores(DataStoreName='Orders',IntegrationFlow='',Type='')"),
  );
  assert.equal(one['NumberOfMessages'], '2');
  const none = await api.get("DataStores(DataStoreName='None',IntegrationFlow='',Type='')");
  assert.equal(none.status, 404);
});

test('entries are listed by store and by message, and found by their four keys', async () => {
  const api = await startApi();
  await write(api, 'first', { messageId: 'A' });
  await write(api, 'late', { messageId: 'B', dueIn: 0 });
  await write(api, 'first', { flowId: 'Flow' });
  const ofStore = "DataStores(DataStoreName='Orders',IntegrationFlow='',Type='')/Entries";
  const entries = resultsIn(await api.get(ofStore));
  assert.deepEqual(
    entries.map((one) => [one['Id'], one['Status'], one['MessageId'], one['IntegrationFlow']]),
    [
      ['first', 'Waiting', 'A', ''],
      ['late', 'Overdue', 'B', ''],
    ],
  );
  const now = api.clock.now();
  assert.equal(entries[0]?.['CreatedAt'], `/Date(${now})/`);
  assert.equal(entries[0]['RetainUntil'], `/Date(${now + 30 * DAY_MS})/`);
  const ofMessage = resultsIn(await api.get('DataStoreEntries?messageid=B'));
  assert.deepEqual(
    ofMessage.map((one) => one['Id']),
    ['late'],
  );
  assert.equal(resultsIn(await api.get('DataStoreEntries')).length, 3);
  assert.equal(
    entityIn(await api.get(keyOf('first', 'Orders', 'Flow')))['IntegrationFlow'],
    'Flow',
  );
  for (const path of [keyOf('none'), keyOf('first', 'Orders', '', 'JMS'), keyOf('first', 'None')]) {
    assert.equal((await api.get(path)).status, 404, path);
  }
});

test('a long list goes on at __next, to its end and no further', async () => {
  const api = await startApi();
  const ids = Array.from({ length: 1003 }, (_, i) => `e${String(i).padStart(4, '0')}`);
  for (let i = 0; i < ids.length; i += 50) {
    await Promise.all(ids.slice(i, i + 50).map((id) => write(api, id)));
  }
  const first = entityIn(await api.get('DataStoreEntries'));
  const next = String(first['__next']);
  assert.match(
    next,
    /^https:\/\/flowgate\.example\/api\/v1\/DataStoreEntries\?%24skiptoken=[\w-]+$/,
  );
  const second = entityIn(await api.get(next.replace(/^.*\/api\/v1\//, '')));
  assert.equal(second['__next'], undefined);
  const listed = [first, second].flatMap(({ results }) => results as Record<string, unknown>[]);
  assert.deepEqual(
    listed.map((one) => one['Id']),
    ids,
  );
  assert.equal((await api.get('DataStoreEntries?$skiptoken=forged')).status, 400);
  assert.equal((await api.get('DataStoreEntries?$top=1')).status, 400, 'as on a tenant');
});

test('$value is a zip with the body and its headers, as on a tenant', async () => {
  const api = await startApi();
  const headers = [
    ['Content Type', 'a=b'],
    ['ä', '€'],
    ['list', [1, 'two']],
  ] as const;
  await write(api, '1', { body: '<a>é</a>', headers });
  const answer = await api.get(`${keyOf('1')}/$value`);
  assert.equal(answer.headers.get('content-type'), 'application/zip');
  assert.deepEqual(filesIn(answer.bytes), {
    body: '<a>é</a>',
    'headers.prop': 'Content\\ Type=a\\=b\n\\u00e4=\\u20ac\nlist=[1,\\ two]\n',
  });
});

test('payloads and values of variables are not for who reads everything but payloads', async () => {
  const api = await startApi();
  await write(api, '1');
  await createVariables(api.dataStores, () => api.clock.now()).write({
    flowId: '',
    name: 'Token',
    value: 'a secret',
    messageId: '',
  });
  const variable = "Variables(VariableName='Token',IntegrationFlow='')";
  const as = (role: string) => ({ authorization: `Bearer AuthGroup.${role}` });
  for (const path of [keyOf('1'), variable]) {
    assert.equal((await api.get(path, as('ReadOnly'))).status, 200);
    for (const method of ['GET', 'HEAD']) {
      const refused = await api.send({ method, path: `${path}/$value`, headers: as('ReadOnly') });
      assert.equal(refused.status, 403);
      assert.doesNotMatch(refused.text, /order|secret/);
    }
    for (const written of [`${path}/%24value`, `/${path}//$value`, `${path}/$value?$format=json`]) {
      const refused = await api.get(written, as('ReadOnly'));
      assert.ok([403, 404].includes(refused.status), written);
      assert.doesNotMatch(refused.text, /order|secret/);
    }
    const inBatch = await api.send({
      method: 'POST',
      path: '$batch',
      headers: { ...as('ReadOnly'), 'content-type': 'multipart/mixed; boundary=b' },
      body: [
        '--b',
        'Content-Type: application/http',
        '',
        `GET ${path}/$value HTTP/1.1`,
        '',
        '',
        '--b--',
        '',
      ].join('\r\n'),
    });
    assert.match(inBatch.text, /^HTTP\/1\.1 403 /m);
    assert.doesNotMatch(inBatch.text, /order\/|secret/);
    assert.equal((await api.get(`${path}/$value`, as('IntegrationDeveloper'))).status, 200);
  }
});

test('an entry is deleted by administrators alone, and audited', async () => {
  const api = await startApi();
  await write(api, '1');
  for (const role of ['ReadOnly', 'IntegrationDeveloper']) {
    const headers = { authorization: `Bearer AuthGroup.${role}` };
    const refused = await api.send({ method: 'DELETE', path: keyOf('1'), headers });
    assert.equal(refused.status, 403);
  }
  assert.equal((await api.get(keyOf('1'))).status, 200, 'is still there');
  assert.equal((await api.delete(keyOf('1'))).status, 202);
  assert.equal((await api.get(keyOf('1'))).status, 404);
  assert.equal((await api.delete(keyOf('1'))).status, 404);
  assert.deepEqual(
    api.trail.events.map(({ action, object, note }) => [action, object.name, note?.outcome]),
    [
      ['data_store_entry.delete', '1', undefined],
      ['data_store_entry.delete', '1', undefined],
    ],
  );
});

test('variables are listed apart from data stores, downloaded as headers.prop, and deleted', async () => {
  const api = await startApi();
  const variables = createVariables(api.dataStores, () => api.clock.now());
  await variables.write({ flowId: 'Flow', name: 'LastRun', value: '2027-01-01', messageId: 'M' });
  await variables.write({ flowId: '', name: 'Map', value: { a: [1] }, messageId: 'M' });
  const listed = resultsIn(await api.get('Variables'));
  assert.deepEqual(
    listed.map((one) => [one['VariableName'], one['IntegrationFlow'], one['Visibility']]).sort(),
    [
      ['LastRun', 'Flow', 'Integration Flow'],
      ['Map', '', 'Global'],
    ],
  );
  assert.equal(listed[0]?.['RetainUntil'], `/Date(${api.clock.now() + 400 * DAY_MS})/`);
  const path = "Variables(VariableName='LastRun',IntegrationFlow='Flow')";
  const value = await api.get(`${path}/$value`);
  assert.deepEqual(filesIn(value.bytes), { 'headers.prop': 'LastRun=2027-01-01\n' });
  const map = await api.get("Variables(VariableName='Map',IntegrationFlow='')/$value");
  assert.deepEqual(filesIn(map.bytes), { 'headers.prop': 'Map={a\\=[1]}\n' });

  assert.deepEqual(resultsIn(await api.get('DataStores')), []);
  assert.deepEqual(resultsIn(await api.get('DataStoreEntries')), []);
  assert.equal((await api.get(keyOf('LastRun', 'sap_global_store', 'Flow'))).status, 404);
  assert.equal((await api.delete(path)).status, 202);
  assert.equal((await api.get(path)).status, 404);
  assert.equal((await api.delete(path)).status, 404);
});

test('keys of any characters name an entry, or nothing', async () => {
  const api = await startApi();
  const ids = ["it's", 'a/b', 'a\\b#c?d', '😀', '%2F', "') or ('1"];
  for (const id of ids) await write(api, id, { body: `<id>${ids.indexOf(id)}</id>` });
  for (const id of ids) {
    const answer = await api.get(`${keyOf(id)}/$value`);
    assert.equal(filesIn(answer.bytes)['body'], `<id>${ids.indexOf(id)}</id>`, id);
  }
  assert.equal((await api.get(keyOf('x'.repeat(3000)))).status, 404);
});
