import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { readBundle } from '../../shared/iflow/bundle/bundle.ts';
import {
  contentPackage,
  messageMapping,
  type PackageDescription,
  scriptCollection,
  valueMapping,
} from '../support/content-package.ts';
import {
  type ApiUnderTest,
  bundleAt,
  entityIn,
  errorIn,
  resultsIn,
  startApi,
} from './api-under-test.ts';
import { blobsOf, importZip, messagesIn, overwrite } from './packages-under-test.ts';

const flow = (id: string, address = `/${id}`, version = '1.0.0'): Uint8Array =>
  buildBundle({
    ...{ id, name: id, version, address: '{{address}}', parameters: { address, other: 'o' } },
    steps: [],
  });

const orders: PackageDescription = {
  id: 'Orders.v1',
  name: 'Orders & more',
  shortText: 'Takes orders',
  description: '<p>All of them</p>',
  version: '2.0.1',
  resources: [
    { type: 'IFlow', id: 'take', description: 'Takes one', content: flow('take') },
    { type: 'IFlow', id: 'send', content: flow('send') },
    { type: 'ScriptCollection', id: 'shared', content: scriptCollection({ id: 'shared' }, {}) },
    {
      type: 'ValueMapping',
      id: 'codes',
      content: valueMapping({ id: 'codes', name: 'codes', version: '1.0.0' }, []),
    },
    { type: 'MessageMapping', id: 'map', content: messageMapping({ id: 'map' }) },
    { type: 'File', id: 'guide', content: Buffer.from('%PDF') },
    { type: 'Url', id: 'link' },
  ],
};

/** Ids of the artifacts of a package, by kind. */
async function idsOf(api: ApiUnderTest, packageId: string): Promise<Record<string, unknown[]>> {
  const ids: Record<string, unknown[]> = {};
  for (const kind of ['Integration', 'ScriptCollection', 'ValueMapping', 'MessageMapping']) {
    const path = `IntegrationPackages('${packageId}')/${kind}DesigntimeArtifacts`;
    ids[kind] = resultsIn(await api.get(path)).map((artifact) => artifact['Id']);
  }
  return ids;
}

test('SAP Help, Integration Package Example Requests: a package is imported with all of its artifacts (201)', async () => {
  const api = await startApi();
  const imported = await importZip(api, contentPackage(orders));
  assert.equal(imported.status, 201, imported.text);
  const entity = entityIn(imported);
  assert.deepEqual(
    ['Id', 'Name', 'ShortText', 'Description', 'Version', 'Vendor', 'Products', 'CreatedBy'].map(
      (name) => entity[name],
    ),
    [
      ...['Orders.v1', 'Orders & more', 'Takes orders', '<p>All of them</p>', '2.0.1', 'Example'],
      ...['One,Two', 'oauth_client_tester'],
    ],
  );
  assert.deepEqual(messagesIn(imported), []);
  assert.deepEqual(await idsOf(api, 'Orders.v1'), {
    Integration: ['send', 'take'],
    ScriptCollection: ['shared'],
    ValueMapping: ['codes'],
    MessageMapping: ['map'],
  });
  const take = "IntegrationDesigntimeArtifacts(Id='take',Version='active')";
  assert.equal(entityIn(await api.get(take))['Description'], 'Takes one');
  assert.ok((await api.get(`${take}/$value`)).bytes.equals(flow('take')));
  // The package's zip and five bundles.
  assert.equal((await blobsOf(api)).length, 6);
});

test('a package that is there is imported with Overwrite=true only, and is as it was else', async () => {
  const api = await startApi();
  await importZip(api, contentPackage(orders));
  const before = [await api.design.findPackage('Orders.v1'), await api.design.listArtifacts()];
  const blobs = await blobsOf(api);
  for (const query of ['', '?Overwrite=false']) {
    const refused = await importZip(api, contentPackage({ ...orders, name: 'Other' }), query);
    assert.equal(refused.status, 500);
    assert.match(errorIn(refused).message.value, /with the ID Orders\.v1 already exists/);
  }
  assert.deepEqual(
    [await api.design.findPackage('Orders.v1'), await api.design.listArtifacts()],
    before,
  );
  assert.deepEqual(await blobsOf(api), blobs);

  const taken = await overwrite(api, contentPackage({ ...orders, name: 'Other' }));
  assert.equal(taken.status, 201);
  assert.equal(entityIn(await api.get("IntegrationPackages('Orders.v1')"))['Name'], 'Other');
  const kept = (await api.design.findArtifact('take'))?.value;
  const first = (before[1] as { id: string; uid: string }[]).find(({ id }) => id === 'take');
  assert.equal(kept?.uid, first?.uid);
  const now = await blobsOf(api);
  assert.deepEqual(
    [now.length, now.filter((name) => blobs.includes(name))],
    [6, []],
    'the replaced bundles are gone',
  );
});

test('SAP Help, Importing Integration Packages: configured values last, artifacts that are not in the import stay', async () => {
  const api = await startApi();
  await importZip(api, contentPackage(orders));
  const own = {
    ...{ Id: 'own', PackageId: 'Orders.v1' },
    ArtifactContent: bundleAt('/own', { id: 'own' }),
  };
  assert.equal((await api.post('IntegrationDesigntimeArtifacts', own)).status, 201);
  const take = "IntegrationDesigntimeArtifacts(Id='take',Version='active')";
  for (const [name, value] of [
    ['address', '/mine'],
    ['other', 'p'],
  ] as const) {
    const put = await api.put(`${take}/$links/Configurations('${name}')`, {
      ParameterValue: value,
    });
    assert.equal(put.status, 202);
  }
  const next = buildBundle({
    ...{ id: 'take', name: 'take', version: '1.1.0', address: '{{address}}' },
    parameters: { address: '/theirs', fresh: 'f' },
    steps: [],
  });
  const resources = orders.resources.map((one) =>
    one.id === 'take' ? { ...one, version: '1.1.0', content: next } : one,
  );
  assert.equal((await overwrite(api, contentPackage({ ...orders, resources }))).status, 201);
  assert.equal(entityIn(await api.get(take))['Version'], '1.1.0');
  const { parameters } = readBundle((await api.artifacts.getContent('take', 'active')).zip);
  assert.deepEqual(Object.fromEntries(parameters), { address: '/mine', fresh: 'f' });
  assert.deepEqual((await idsOf(api, 'Orders.v1'))['Integration'], ['own', 'send', 'take']);
});

test('an artifact that another package has, or of another kind, ends the whole import (Uniqueness Conflict)', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'Other' });
  await api.post('IntegrationDesigntimeArtifacts', { Id: 'send', PackageId: 'Other' });
  const blobs = await blobsOf(api);
  const refused = await overwrite(api, contentPackage(orders));
  assert.equal(refused.status, 500);
  assert.match(
    errorIn(refused).message.value,
    /^Uniqueness Conflict: .* send is in the package Other\. Nothing was imported\.$/,
  );
  assert.equal(await api.design.findPackage('Orders.v1'), undefined);
  assert.deepEqual(
    (await api.design.listArtifacts()).map(({ id }) => id),
    ['send'],
  );
  assert.deepEqual(await blobsOf(api), blobs);

  const second = await startApi();
  await importZip(second, contentPackage(orders));
  const changed: PackageDescription = {
    ...orders,
    resources: [
      { type: 'ScriptCollection', id: 'send', content: scriptCollection({ id: 'send' }, {}) },
    ],
  };
  const otherKind = await overwrite(second, contentPackage(changed));
  assert.match(
    errorIn(otherKind).message.value,
    /send is an iFlow there, and a script collection in the import/,
  );
  assert.equal((await second.design.findArtifact('send'))?.value.kind, 'IntegrationFlow');
});

test('a damaged artifact is told of, and all others are imported', async () => {
  const api = await startApi();
  const resources: PackageDescription['resources'] = [
    ...orders.resources,
    { type: 'IFlow', id: 'cut', name: 'Cut off', content: flow('cut').subarray(0, 500) },
    { type: 'IFlow', id: 'wrong', content: scriptCollection({ id: 'wrong' }, {}) },
    { type: 'ValueMapping', id: 'away' },
    { type: 'IFlow', id: 'send2', content: flow('send') },
  ];
  const imported = await importZip(api, contentPackage({ ...orders, resources }));
  assert.equal(imported.status, 201);
  const expected = [
    ['error', 'IFlow', 'cut', /not a zip, or its end is missing/],
    ['error', 'IFlow', 'wrong', /lists it as IFlow, and its bundle is a ScriptCollection/],
    ['error', 'ValueMapping', 'away', /has no file [0-9a-f]{32}_content/],
    ['error', 'IFlow', 'send2', /has two artifacts with the ID send/],
  ] as const;
  for (const messages of [
    messagesIn(imported),
    resultsIn(await api.get("IntegrationPackages('Orders.v1')/ImportMessages")),
  ]) {
    assert.equal(messages.length, expected.length);
    for (const [i, [severity, type, id, text]] of expected.entries()) {
      const message = messages[i];
      assert.deepEqual(
        [message?.['Severity'], message?.['ArtifactType'], message?.['ArtifactId']],
        [severity, type, id],
      );
      assert.match(String(message?.['Text']), text);
    }
  }
  assert.equal((await api.design.listArtifacts()).length, 5);
});

test('addresses that will clash are told of, and no longer once they are configured away', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'Other' });
  await api.post('IntegrationDesigntimeArtifacts', {
    ...{ Id: 'there', PackageId: 'Other' },
    ArtifactContent: bundleAt('/v1/*', { id: 'there' }),
  });
  await api.post("DeployIntegrationDesigntimeArtifact?Id='there'&Version='active'");
  const resources: PackageDescription['resources'] = [
    { type: 'IFlow', id: 'a', content: flow('a', '/V1/a') },
    { type: 'IFlow', id: 'b', content: flow('b', '/same') },
    { type: 'IFlow', id: 'c', content: flow('c', '/Same') },
    { type: 'IFlow', id: 'd', content: flow('d', '<fill in>') },
  ];
  const imported = await importZip(api, contentPackage({ id: 'Clashing', resources }));
  const texts = messagesIn(imported).map((m) => [m['Severity'], m['ArtifactId'], m['Text']]);
  assert.equal(texts.length, 3);
  assert.deepEqual(
    texts.map(([severity, id]) => [severity, id]),
    [
      ['warning', 'a'],
      ['warning', 'c'],
      ['warning', 'd'],
    ],
  );
  assert.match(String(texts[0]?.[2]), /\/V1\/a is taken: the iFlow there \(there\)/);
  assert.match(String(texts[1]?.[2]), /\/Same is that of the iFlow b \(b\) of this package/);
  assert.match(String(texts[2]?.[2]), /"<fill in>" must begin with \//);
  for (const [id, address] of [
    ['a', '/v2/a'],
    ['c', '/other'],
    ['d', '/d'],
  ] as const) {
    const path = `IntegrationDesigntimeArtifacts(Id='${id}',Version='active')`;
    await api.put(`${path}/$links/Configurations('address')`, { ParameterValue: address });
    await api.post(`DeployIntegrationDesigntimeArtifact?Id='${id}'&Version='active'`);
    const runtime = entityIn(await api.get(`IntegrationRuntimeArtifacts('${id}')`));
    assert.equal(runtime['Status'], 'STARTED');
  }
  const left = await api.get("IntegrationPackages('Clashing')?$expand=ImportMessages");
  assert.deepEqual(messagesIn(left), []);
  assert.deepEqual(
    (await api.directory.current(0)).deployments.flatMap(({ addresses }) => addresses).sort(),
    ['/d', '/other', '/v1/*', '/v2/a'],
  );
});

test('what is no import is refused with a sentence (400), and nothing is created', async () => {
  const api = await startApi();
  const content = Buffer.from(contentPackage(orders)).toString('base64');
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['', { PackageContent: content, Name: 'x' }, /Leave all other properties out/],
    ['', { PackageContent: `${content}!` }, /PackageContent' is a zip in base64/],
    ['', { PackageContent: '' }, /PackageContent' is a zip in base64/],
    ['?Overwrite=yes', { PackageContent: content }, /Overwrite is true or false/],
    ['?Overwrite=true&Overwrite=true', { PackageContent: content }, /Overwrite is true or false/],
    ['?Overwrite=true', { Id: 'P' }, /Overwrite belongs to an import/],
    [
      '',
      { PackageContent: Buffer.from(flow('x')).toString('base64') },
      /the bundle of one artifact, not an integration package/,
    ],
  ];
  for (const [query, body, text] of cases) {
    const refused = await api.post(`IntegrationPackages${query}`, body);
    assert.equal(refused.status, 400, JSON.stringify(body).slice(0, 60));
    assert.match(errorIn(refused).message.value, text);
  }
  const put = await api.put("IntegrationPackages('P')", { PackageContent: content });
  assert.equal(put.status, 400);
  assert.deepEqual([await api.design.listPackages(), await blobsOf(api)], [[], []]);
});

test('deleting an imported package deletes its zip, too', async () => {
  const api = await startApi();
  await importZip(api, contentPackage(orders));
  assert.equal((await api.delete("IntegrationPackages('Orders.v1')")).status, 202);
  assert.deepEqual([await api.design.listArtifacts(), await blobsOf(api)], [[], []]);
  assert.equal((await importZip(api, contentPackage(orders))).status, 201);
});

test('the audit trail names an import, what came in and what did not', async () => {
  const api = await startApi();
  await overwrite(api, contentPackage(orders));
  const events = api.trail.events.filter(({ action }) => action === 'package.import');
  assert.deepEqual(
    events.map(({ note }) => [note?.name, note?.detail]),
    [['Orders.v1', 'imported artifacts 5, refused 0']],
  );
});
