import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleIdentity, readBundle } from '../../shared/iflow/bundle/bundle.ts';
import {
  type ApiUnderTest,
  bundleAt,
  entityIn,
  errorIn,
  resultsIn,
  startApi,
} from './api-under-test.ts';

async function startWithPackage(): Promise<ApiUnderTest> {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P', Name: 'Partners' });
  return api;
}

const active = (id: string) => `IntegrationDesigntimeArtifacts(Id='${id}',Version='active')`;

test('an iFlow is created from a bundle (201), read, replaced (200), downloaded and deleted (200)', async () => {
  const api = await startWithPackage();
  const created = await api.post('IntegrationDesigntimeArtifacts', {
    Id: 'orders',
    Name: 'Orders',
    PackageId: 'P',
    ArtifactContent: bundleAt('/orders', {
      id: 'orders',
      name: 'Orders',
      description: 'Takes orders',
    }),
  });
  assert.equal(created.status, 201);
  assert.equal(entityIn(created)['Version'], '1.0.0');
  const read = entityIn(await api.get(active('orders')));
  assert.deepEqual(
    [read['Id'], read['Name'], read['PackageId'], read['Description'], read['Version']],
    ['orders', 'Orders', 'P', 'Takes orders', '1.0.0'],
  );

  const first = await api.design.findArtifact('orders');
  // SAP/jenkins-library spells the version with a capital, and sends no Id; the version is the bundle's.
  const replaced = await api.put("IntegrationDesigntimeArtifacts(Id='orders',Version='Active')", {
    ArtifactContent: bundleAt('/orders', { id: 'orders', name: 'Orders 2', version: '1.0.1' }),
  });
  assert.equal(replaced.status, 200);
  const after = entityIn(await api.get(active('orders')));
  assert.deepEqual([after['Name'], after['Version']], ['Orders 2', '1.0.1']);

  assert.equal(await api.blobs.get(first?.value.content ?? ''), undefined);

  const download = await api.get(`${active('orders')}/$value`, { accept: 'application/zip' });
  assert.equal(download.headers.get('content-disposition'), 'attachment; filename="orders.zip"');
  assert.equal(download.headers.get('content-type'), 'application/zip');
  assert.match(download.text, /^PK/);

  assert.equal((await api.delete(active('orders'))).status, 200);
  assert.equal((await api.get(active('orders'))).status, 404);
  assert.equal((await api.delete(active('orders'))).status, 404);
});

test('one that is created without a bundle is an empty iFlow, with its name and version 1.0.0', async () => {
  const api = await startWithPackage();
  const created = await api.post('IntegrationDesigntimeArtifacts', {
    Id: 'empty',
    Name: 'An empty one',
    PackageId: 'P',
  });
  assert.equal(created.status, 201);
  const { zip } = await api.artifacts.getContent('empty', 'active');
  const { id, name, version } = bundleIdentity(zip);
  assert.deepEqual([id, name, version], ['empty', 'An empty one', '1.0.0']);
});

test('a bundle that is created under another Id and name is rewritten to carry them', async () => {
  const api = await startWithPackage();
  await api.post('IntegrationDesigntimeArtifacts', {
    Id: 'copy',
    Name: 'A copy',
    PackageId: 'P',
    ArtifactContent: bundleAt('/orders', { id: 'orders', version: '2.1.0' }),
  });
  const { zip } = await api.artifacts.getContent('copy', 'active');
  const { id, name, version } = bundleIdentity(zip);
  assert.deepEqual([id, name, version], ['copy', 'A copy', '2.1.0']);
});

test('an Id in use is a business error (500) in SAP’s words; the first artifact and its bundle stay', async () => {
  const api = await startWithPackage();
  const content = bundleAt('/a', { id: 'one', name: 'One' });
  const body = { Id: 'one', Name: 'One', PackageId: 'P', ArtifactContent: content };
  await api.post('IntegrationDesigntimeArtifacts', body);
  const before = await api.design.findArtifact('one');
  const refused = await api.post('IntegrationDesigntimeArtifacts', { ...body, Name: 'Two' });
  assert.equal(refused.status, 500);
  assert.equal(
    errorIn(refused).message.value,
    'An integration flow One with the artifact ID one already exists in the Partners package. To create /upload an integration flow, use a different ID.',
  );
  assert.deepEqual(await api.design.findArtifact('one'), before);
  assert.ok((await api.blobs.get(before?.value.content ?? '')) !== undefined);
});

test('what is wrong with a new artifact is said, and nothing is created', async () => {
  const api = await startWithPackage();
  const content = bundleAt('/a', { id: 'x' });
  const notAZip = Buffer.from('no zip').toString('base64');
  const cases = [
    [400, /Property 'Id' must begin/, { Id: 'a b', PackageId: 'P' }],
    [400, /Property 'Id' must begin/, { Id: 'a/b', PackageId: 'P' }],
    [400, /Property 'Id' must begin/, { Id: '', PackageId: 'P' }],
    [400, /'Id' is missing/, { PackageId: 'P' }],
    [400, /'PackageId' is missing/, { Id: 'x' }],
    [400, /'Name' must have/, { Id: 'x', Name: 'a\r\nb', PackageId: 'P' }],
    [404, /no integration package with the ID Nowhere/, { Id: 'x', PackageId: 'Nowhere' }],
    [400, /base64/, { Id: 'x', PackageId: 'P', ArtifactContent: `${content}!` }],
    [400, /base64/, { Id: 'x', PackageId: 'P', ArtifactContent: '' }],
    [400, /no iFlow bundle/, { Id: 'x', PackageId: 'P', ArtifactContent: notAZip }],
  ] as const;
  for (const [status, text, body] of cases) {
    const refused = await api.post('IntegrationDesigntimeArtifacts', body);
    assert.equal(refused.status, status, JSON.stringify(body).slice(0, 80));
    assert.match(errorIn(refused).message.value, text);
  }
  assert.deepEqual(await api.design.listArtifacts(), []);
});

test('a bundle above 40 MB is refused (413) before anything is stored', async () => {
  const api = await startWithPackage();
  const refused = await api.post('IntegrationDesigntimeArtifacts', {
    Id: 'huge',
    PackageId: 'P',
    ArtifactContent: Buffer.alloc(40 * 1024 * 1024 + 3).toString('base64'),
  });
  assert.equal(refused.status, 413);
  assert.deepEqual(await api.design.listArtifacts(), []);
});

test('a PUT with another Bundle-SymbolicName is refused (400) and changes nothing', async () => {
  const api = await startWithPackage();
  await api.post('IntegrationDesigntimeArtifacts', { Id: 'one', PackageId: 'P' });
  const before = await api.design.findArtifact('one');
  const refused = await api.put(active('one'), {
    ArtifactContent: bundleAt('/a', { id: 'another' }),
  });
  assert.equal(refused.status, 400);
  assert.match(errorIn(refused).message.value, /Bundle-SymbolicName .* must stay one/);
  assert.equal((await api.put(active('nobody'), { Name: 'x' })).status, 404);
  assert.equal((await api.put(active('one'), { Id: 'two' })).status, 400);
  assert.deepEqual(await api.design.findArtifact('one'), before);
});

test('a saved version never changes, whatever becomes of the active one', async () => {
  const api = await startWithPackage();
  const save = "IntegrationDesigntimeArtifactSaveAsVersion?Id='one'&SaveAsVersion=";
  await api.post('IntegrationDesigntimeArtifacts', {
    Id: 'one',
    PackageId: 'P',
    ArtifactContent: bundleAt('/a', { id: 'one' }),
  });
  assert.equal((await api.post(`${save}'2.0.0'`)).status, 200);
  assert.equal(entityIn(await api.get(active('one')))['Version'], '2.0.0');
  const saved = await api.artifacts.getContent('one', '2.0.0');
  assert.equal(bundleIdentity(saved.zip).version, '2.0.0');

  await api.put(active('one'), {
    ArtifactContent: bundleAt('/b', { id: 'one', name: 'Changed', version: '2.0.0' }),
  });
  const still = await api.artifacts.getContent('one', '2.0.0');
  assert.deepEqual([still.artifact.name, still.zip], ['one', saved.zip]);

  assert.equal((await api.post(`${save}'2.0.0'`)).status, 500);
  assert.equal((await api.post(`${save}'Active'`)).status, 400);
  const unknown = await api.get("IntegrationDesigntimeArtifacts(Id='one',Version='9.9.9')");
  assert.equal(unknown.status, 404);
  assert.equal(
    (await api.delete("IntegrationDesigntimeArtifacts(Id='one',Version='2.0.0')")).status,
    400,
  );

  const uid = (await api.design.findArtifact('one'))?.value.uid ?? '';
  assert.equal((await api.design.listVersions(uid)).length, 1);
  await api.delete(active('one'));
  assert.deepEqual(await api.design.listVersions(uid), []);
  await api.post('IntegrationDesigntimeArtifacts', { Id: 'one', PackageId: 'P' });
  assert.equal(
    (await api.get("IntegrationDesigntimeArtifacts(Id='one',Version='2.0.0')")).status,
    404,
  );
});

test('artifacts are listed in all and by package; other kinds of artifact are empty lists', async () => {
  const api = await startWithPackage();
  await api.post('IntegrationPackages', { Id: 'Q' });
  await api.post('IntegrationDesigntimeArtifacts', { Id: 'one', PackageId: 'P' });
  await api.post('IntegrationDesigntimeArtifacts', { Id: 'two', PackageId: 'Q' });
  const ids = async (path: string) => resultsIn(await api.get(path)).map((a) => a['Id']);
  assert.deepEqual(await ids('IntegrationDesigntimeArtifacts'), ['one', 'two']);
  assert.deepEqual(await ids("IntegrationPackages('Q')/IntegrationDesigntimeArtifacts"), ['two']);
  // FlashPipe asks for all four kinds before it deletes or copies.
  for (const kind of ['MessageMapping', 'ScriptCollection', 'ValueMapping']) {
    assert.deepEqual(await ids(`IntegrationPackages('P')/${kind}DesigntimeArtifacts`), []);
  }
  const nowhere = await api.get("IntegrationPackages('Z')/IntegrationDesigntimeArtifacts");
  assert.equal(nowhere.status, 404);
});

test('Configurations and Resources are read out of the bundle', async () => {
  const api = await startWithPackage();
  await api.post('IntegrationDesigntimeArtifacts', {
    Id: 'one',
    PackageId: 'P',
    ArtifactContent: bundleAt('/a', { id: 'one' }),
  });
  const [parameter] = resultsIn(await api.get(`${active('one')}/Configurations`));
  assert.deepEqual(
    [parameter?.['ParameterKey'], parameter?.['ParameterValue'], parameter?.['DataType']],
    ['first one', 'a b', 'xsd:string'],
  );
  const [resource, ...more] = resultsIn(await api.get(`${active('one')}/Resources`));
  assert.deepEqual([resource?.['Name'], resource?.['ResourceType']], ['script1.js', 'js']);
  assert.deepEqual(more, []);
  assert.equal((await api.get(`${active('one')}/Configurations/$count`)).text, '1');
});

test('a parameter is set in the bundle (202), and nothing else of it changes', async () => {
  const api = await startWithPackage();
  await api.post('IntegrationDesigntimeArtifacts', {
    Id: 'one',
    PackageId: 'P',
    ArtifactContent: bundleAt('/a', { id: 'one' }),
  });
  const before = readBundle((await api.artifacts.getContent('one', 'active')).zip);
  const links = `${active('one')}/$links/Configurations`;
  const value = ' a=b: "c" #!\\ é\n';
  const put = await api.put(`${links}('first%20one')`, { ParameterValue: value });
  assert.deepEqual([put.status, put.text], [202, '']);
  const [parameter] = resultsIn(await api.get(`${active('one')}/Configurations`));
  assert.equal(parameter?.['ParameterValue'], value);
  const { zip } = await api.artifacts.getContent('one', 'active');
  const after = readBundle(zip);
  assert.deepEqual(after.paths, before.paths);
  for (const path of before.paths.filter((name) => !name.endsWith('parameters.prop'))) {
    assert.deepEqual(after.read(path, 1e6), before.read(path, 1e6), path);
  }

  for (const [status, path, body] of [
    [404, `${links}('nothing')`, { ParameterValue: 'x' }],
    [400, `${links}('first%20one')`, {}],
    [400, `${links}('first%20one')`, { ParameterValue: 'x'.repeat(10_001) }],
    [404, `${active('nobody')}/$links/Configurations('first%20one')`, { ParameterValue: 'x' }],
    [501, `${active('one')}/$links/Resources(Name='script1.js',ResourceType='js')`, {}],
  ] as const) {
    assert.equal((await api.put(path, body)).status, status, path);
  }
  assert.deepEqual((await api.artifacts.getContent('one', 'active')).zip, zip);
});

test('creates of one Id at the same time leave one artifact; changes at the same time lose no bundle', async () => {
  const api = await startWithPackage();
  const create = (name: string) =>
    api.post('IntegrationDesigntimeArtifacts', {
      Id: 'one',
      Name: name,
      PackageId: 'P',
      ArtifactContent: bundleAt('/a', { id: 'one' }),
    });
  const names = ['n1', 'n2', 'n3', 'n4'];
  const statuses = (await Promise.all(names.map(create))).map((answer) => answer.status);
  assert.deepEqual(statuses.sort(), [201, 500, 500, 500]);
  await Promise.all(
    names.map((name) =>
      api.put(active('one'), { ArtifactContent: bundleAt('/a', { id: 'one', name }) }),
    ),
  );
  const { artifact, zip } = await api.artifacts.getContent('one', 'active');
  assert.equal(bundleIdentity(zip).name, artifact.name);
});
