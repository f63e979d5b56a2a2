import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleAt, startApi } from './api-under-test.ts';

test('every change is listed with the user, the artifact and what came of it', async () => {
  const api = await startApi();
  const upload = (id: string, address: string) =>
    api.post('IntegrationDesigntimeArtifacts', {
      Id: id,
      PackageId: 'P',
      ArtifactContent: bundleAt(address, { id }),
    });
  const key = "IntegrationDesigntimeArtifacts(Id='one',Version='active')";
  const deploy = (id: string) =>
    api.post(`DeployIntegrationDesigntimeArtifact?Id='${id}'&Version='active'`);
  const parameter = `${key}/$links/Configurations(ParameterKey='first one')`;
  const statuses = [
    await api.post('IntegrationPackages', { Id: 'P', Name: 'P' }),
    await api.put("IntegrationPackages('P')", { Name: 'Partners' }),
    await upload('one', '/same'),
    await upload('two', '/same'),
    await api.put(key, { Name: 'One' }),
    await api.put(parameter, { ParameterValue: 'a secret value' }),
    await api.post("IntegrationDesigntimeArtifactSaveAsVersion?Id='one'&SaveAsVersion='2.0.0'"),
    await deploy('one'),
    await deploy('two'),
    await api.delete("IntegrationRuntimeArtifacts('one')"),
    await api.delete(key),
    await api.delete("IntegrationPackages('P')"),
  ].map(({ status }) => status);
  assert.deepEqual(statuses, [201, 202, 201, 201, 200, 202, 200, 202, 202, 202, 200, 202]);
  const events = api.trail.events.map(({ action, actor, object, detail, note }) => {
    assert.equal(actor, 'oauth_client_tester');
    const outcome = note?.outcome ?? 'success';
    const more = (note?.detail ?? detail ?? '').replace(/task \S+/, 'task …');
    return [action, `${object.type} ${note?.name ?? object.name}`, outcome, more].join(' | ');
  });
  assert.deepEqual(events, [
    'package.create | package P | success | ',
    'package.change | package P | success | ',
    'artifact.create | iflow one | success | ',
    'artifact.create | iflow two | success | ',
    'artifact.change | iflow one | success | ',
    'artifact.change | iflow one | success | first one',
    'artifact.save_version | iflow one | success | ',
    'iflow.deploy | iflow one | success | version active, task …',
    'iflow.deploy | iflow two | failure | version active, task …',
    'iflow.undeploy | iflow one | success | ',
    'artifact.delete | iflow one | success | ',
    'package.delete | package P | success | ',
  ]);
});

test('reading is not listed, and a change that has no name in the trail is listed by its address', async () => {
  const api = await startApi();
  await api.get('IntegrationPackages');
  await api.send({ method: 'HEAD', path: 'IntegrationPackages' });
  await api.send({ method: 'OPTIONS', path: 'IntegrationPackages' });
  assert.deepEqual(api.trail.events, []);
  assert.equal((await api.post('UpsertValMaps')).status, 501);
  assert.deepEqual(
    api.trail.events.map(({ action, object, note }) => [action, object, note]),
    [['api.post', { type: 'UpsertValMaps', name: '' }, undefined]],
  );
});

test('a change is listed by what it changes, in whatever order the address has the keys', async () => {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P', Name: 'P' });
  const flow = { Id: 'one', PackageId: 'P', ArtifactContent: bundleAt('/one', { id: 'one' }) };
  await api.post('IntegrationDesigntimeArtifacts', flow);
  const parameter = { Pid: 'Partner', Id: 'Address', Value: 'a secret value' };
  await api.post('StringParameters', parameter);
  const statuses = [
    await api.put("StringParameters(Id='Address',Pid='Partner')", { Value: 'another secret' }),
    await api.delete("StringParameters(Id='Address',Pid='Partner')"),
    await api.delete(
      "DataStoreEntries(Type='',IntegrationFlow='Flow',DataStoreName='Orders',Id='17')",
    ),
    await api.delete("IntegrationDesigntimeArtifacts(Version='active',Id='one')"),
  ].map(({ status }) => status);
  assert.deepEqual(statuses, [204, 204, 404, 200]);
  const events = api.trail.events.map(({ action, object, detail = '', note }) =>
    [action, `${object.type} ${note?.name ?? object.name}`, note?.detail ?? detail].join(' | '),
  );
  assert.deepEqual(events.slice(2), [
    'partner.change | partner Partner | Address',
    'partner.change | partner Partner | Address',
    'partner.change | partner Partner | Address',
    'data_store_entry.delete | data_store_entry 17 | Orders, Flow',
    'artifact.delete | iflow one | ',
  ]);
});
