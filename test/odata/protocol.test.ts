import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOMParser, type Element } from '@xmldom/xmldom';
import { bundleAt, entityIn, errorIn, startApi } from './api-under-test.ts';
import { logEntry } from './log-entry.ts';

/** Parses strictly: anything that is not well-formed throws. */
function parseXml(text: string): Element {
  const document = new DOMParser({
    onError: (level, message) => {
      if (level !== 'warning') throw new Error(message);
    },
  }).parseFromString(text, 'text/xml');
  assert.ok(document.documentElement);
  return document.documentElement;
}

test('without a token nothing is told (401); the challenge and the reason are in the answer', async () => {
  const api = await startApi();
  for (const path of ['', '$metadata', 'IntegrationPackages', 'Nonsense']) {
    const refused = await api.send({ path, headers: { authorization: '' } });
    assert.equal(refused.status, 401, path);
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="flowgate"');
    assert.equal(errorIn(refused).code, 'missing_token');
  }
});

test('AuthGroup.ReadOnly reads, also bundles, and changes nothing', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P' });
  await api.post('IntegrationDesigntimeArtifacts', {
    Id: 'one',
    PackageId: 'P',
    ArtifactContent: bundleAt('/a', { id: 'one' }),
  });
  const headers = { authorization: 'Bearer AuthGroup.ReadOnly' };
  const active = "IntegrationDesigntimeArtifacts(Id='one',Version='active')";
  for (const path of ['IntegrationPackages', 'MessageProcessingLogs', `${active}/$value`]) {
    assert.equal((await api.get(path, headers)).status, 200, path);
  }
  const writes = [
    ['POST', 'IntegrationPackages', { Id: 'Q' }],
    ['PUT', "IntegrationPackages('P')", { Name: 'changed' }],
    ['DELETE', "IntegrationPackages('P')", undefined],
    ['PUT', active, { Name: 'changed' }],
    ['DELETE', active, undefined],
    ['POST', "DeployIntegrationDesigntimeArtifact?Id='one'&Version='active'", undefined],
    [
      'POST',
      "IntegrationDesigntimeArtifactSaveAsVersion?Id='one'&SaveAsVersion='2.0.0'",
      undefined,
    ],
    ['DELETE', "IntegrationRuntimeArtifacts('one')", undefined],
  ] as const;
  for (const [method, path, body] of writes) {
    const refused = await api.send({ method, path, body, headers });
    assert.equal(refused.status, 403, `${method} ${path}`);
    assert.equal(errorIn(refused).code, 'missing_role');
  }
  assert.equal(entityIn(await api.get("IntegrationPackages('P')"))['Name'], 'P');
  assert.equal(entityIn(await api.get(active))['Name'], 'one');
  assert.equal(entityIn(await api.get(active))['Version'], '1.0.0');
  assert.equal((await api.get("IntegrationPackages('Q')")).status, 404);
  assert.equal(await api.store.readGeneration(), '');
  const stranger = { authorization: 'Bearer ESBMessaging.send' };
  assert.equal((await api.get('IntegrationPackages', stranger)).status, 403);
});

test('AuthGroup.IntegrationDeveloper changes and deploys', async () => {
  const api = await startApi();
  const headers = { authorization: 'Bearer AuthGroup.IntegrationDeveloper' };
  const created = await api.send({
    method: 'POST',
    path: 'IntegrationPackages',
    body: { Id: 'P' },
    headers,
  });
  assert.equal(created.status, 201);
});

test('an unknown resource is 404, a wrong method 405 with Allow, OPTIONS 204 without a token', async () => {
  const api = await startApi();
  for (const path of [
    'Nonsense',
    "Nonsense('x')",
    'IntegrationPackages/Nonsense',
    'constructor',
    '%28',
  ]) {
    const unknown = await api.get(path);
    assert.equal(unknown.status, 404, path);
    assert.equal(errorIn(unknown).code, 'Not Found');
  }
  const wrong = await api.send({ method: 'PATCH', path: "IntegrationPackages('P')", body: {} });
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get('allow'), 'GET, HEAD, PUT, DELETE, OPTIONS');
  const options = await api.send({
    method: 'OPTIONS',
    path: 'IntegrationPackages',
    headers: { authorization: '' },
  });
  assert.deepEqual(
    [options.status, options.headers.get('allow')],
    [204, 'GET, HEAD, POST, OPTIONS'],
  );
  assert.equal((await api.post('$batch', 'x')).status, 415);
});

test('keys that cannot be read are refused (400)', async () => {
  const api = await startApi();
  for (const path of [
    'IntegrationPackages(P)',
    "IntegrationPackages(Name='P')",
    "IntegrationPackages('a','b')",
    "IntegrationPackages('it's')",
    "IntegrationDesigntimeArtifacts('one')",
    "IntegrationDesigntimeArtifacts(Id='a',Id='b')",
    "IntegrationPackages('%ff')",
    `IntegrationPackages('${'x'.repeat(5000)}')`,
  ]) {
    assert.equal((await api.get(path)).status, 400, path.slice(0, 60));
  }
});

test('keys may be quoted, percent-encoded and hold slashes and doubled quotes', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P' });
  for (const path of [
    "IntegrationPackages('P')",
    'IntegrationPackages(%27P%27)',
    "IntegrationPackages(Id='P')",
    "IntegrationPackages%28'P'%29",
    "IntegrationPackages('P')/",
  ]) {
    assert.equal((await api.get(path)).status, 200, path);
  }
  for (const key of ["it''s", 'a/b', 'a%2Fb', '%20', 'a%27%27b', '%27%27']) {
    for (const quote of ["'", '%27']) {
      const unknown = await api.get(`IntegrationPackages(${quote}${key}${quote})`);
      assert.equal(unknown.status, 404, key);
      assert.equal(errorIn(unknown).message.value, 'Requested entity could not be found.');
    }
  }
});

test('no answer may be kept on the way: they differ by caller and change at any moment', async () => {
  const api = await startApi();
  const answer = await api.send({ path: 'IntegrationPackages' });
  assert.deepEqual([answer.status, answer.headers.get('cache-control')], [200, 'no-store']);
});

test('HEAD is answered like GET, without the body', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P' });
  const head = await api.send({ method: 'HEAD', path: "IntegrationPackages('P')" });
  assert.deepEqual(
    [head.status, head.text, head.headers.get('content-type')],
    [200, '', 'application/json'],
  );
});

test('a client that fetches a CSRF token gets one, the same each time; nobody needs it', async () => {
  const api = await startApi();
  const first = await api.get('', { 'x-csrf-token': 'Fetch' });
  const token = first.headers.get('x-csrf-token') ?? '';
  assert.ok(token.length > 20);
  const second = await api.get('IntegrationPackages', { 'x-csrf-token': 'fetch' });
  assert.equal(second.headers.get('x-csrf-token'), token);
  assert.equal((await api.get('')).headers.get('x-csrf-token'), null);
});

test('the service document lists the entity sets that can be read, in JSON and in AtomPub', async () => {
  const api = await startApi();
  const sets = entityIn(await api.get(''))['EntitySets'] as string[];
  assert.deepEqual(sets, [
    'IntegrationPackages',
    'IntegrationDesigntimeArtifacts',
    'ScriptCollectionDesigntimeArtifacts',
    'ValueMappingDesigntimeArtifacts',
    'MessageMappingDesigntimeArtifacts',
    'IntegrationRuntimeArtifacts',
    'ServiceEndpoints',
    'MessageProcessingLogs',
    'UserCredentials',
    'OAuth2ClientCredentials',
    'SecureParameters',
    'KeystoreEntries',
    'AccessPolicies',
    'ArtifactReferences',
    'DataStores',
    'DataStoreEntries',
    'Variables',
    'NumberRanges',
    'Partners',
    'StringParameters',
    'BinaryParameters',
    'AlternativePartners',
    'AuthorizedUsers',
  ]);
  for (const set of sets) assert.equal((await api.get(set)).status, 200, set);
  const atom = await api.get('', { accept: '*/*' });
  assert.equal(atom.headers.get('content-type'), 'application/atomsvc+xml;charset=utf-8');
  const collections = parseXml(atom.text).getElementsByTagName('collection');
  assert.equal(collections.length, sets.length);
});

test('$metadata is well-formed and defines every type that it uses', async () => {
  const api = await startApi();
  const schema = parseXml((await api.get('$metadata')).text);
  const named = (element: string, attribute: string) =>
    Array.from(schema.getElementsByTagName(element)).map((e) => e.getAttribute(attribute));
  const defined = new Set(
    [...named('EntityType', 'Name'), ...named('ComplexType', 'Name')].map(
      (name) => `com.sap.hci.api.${String(name)}`,
    ),
  );
  const used = [
    ...named('EntitySet', 'EntityType'),
    ...named('End', 'Type').filter((type) => type !== null),
    ...named('Property', 'Type').filter((type) => !type?.startsWith('Edm.')),
  ];
  for (const type of used) assert.ok(defined.has(String(type)), String(type));
  const sets = new Set(named('EntitySet', 'Name'));
  for (const set of named('End', 'EntitySet').filter((name) => name !== null)) {
    assert.ok(sets.has(set), set);
  }
  const relationships = new Set(
    named('Association', 'Name').map((n) => `com.sap.hci.api.${String(n)}`),
  );
  for (const relationship of named('NavigationProperty', 'Relationship')) {
    assert.ok(relationships.has(String(relationship)));
  }
  assert.deepEqual(named('FunctionImport', 'Name'), [
    'DeployIntegrationDesigntimeArtifact',
    'IntegrationDesigntimeArtifactSaveAsVersion',
    'DeployScriptCollectionDesigntimeArtifact',
    'ScriptCollectionDesigntimeArtifactSaveAsVersion',
    'DeployValueMappingDesigntimeArtifact',
    'ValueMappingDesigntimeArtifactSaveAsVersion',
    'DeployMessageMappingDesigntimeArtifact',
    'MessageMappingDesigntimeArtifactSaveAsVersion',
    'CheckIntegrationContent',
  ]);
});

test('Atom is the answer where JSON is not asked for, entries and feeds alike', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P', Name: 'a <b> & "c" \u0001' });
  const DATA = 'http://schemas.microsoft.com/ado/2007/08/dataservices';
  for (const accept of [
    '',
    '*/*',
    'application/xml',
    'application/json;q=0.5, application/atom+xml',
  ]) {
    const entry = await api.get("IntegrationPackages('P')", { accept });
    assert.equal(
      entry.headers.get('content-type'),
      'application/atom+xml;type=entry;charset=utf-8',
    );
    const root = parseXml(entry.text);
    assert.equal(root.localName, 'entry');
    const name = root.getElementsByTagNameNS(DATA, 'Name')[0];
    assert.equal(name?.textContent, 'a <b> & "c" \ufffd');
    assert.equal(
      root.getElementsByTagName('content')[0]?.getAttribute('src'),
      "IntegrationPackages('P')/$value",
    );
  }
  const feed = await api.get('IntegrationPackages?$inlinecount=allpages', { accept: '*/*' });
  const root = parseXml(feed.text);
  assert.equal(root.localName, 'feed');
  assert.equal(root.getElementsByTagName('entry').length, 1);
  assert.equal(root.getElementsByTagNameNS(`${DATA}/metadata`, 'count')[0]?.textContent, '1');
  const json = await api.get('IntegrationPackages?$format=json', { accept: 'application/xml' });
  assert.equal(json.headers.get('content-type'), 'application/json');
  assert.equal((await api.get('IntegrationPackages?$format=csv')).status, 400);
});

test('expanded entities and times stand in Atom as well', async () => {
  const log = logEntry({
    logStart: Date.UTC(2026, 0, 31, 12, 0, 0, 7),
    customHeaders: [{ name: 'n', value: 'v&v' }],
  });
  const api = await startApi({ log: [log] });
  const answer = await api.get('MessageProcessingLogs?$expand=CustomHeaderProperties', {
    accept: '',
  });
  const root = parseXml(answer.text);
  const DATA = 'http://schemas.microsoft.com/ado/2007/08/dataservices';
  const text = (name: string) => root.getElementsByTagNameNS(DATA, name)[0]?.textContent;
  assert.equal(text('LogStart'), '2026-01-31T12:00:00.007');
  assert.equal(text('Value'), 'v&v');
  assert.equal(root.getElementsByTagNameNS(`${DATA}/metadata`, 'inline').length, 1);
});

test('errors are in the format that was asked for', async () => {
  const api = await startApi();
  const json = await api.get("IntegrationPackages('P')");
  assert.deepEqual(json.json(), {
    error: {
      code: 'Not Found',
      message: { lang: 'en', value: 'Requested entity could not be found.' },
    },
  });
  const xml = await api.get("IntegrationPackages('P')", { accept: '*/*' });
  assert.equal(xml.headers.get('content-type'), 'application/xml');
  const root = parseXml(xml.text);
  assert.equal(root.localName, 'error');
  assert.equal(root.getElementsByTagName('code')[0]?.textContent, 'Not Found');
});
