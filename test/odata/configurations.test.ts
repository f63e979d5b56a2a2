import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBundle } from '../../shared/iflow/bundle/bundle.ts';
import { flowBundle, line } from '../support/flow-bundle.ts';
import { type ApiUnderTest, entityIn, errorIn, resultsIn, startApi } from './api-under-test.ts';

const active = "IntegrationDesigntimeArtifacts(Id='Tested',Version='active')";

/** An iFlow whose address has a definition and no value. */
function bundle(parameters: Readonly<Record<string, string>>): string {
  const zip = flowBundle({
    senders: [{ adapter: 'HTTPS', to: 'Start_1', properties: { urlPath: '{{address}}' } }],
    processes: [line()],
    parameters,
    files: {
      'parameters.propdef':
        '<parameters><parameter><key/><name>address</name><type>xsd:string</type></parameter><parameter><key/><name>count</name><type>xsd:integer</type></parameter></parameters>',
    },
  });
  return Buffer.from(zip).toString('base64');
}

async function startWith(parameters: Readonly<Record<string, string>>): Promise<ApiUnderTest> {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P' });
  const artifact = { Id: 'Tested', PackageId: 'P', ArtifactContent: bundle(parameters) };
  assert.equal((await api.post('IntegrationDesigntimeArtifacts', artifact)).status, 201);
  return api;
}

const configure = (api: ApiUnderTest, name: string, value: string) =>
  api.put(`${active}/$links/Configurations('${name}')`, {
    ...{ ParameterKey: name, ParameterValue: value, DataType: 'xsd:string' },
  });

const listed = async (api: ApiUnderTest): Promise<unknown[][]> =>
  resultsIn(await api.get(`${active}/Configurations`)).map((one) => [
    one['ParameterKey'],
    one['ParameterValue'],
    one['DataType'],
  ]);

async function deployed(api: ApiUnderTest): Promise<readonly string[] | undefined> {
  await api.post("DeployIntegrationDesigntimeArtifact?Id='Tested'&Version='active'");
  const [deployment] = (await api.directory.current(0)).deployments;
  return deployment?.status === 'STARTED' ? deployment.addresses : undefined;
}

test('a parameter that is defined and has no value is listed, and filled for the deployment', async () => {
  const api = await startWith({ count: '1' });
  assert.deepEqual(await listed(api), [
    ['count', '1', 'xsd:integer'],
    ['address', '', 'xsd:string'],
  ]);
  assert.equal(await deployed(api), undefined);
  const [failed] = (await api.directory.current(0)).deployments;
  assert.match(failed?.faults.join() ?? '', /parameter "address" has no value/);

  assert.equal((await configure(api, 'address', '/filled')).status, 202);
  assert.deepEqual((await listed(api))[1], ['address', '/filled', 'xsd:string']);
  assert.deepEqual(await deployed(api), ['/filled']);
  const expanded = entityIn(await api.get(`${active}?$expand=Configurations`));
  assert.equal((expanded['Configurations'] as { results: unknown[] }).results.length, 2);
});

test('configured values last when the bundle is replaced, for as long as it has the parameter', async () => {
  const api = await startWith({ address: '/first', count: '1' });
  await configure(api, 'address', '/mine');
  await configure(api, 'count', '2');
  const put = (parameters: Readonly<Record<string, string>>) =>
    api.put(active, { ArtifactContent: bundle(parameters) });
  await put({ address: '/second', count: '3', other: 'o' });
  assert.deepEqual(await deployed(api), ['/mine']);
  assert.deepEqual(
    (await listed(api)).map(([name, value]) => [name, value]),
    [
      ['address', '/mine'],
      ['count', '2'],
      ['other', 'o'],
    ],
  );
  const save = "IntegrationDesigntimeArtifactSaveAsVersion?Id='Tested'&SaveAsVersion='2.0.0'";
  await api.post(save);
  await configure(api, 'address', '/later');
  const { zip } = await api.artifacts.getContent('Tested', '2.0.0');
  assert.equal(readBundle(zip).parameters.get('address'), '/mine');
});

test('values are set at the same time, and none is lost', async () => {
  const names = Array.from({ length: 8 }, (_, i) => `p${i}`);
  const api = await startWith(Object.fromEntries(names.map((name) => [name, 'x'])));
  await Promise.all(names.map((name) => configure(api, name, `${name}!`)));
  const values = new Map((await listed(api)).map(([name, value]) => [name, value]));
  for (const name of names) assert.equal(values.get(name), `${name}!`);
});

test('configured values that are too large together are refused (400), and those before them stay', async () => {
  const names = Array.from({ length: 40 }, (_, i) => `p${i}`);
  const api = await startWith(Object.fromEntries(names.map((name) => [name, 'x'])));
  let refused = 0;
  for (const name of names) {
    const answer = await configure(api, name, '\u00e9'.repeat(10_000));
    if (answer.status === 202) continue;
    refused += 1;
    assert.equal(answer.status, 400);
    assert.match(errorIn(answer).message.value, /together have at most 300000 bytes/);
  }
  assert.equal(refused, 26);
  const filled = (await listed(api)).filter(([, value]) => String(value).length === 10_000);
  assert.equal(filled.length, 14);
});

test('names that every object has are names like others', async () => {
  const api = await startWith({ constructor: 'c', ['__proto__']: 'p' });
  assert.equal((await configure(api, 'constructor', 'C')).status, 202);
  assert.equal((await configure(api, '__proto__', 'P')).status, 202);
  assert.equal((await configure(api, 'toString', 'x')).status, 404);
  const values = (await listed(api)).map(([name, value]) => `${String(name)}=${String(value)}`);
  assert.ok(values.includes('constructor=C'), values.join());
  assert.ok(values.includes('__proto__=P'), values.join());
});

test('an iFlow whose parameters.prop is too large to be read is downloaded as it was uploaded, and exported', async () => {
  const api = await startWith({ count: '1' });
  assert.equal((await configure(api, 'count', '2')).status, 202);
  const large = bundle({ count: '1', filler: 'x'.repeat(4 * 1024 * 1024) });
  assert.equal((await api.put(active, { ArtifactContent: large })).status, 200);
  const downloaded = await api.get(`${active}/$value`);
  assert.ok(downloaded.bytes.equals(Buffer.from(large, 'base64')));
  assert.equal((await api.get("IntegrationPackages('P')/$value")).status, 200);
  assert.equal(await deployed(api), undefined);
  const [failed] = (await api.directory.current(0)).deployments;
  assert.match(failed?.faults.join() ?? '', /parameters.prop is too large/);
});
