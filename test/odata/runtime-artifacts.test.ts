import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { CompiledFlow } from '../../shared/iflow/flow.ts';
import {
  type ApiUnderTest,
  bundleAt,
  entityIn,
  errorIn,
  resultsIn,
  startApi,
} from './api-under-test.ts';

async function upload(api: ApiUnderTest, id: string, address: string): Promise<void> {
  await api.post('IntegrationPackages', { Id: 'P', Name: 'Partners' });
  await api.post('IntegrationDesigntimeArtifacts', {
    Id: id,
    PackageId: 'P',
    ArtifactContent: bundleAt(address, { id }),
  });
}

const deploy = (api: ApiUnderTest, id: string) =>
  api.post(`DeployIntegrationDesigntimeArtifact?Id='${id}'&Version='active'`);

const statusOf = async (api: ApiUnderTest, id: string) =>
  entityIn(await api.get(`IntegrationRuntimeArtifacts('${id}')`))['Status'];

test('a deploy answers 202 with the task’s id; task, runtime artifact and endpoint tell the outcome', async () => {
  const api = await startApi();
  await upload(api, 'hello', '/v1/test/hello');
  const deployed = await deploy(api, 'hello');
  assert.equal(deployed.status, 202);
  assert.match(deployed.text, /^[0-9a-f-]{36}$/);
  assert.equal(deployed.headers.get('content-type'), 'text/plain;charset=utf-8');

  const task = entityIn(await api.get(`BuildAndDeployStatus(TaskId='${deployed.text}')`));
  assert.deepEqual([task['TaskId'], task['Status']], [deployed.text, 'SUCCESS']);
  const runtime = entityIn(await api.get("IntegrationRuntimeArtifacts('hello')"));
  assert.deepEqual(
    [runtime['Id'], runtime['Version'], runtime['Type'], runtime['Status'], runtime['DeployedBy']],
    ['hello', '1.0.0', 'INTEGRATION_FLOW', 'STARTED', 'oauth_client_tester'],
  );
  assert.equal(runtime['DeployedOn'], `/Date(${api.clock.now()})/`);
  const noError = await api.get("IntegrationRuntimeArtifacts('hello')/ErrorInformation/$value");
  assert.deepEqual([noError.status, noError.text], [204, '']);

  const [endpoint] = resultsIn(await api.get('ServiceEndpoints?$expand=EntryPoints'));
  assert.deepEqual(
    [endpoint?.['Name'], endpoint?.['Id'], endpoint?.['Protocol']],
    ['hello', 'hello$endpointAddress=v1/test/hello', 'REST'],
  );
  const [entryPoint] = (endpoint?.['EntryPoints'] as { results: Record<string, unknown>[] })
    .results;
  assert.equal(entryPoint?.['Url'], 'https://flowgate.example/http/v1/test/hello');
  const byName = await api.get("ServiceEndpoints?$filter=Name eq 'nobody'");
  assert.deepEqual(resultsIn(byName), []);
  const byId = "ServiceEndpoints('hello$endpointAddress=v1/test/hello')/EntryPoints";
  assert.equal(resultsIn(await api.get(byId)).length, 1);

  const snapshot = await api.directory.current();
  const flow = await api.directory.compiledFlow(snapshot.deployments[0]?.revision ?? '');
  assert.equal(flow.senders[0]?.address, '/v1/test/hello');
});

test('an unknown artifact, version or task is 404, and nothing is deployed', async () => {
  const api = await startApi();
  await upload(api, 'hello', '/hello');
  assert.equal((await deploy(api, 'nobody')).status, 404);
  const version = await api.post("DeployIntegrationDesigntimeArtifact?Id='hello'&Version='7.0.0'");
  assert.equal(version.status, 404);
  for (const query of [
    '',
    "?Id='hello'",
    "?Id=hello&Version='active'",
    "?Id='a'&Id='b'&Version='active'",
  ]) {
    const refused = await api.post(`DeployIntegrationDesigntimeArtifact${query}`);
    assert.equal(refused.status, 400, query);
  }
  assert.equal((await api.get("BuildAndDeployStatus(TaskId='nothing')")).status, 404);
  assert.deepEqual((await api.store.readState()).deployments, []);
});

test('a bundle that asks for what is not there ends in ERROR, and parameter[0] names every fault', async () => {
  const faults = ['Step "A" (PGP) is not available yet.', 'Step "B" (Saw) is not available yet.'];
  const api = await startApi({
    compileBundle: () => {
      throw Object.assign(new Error('faults'), { faults });
    },
  });
  await upload(api, 'hello', '/hello');
  const deployed = await deploy(api, 'hello');
  assert.equal(deployed.status, 202);
  const task = entityIn(await api.get(`BuildAndDeployStatus(TaskId='${deployed.text}')`));
  assert.equal(task['Status'], 'FAIL');
  assert.equal(await statusOf(api, 'hello'), 'ERROR');
  const value = await api.get("IntegrationRuntimeArtifacts('hello')/ErrorInformation/$value");
  assert.deepEqual(value.json(), {
    message: {
      subsystemName: 'CONTENT',
      subsytemPartName: 'CONTENT_DEPLOY',
      messageId: 'GenerationFailed',
      messageText: '',
    },
    parameter: [faults.join('\n')],
  });
  assert.deepEqual(resultsIn(await api.get('ServiceEndpoints')), []);
});

test('a fault that is our own is no ERROR of the iFlow: the deploy fails and deploys nothing', async () => {
  const api = await startApi({
    compileBundle: () => {
      throw new TypeError('a mistake of ours');
    },
  });
  await upload(api, 'hello', '/hello');
  await assert.rejects(deploy(api, 'hello'), TypeError);
  assert.deepEqual((await api.store.readState()).deployments, []);
});

test('an address that is taken ends the second deploy in ERROR, naming both; the first stays', async () => {
  const api = await startApi();
  await upload(api, 'first', '/v1/orders/*');
  await upload(api, 'second', '/V1/orders/new');
  await deploy(api, 'first');
  await deploy(api, 'second');
  assert.equal(await statusOf(api, 'first'), 'STARTED');
  assert.equal(await statusOf(api, 'second'), 'ERROR');
  const error = await api.get("IntegrationRuntimeArtifacts('second')/ErrorInformation/$value");
  assert.match(
    error.text,
    /\/V1\/orders\/new is taken: the iFlow first \(first\) .* at \/v1\/orders\/\*/,
  );

  assert.equal((await api.delete("IntegrationRuntimeArtifacts('first')")).status, 202);
  await deploy(api, 'second');
  assert.equal(await statusOf(api, 'second'), 'STARTED');
});

test('a redeploy replaces its own addresses; one that fails takes the version before it out of service', async () => {
  const api = await startApi();
  await upload(api, 'one', '/a');
  await upload(api, 'other', '/b');
  await deploy(api, 'one');
  await deploy(api, 'one');
  assert.equal(await statusOf(api, 'one'), 'STARTED');
  await deploy(api, 'other');
  await api.put("IntegrationDesigntimeArtifacts(Id='one',Version='active')", {
    ArtifactContent: bundleAt('/b', { id: 'one' }),
  });
  await deploy(api, 'one');
  const { deployments } = await api.directory.current();
  assert.deepEqual(
    deployments.map(({ id, status, addresses }) => [id, status, addresses]),
    [
      ['one', 'ERROR', []],
      ['other', 'STARTED', ['/b']],
    ],
  );
});

test('the flow before the last deploy is kept for instances that still run it; older ones go', async () => {
  const api = await startApi();
  await upload(api, 'one', '/a');
  const revisions: string[] = [];
  for (let i = 0; i < 3; i += 1) {
    await deploy(api, 'one');
    revisions.push((await api.directory.current()).deployments[0]?.revision ?? '');
  }
  const [oldest = '', previous = '', latest = ''] = revisions;
  assert.equal(await api.store.readFlow(oldest), undefined);
  assert.ok((await api.store.readFlow(previous)) !== undefined);
  assert.ok((await api.store.readFlow(latest)) !== undefined);
  await api.delete("IntegrationRuntimeArtifacts('one')");
  assert.equal(await api.store.readFlow(latest), undefined);
  assert.equal(await api.store.readFlow(previous), undefined);
});

test('only the ten latest tasks of an iFlow can be asked for', async () => {
  const api = await startApi();
  await upload(api, 'one', '/a');
  const taskIds: string[] = [];
  for (let i = 0; i < 11; i += 1) taskIds.push((await deploy(api, 'one')).text);
  assert.equal(await api.tasks.find(taskIds[0] ?? ''), undefined);
  assert.equal((await api.tasks.find(taskIds[1] ?? ''))?.status, 'SUCCESS');
});

test('what is not deployed is 404 in the words that published tools look for', async () => {
  const api = await startApi();
  for (const answer of [
    await api.get("IntegrationRuntimeArtifacts('nobody')"),
    await api.get("IntegrationRuntimeArtifacts('nobody')/ErrorInformation/$value"),
    await api.delete("IntegrationRuntimeArtifacts('nobody')"),
  ]) {
    assert.equal(answer.status, 404);
    assert.equal(errorIn(answer).message.value, 'Requested entity could not be found.');
  }
  assert.equal((await api.post('IntegrationRuntimeArtifacts', {})).status, 501);
  assert.equal(await api.store.readGeneration(), '');
});

/** A compiled flow with a sender at each address. */
function flowAt(addresses: readonly string[]): CompiledFlow {
  return {
    format: 2,
    id: 'many',
    name: 'many',
    version: '1.0.0',
    settings: {
      namespaces: {},
      allowedHeaders: [],
      returnExceptionToSender: false,
      httpSessionHandling: 'None',
    },
    senders: addresses.map((address, i) => ({
      adapter: 'HTTPS',
      channelId: `c${i}`,
      channelName: `c${i}`,
      address,
      userRole: 'ESBMessaging.send',
      csrfProtected: false,
      maximumBodySize: 1,
      processId: 'p',
      startId: 's',
    })),
    directSenders: [],
    timers: [],
    processes: {},
    resources: {},
  };
}

test('addresses that overlap within one iFlow, and too many of them, end in ERROR', async () => {
  const many = Array.from({ length: 201 }, (_, i) => `/many/${i}`);
  for (const [addresses, expected] of [
    [['/a/*', '/A/b'], /The address \/A\/b overlaps that of another sender channel of this iFlow/],
    [many, /may have 200 sender channels; this one has 201/],
  ] as const) {
    const api = await startApi({ compileBundle: () => ({ flow: flowAt(addresses) }) });
    await upload(api, 'many', '/unused');
    await deploy(api, 'many');
    assert.equal(await statusOf(api, 'many'), 'ERROR');
    const error = await api.get("IntegrationRuntimeArtifacts('many')/ErrorInformation/$value");
    assert.match(error.text, expected);
    assert.deepEqual(resultsIn(await api.get('ServiceEndpoints')), []);
  }
});

test('a flow without a sender is STARTED and has no endpoint', async () => {
  const api = await startApi({ compileBundle: () => ({ flow: flowAt([]) }) });
  await upload(api, 'quiet', '/unused');
  // As integrationArtifactDeploy of SAP/jenkins-library spells the version.
  await api.post("DeployIntegrationDesigntimeArtifact?Id='quiet'&Version='Active'");
  assert.equal(await statusOf(api, 'quiet'), 'STARTED');
  assert.deepEqual(resultsIn(await api.get('ServiceEndpoints')), []);
});

test('faults without end are cut, and the text says how many more there are', async () => {
  const api = await startApi({
    compileBundle: () => {
      const faults = Array.from({ length: 5000 }, (_, i) => `Fault ${i} ${'\u0001'.repeat(5000)}`);
      throw Object.assign(new Error('faults'), { faults });
    },
  });
  await upload(api, 'broken', '/unused');
  await deploy(api, 'broken');
  assert.equal(await statusOf(api, 'broken'), 'ERROR');
  const error = await api.get("IntegrationRuntimeArtifacts('broken')/ErrorInformation/$value");
  assert.match(error.text, /And 4900 more\./);
  const [deployment] = (await api.directory.current()).deployments;
  assert.ok((deployment?.faults.join().length ?? Infinity) < 110_000);
});

test('a flow too large to keep ends in ERROR, and its rows are not left behind', async () => {
  const flow = {
    ...flowAt(['/a']),
    resources: { 'a.js': randomBytes(26_000_000).toString('latin1') },
  };
  const api = await startApi({ compileBundle: () => ({ flow }) });
  await upload(api, 'large', '/unused');
  await deploy(api, 'large');
  assert.equal(await statusOf(api, 'large'), 'ERROR');
  const [deployment] = (await api.directory.current()).deployments;
  assert.match(deployment?.faults.join() ?? '', /too large to deploy/);
  assert.equal(await api.store.readFlow(deployment?.revision ?? ''), undefined);
});
