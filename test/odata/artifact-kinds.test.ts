import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { bundleIdentity } from '../../shared/iflow/bundle/bundle.ts';
import { inflate, readZip } from '../../shared/iflow/bundle/unzip.ts';
import { messageMapping, scriptCollection, valueMapping } from '../support/content-package.ts';
import {
  type ApiUnderTest,
  bundleAt,
  entityIn,
  errorIn,
  resultsIn,
  startApi,
} from './api-under-test.ts';

const base64 = (zip: Uint8Array): string => Buffer.from(zip).toString('base64');

const BUNDLES = {
  ScriptCollection: (id: string) => scriptCollection({ id, name: 'Shared' }, { 'a.js': 'var a;' }),
  ValueMapping: (id: string) =>
    valueMapping({ id, name: 'Shared' }, [
      [
        ['A', 'Id', '1'],
        ['B', 'Id', 'one'],
      ],
    ]),
  MessageMapping: (id: string) => messageMapping({ id, name: 'Shared' }),
} as const;

type Kind = keyof typeof BUNDLES;
const KINDS = Object.keys(BUNDLES) as Kind[];

const setOf = (kind: string): string => `${kind}DesigntimeArtifacts`;
const active = (kind: string, id: string): string => `${setOf(kind)}(Id='${id}',Version='active')`;
const deploy = (api: ApiUnderTest, kind: string, id: string) =>
  api.post(`Deploy${kind}DesigntimeArtifact?Id='${id}'&Version='active'`);

async function startWithPackage(): Promise<ApiUnderTest> {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P', Name: 'Partners' });
  return api;
}

const create = (api: ApiUnderTest, kind: Kind, id: string) =>
  api.post(setOf(kind), {
    ...{ Id: id, Name: 'Shared', PackageId: 'P', Description: 'd' },
    ArtifactContent: base64(BUNDLES[kind](id)),
  });

async function faultsOf(api: ApiUnderTest, id: string): Promise<string> {
  const error = await api.get(`IntegrationRuntimeArtifacts('${id}')/ErrorInformation/$value`);
  if (error.status === 204) return '';
  return (error.json()['parameter'] as string[]).join();
}

for (const kind of KINDS) {
  test(`a ${kind} is created (201), read, replaced (200), downloaded as it came in, saved as a version and deleted (200)`, async () => {
    const api = await startWithPackage();
    const created = await create(api, kind, 'one');
    assert.equal(created.status, 201, created.text);
    const { __metadata: metadata, ...shown } = entityIn(await api.get(active(kind, 'one')));
    assert.equal((metadata as { type: string }).type, `com.sap.hci.api.${kind}DesigntimeArtifact`);
    const { Resources: resources, ...properties } = shown;
    assert.ok(resources !== undefined);
    assert.deepEqual(properties, {
      ...{ Id: 'one', Version: '1.0.0', PackageId: 'P', Name: 'Shared', Description: 'd' },
    });
    const value = await api.get(`${active(kind, 'one')}/$value`);
    assert.ok(value.bytes.equals(BUNDLES[kind]('one')));
    const inPackage = await api.get(`IntegrationPackages('P')/${setOf(kind)}`);
    assert.equal(resultsIn(inPackage).length, 1);
    const expanded = entityIn(await api.get(`IntegrationPackages('P')?$expand=${setOf(kind)}`));
    assert.equal((expanded[setOf(kind)] as { results: unknown[] }).results.length, 1);

    // Other sets do not know it, and the Id is taken in all of them.
    assert.equal((await api.get(active('Integration', 'one'))).status, 404);
    assert.equal((await api.delete(active('Integration', 'one'))).status, 404);
    const taken = await api.post(setOf('Integration'), { Id: 'one', PackageId: 'P' });
    assert.equal(taken.status, 500);
    assert.match(errorIn(taken).message.value, /^A [a-z]+ [a-z]+ Shared with the artifact ID one/);

    const save = `${kind}DesigntimeArtifactSaveAsVersion?Id='one'&SaveAsVersion='1.2.0'`;
    assert.equal((await api.post(save)).status, 200);
    const saved = await api.get(`${setOf(kind)}(Id='one',Version='1.2.0')/$value`);
    assert.equal(bundleIdentity(saved.bytes).version, '1.2.0');
    const put = await api.put(active(kind, 'one'), {
      ArtifactContent: base64(BUNDLES[kind]('one')),
    });
    assert.equal(put.status, 200);
    assert.equal(entityIn(await api.get(active(kind, 'one')))['Version'], '1.0.0');
    assert.equal((await api.delete(active(kind, 'one'))).status, 200);
    assert.equal((await api.get(active(kind, 'one'))).status, 404);
  });

  test(`a bundle that is no ${kind} is sent to where it belongs (400), and nothing is created`, async () => {
    const api = await startWithPackage();
    const refused = await api.post(setOf(kind), {
      ...{ Id: 'one', PackageId: 'P' },
      ArtifactContent: bundleAt('/one', { id: 'one' }),
    });
    assert.equal(refused.status, 400);
    assert.match(
      errorIn(refused).message.value,
      /is an IntegrationFlow, not a .* Send it to IntegrationDesigntimeArtifacts/,
    );
    const iflow = await api.post(setOf('Integration'), {
      ...{ Id: 'one', PackageId: 'P' },
      ArtifactContent: base64(BUNDLES[kind]('one')),
    });
    assert.match(errorIn(iflow).message.value, new RegExp(`Send it to ${setOf(kind)}`));
    assert.deepEqual(await api.design.listArtifacts(), []);
  });
}

test('a collection and a value mapping without content are empty ones, and can be deployed; a message mapping needs its bundle', async () => {
  const api = await startWithPackage();
  for (const kind of ['ScriptCollection', 'ValueMapping'] as const) {
    const made = await api.post(setOf(kind), { Id: `made${kind}`, Name: 'Made', PackageId: 'P' });
    assert.equal(made.status, 201, made.text);
    await deploy(api, kind, `made${kind}`);
    assert.equal(await faultsOf(api, `made${kind}`), '');
  }
  const refused = await api.post(setOf('MessageMapping'), { Id: 'map', PackageId: 'P' });
  assert.equal(refused.status, 400);
  assert.match(errorIn(refused).message.value, /created from its bundle/);
});

test('a script collection that is renamed provides its scripts under the new Id', async () => {
  const api = await startWithPackage();
  await api.post(setOf('ScriptCollection'), {
    ...{ Id: 'copy', Name: 'A copy', PackageId: 'P' },
    ArtifactContent: base64(BUNDLES.ScriptCollection('one')),
  });
  const { zip } = await api.kinds.ScriptCollection.getContent('copy', 'active');
  const manifest = readZip(zip).get('META-INF/MANIFEST.MF');
  assert.ok(manifest !== undefined);
  const text = Buffer.from(inflate(manifest)).toString();
  assert.match(text, /^Provide-Capability: scriptcollection\.copy;version:Version="1\.0\.0"\r$/m);
});

test('runtime artifacts show their type; a message mapping is refused by name and deploys nothing', async () => {
  const api = await startWithPackage();
  for (const kind of KINDS) await create(api, kind, `a${kind}`);
  await api.post(setOf('Integration'), {
    ...{ Id: 'flow', PackageId: 'P' },
    ArtifactContent: bundleAt('/flow', { id: 'flow' }),
  });
  await deploy(api, 'Integration', 'flow');
  for (const kind of KINDS) assert.equal((await deploy(api, kind, `a${kind}`)).status, 202);
  const shown = resultsIn(await api.get('IntegrationRuntimeArtifacts'));
  assert.deepEqual(
    shown.map((one) => [one['Id'], one['Type'], one['Status']]),
    [
      ['aMessageMapping', 'MESSAGE_MAPPING', 'ERROR'],
      ['aScriptCollection', 'SCRIPT_COLLECTION', 'STARTED'],
      ['aValueMapping', 'VALUE_MAPPING', 'STARTED'],
      ['flow', 'INTEGRATION_FLOW', 'STARTED'],
    ],
  );
  assert.equal(
    await faultsOf(api, 'aMessageMapping'),
    'Message mappings are kept and exported, and cannot run yet.',
  );
  const filtered = await api.get("IntegrationRuntimeArtifacts?$filter=Type eq 'VALUE_MAPPING'");
  assert.equal(resultsIn(filtered).length, 1);
  assert.deepEqual(
    resultsIn(await api.get('ServiceEndpoints')).map((one) => one['Name']),
    ['flow'],
  );
  // Each function deploys its own kind only.
  assert.equal((await deploy(api, 'Integration', 'aValueMapping')).status, 404);
  for (const kind of KINDS) {
    assert.equal((await api.delete(`IntegrationRuntimeArtifacts('a${kind}')`)).status, 202);
  }
});

test('what a collection or a value mapping has that cannot be used ends in ERROR, with every fault', async () => {
  const api = await startWithPackage();
  const put = async (kind: Kind, id: string, zip: Uint8Array): Promise<string> => {
    const body = { Id: id, PackageId: 'P', ArtifactContent: base64(zip) };
    assert.equal((await api.post(setOf(kind), body)).status, 201);
    await deploy(api, kind, id);
    return faultsOf(api, id);
  };
  const latin = scriptCollection({ id: 'latin' }, { 'a.js': Buffer.from([0xe9]), 'b.jar': 'PK' });
  assert.match(await put('ScriptCollection', 'latin', latin), /a\.js is not UTF-8 text/);
  const huge = scriptCollection({ id: 'huge' }, { 'a.js': ' '.repeat(2 * 1024 * 1024 + 1) });
  assert.match(await put('ScriptCollection', 'huge', huge), /a\.js is too large/);
  const alone = valueMapping({ id: 'alone' }, [[['A', 'Id', '1']]]);
  assert.match(await put('ValueMapping', 'alone', alone), /has 1 entries; it needs 2 to 100/);
});

test('values one by one are refused with what to do instead (501)', async () => {
  const api = await startWithPackage();
  await create(api, 'ValueMapping', 'one');
  const schema = `${active('ValueMapping', 'one')}/ValMapSchema`;
  const key = "(SrcAgency='A',SrcId='Id',TgtAgency='B',TgtId='Id')";
  for (const answer of [
    await api.get(schema),
    await api.get(`${schema}${key}/ValMaps`),
    await api.delete(`${schema}${key}`),
    await api.post("UpsertValMaps?Id='one'&Version='active'"),
  ]) {
    assert.equal(answer.status, 501);
    assert.match(errorIn(answer).message.value, /Change value_mapping\.xml in its bundle/);
  }
});

const scriptOf = (name: string): string =>
  `function processData(message) { message.setBody('${name}'); return message; }`;

test('SAP Help, Consuming a Script Collection: an iFlow takes its scripts from collections of all packages', async () => {
  const api = await startWithPackage();
  await api.post('IntegrationPackages', { Id: 'Q' });
  const bundle = buildBundle({
    ...{ id: 'flow', name: 'flow', address: '/flow' },
    steps: ['a.js', 'folder/b.js'].map((script) => ({
      ...{ type: 'raw' as const, name: script, cname: 'JavaScript' },
      properties: { script, scriptBundleId: 'shared' },
    })),
  });
  await api.post(setOf('Integration'), {
    ...{ Id: 'flow', PackageId: 'P' },
    ArtifactContent: base64(bundle),
  });
  await deploy(api, 'Integration', 'flow');
  assert.match(
    await faultsOf(api, 'flow'),
    /uses the script collection shared, which is not there/,
  );

  const collection = (scripts: Record<string, string>): string =>
    base64(scriptCollection({ id: 'shared' }, scripts));
  await api.post(setOf('ScriptCollection'), {
    ...{ Id: 'shared', PackageId: 'Q' },
    ArtifactContent: collection({ 'a.js': scriptOf('first') }),
  });
  await deploy(api, 'Integration', 'flow');
  assert.equal(
    await faultsOf(api, 'flow'),
    'Step "folder/b.js" (JavaScript) names the script "folder/b.js", which the script collection shared does not have.',
  );

  const scriptsOf = async (): Promise<Readonly<Record<string, string>>> => {
    const { deployments } = await api.directory.current(0);
    const found = deployments.find(({ id }) => id === 'flow');
    return (await api.directory.compiledFlow(found?.revision ?? '')).resources;
  };
  const change = (scripts: Record<string, string>) =>
    api.put(active('ScriptCollection', 'shared'), { ArtifactContent: collection(scripts) });
  await change({ 'a.js': scriptOf('second'), 'folder/b.js': scriptOf('b') });
  await deploy(api, 'Integration', 'flow');
  assert.equal(await faultsOf(api, 'flow'), '');
  const both = { 'shared/a.js': scriptOf('second'), 'shared/folder/b.js': scriptOf('b') };
  assert.deepEqual(await scriptsOf(), both);

  // A collection's next version counts for iFlows that are deployed after it.
  await change({ 'a.js': scriptOf('third'), 'folder/b.js': scriptOf('b') });
  await deploy(api, 'ScriptCollection', 'shared');
  assert.deepEqual(await scriptsOf(), both);
  await deploy(api, 'Integration', 'flow');
  assert.equal((await scriptsOf())['shared/a.js'], scriptOf('third'));
});
