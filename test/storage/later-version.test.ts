import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { openDeploymentStore } from '../../shared/storage/deployments.ts';
import { openDesignStore } from '../../shared/storage/design.ts';
import { packJson, unpackJson } from '../../shared/storage/packed-json.ts';
import { openTables, type TableName, type Tables } from '../../shared/storage/tables.ts';
import {
  basic,
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';

/*
 * Rows as a later version may have left them (docs/upgrades.md): properties and members that this
 * version does not know. It reads them, and a change by it loses nothing.
 */

const CLIENTS = '/registry/v1/clients';
const ROLES = '/registry/v1/subscriptions/flowgateiflmap/roles';
const ANY = { 'if-match': '*' };
const LATER = { later: { kind: 'later', list: [1] } };

let storage: TestStorage;
let tables: Tables;
let instance: Instance;
let admin: Management;

before(async () => {
  storage = await testStorage();
  tables = openTables(storage);
  instance = await startInstance(storage);
  admin = await manage(instance);
});

type Row = Record<string, unknown>;
const read = (table: TableName, partition: string, row: string): Promise<Row> =>
  tables.table(table).getEntity(partition, row);
const merge = (table: TableName, partitionKey: string, rowKey: string, more: Row) =>
  tables.table(table).updateEntity({ partitionKey, rowKey, ...more }, 'Merge');

async function send(method: string, path: string, body?: unknown): Promise<string> {
  const response = await admin.send(method, path, body, ANY);
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text;
}

/** A bundle that says `text` at `/<id>`. */
function bundleOf(id: string, text: string): Uint8Array {
  const source = `function processData(m) { m.setBody('${text}'); return m; }`;
  const steps = [{ type: 'script' as const, name: 'S', fileName: 's.js', source }];
  return buildBundle({ id, name: id, address: `/${id}`, steps });
}

test('a client keeps its unknown members, in settings and secrets, and its unknown properties through every change', async () => {
  const { id, secret } = await admin.registerClient();
  const row = await read('clients', id, 'client');
  const settings = { ...(JSON.parse(String(row['settings'])) as object), ...LATER };
  const secrets = (JSON.parse(String(row['secrets'])) as object[]).map((s) => ({ ...s, ...LATER }));
  await merge('clients', id, 'client', {
    settings: JSON.stringify(settings),
    secrets: JSON.stringify(secrets),
    laterProperty: 'stays',
  });
  const shown = JSON.parse(await send('GET', `${CLIENTS}/${id}`)) as Row;
  assert.equal(shown['later'], undefined);
  await send('PATCH', `${CLIENTS}/${id}`, { description: 'changed' });
  await send('PUT', `${CLIENTS}/${id}`, { client_name: 'Put' });
  await send('POST', `${CLIENTS}/${id}/secrets`);
  const after = await read('clients', id, 'client');
  const kept = JSON.parse(String(after['settings'])) as Row;
  assert.deepEqual([kept['clientName'], kept['later']], ['Put', LATER.later]);
  const [first, second] = JSON.parse(String(after['secrets'])) as Row[];
  assert.deepEqual([first?.['later'], second?.['later']], [LATER.later, undefined]);
  assert.equal(after['laterProperty'], 'stays');
  assert.ok(await fetchToken(instance.url, id, secret));
  await send('DELETE', `${CLIENTS}/${id}`);
  await assert.rejects(read('clients', id, 'client'));
});

test('a client with a grant of a later version is shown, gets tokens, and is not changed into something else', async () => {
  const { id, secret } = await admin.registerClient();
  const row = await read('clients', id, 'client');
  const grantTypes = ['client_credentials', 'later_grant'];
  const settings = { ...(JSON.parse(String(row['settings'])) as object), grantTypes };
  await merge('clients', id, 'client', { settings: JSON.stringify(settings) });
  assert.match(await send('GET', `${CLIENTS}/${id}`), /later_grant/);
  assert.ok(await fetchToken(instance.url, id, secret));
  const refused = await admin.send('PATCH', `${CLIENTS}/${id}`, { description: 'x' }, ANY);
  assert.equal(refused.status, 422);
  assert.match(await refused.text(), /There is no such grant/);
  const after = await read('clients', id, 'client');
  assert.deepEqual(JSON.parse(String(after['settings'])), settings);
});

test('a role and an assignment keep their unknown properties', async () => {
  await send('PUT', `${ROLES}/Later.role`, { description: 'a' });
  await send('PUT', `${ROLES}/Later.role/users/somebody`);
  const rows = ['role|Later.role', 'user|somebody|Later.role', 'users|Later.role|somebody'];
  for (const row of rows) await merge('roles', 'flowgateiflmap', row, { laterProperty: 1 });
  await send('PUT', `${ROLES}/Later.role`, { description: 'b' });
  await send('PUT', `${ROLES}/Later.role/users/somebody`);
  for (const row of rows) {
    assert.equal((await read('roles', 'flowgateiflmap', row))['laterProperty'], 1, row);
  }
});

test('a package and an artifact keep their unknown members; a deployment is written anew by each deploy', async () => {
  assert.equal(await admin.deploy('Kept', bundleOf('Kept', 'one')), 'SUCCESS');
  const addLater = async (table: TableName, partition: string, row: string): Promise<void> => {
    const value = unpackJson(await read(table, partition, row)) as object;
    await merge(table, partition, row, packJson({ ...value, ...LATER }));
  };
  await addLater('design', 'design', 'p|TestPackage');
  await addLater('design', 'design', 'a|Kept');
  await addLater('deployments', 'deployments', 'd|Kept');
  const { id, secret } = await admin.registerClient();
  const token = await fetchToken(instance.url, id, secret);
  const call = async (): Promise<string> => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${instance.url}/http/Kept`, { headers })).text();
  };
  assert.equal(await call(), 'one');
  await send('PUT', "/api/v1/IntegrationPackages('TestPackage')", { ShortText: 'changed' });
  await send('POST', '/api/v1/IntegrationDesigntimeArtifacts', {
    ...{ Id: 'Other', Name: 'Other', PackageId: 'TestPackage' },
    ArtifactContent: Buffer.from(bundleOf('Other', 'x')).toString('base64'),
  });
  await send('PUT', "/api/v1/IntegrationDesigntimeArtifacts(Id='Kept',Version='active')", {
    Name: 'Kept',
    ArtifactContent: Buffer.from(bundleOf('Kept', 'two')).toString('base64'),
  });
  const design = openDesignStore(tables);
  const stored = [await design.findPackage('TestPackage'), await design.findArtifact('Kept')];
  for (const one of stored) {
    assert.deepEqual((one?.value as { later?: unknown } | undefined)?.later, LATER.later);
  }
  await send('POST', "/api/v1/DeployIntegrationDesigntimeArtifact?Id='Kept'&Version='active'");
  assert.equal(await call(), 'two');
  const { deployments } = await openDeploymentStore(tables).readState();
  assert.ok(deployments.every((one) => !('later' in one)));
});

/** An instance that has read nothing yet. */
const startFresh = (): Promise<Instance> => startInstance(storage);

test('rows of other kinds and keys of unknown algorithms in the ring are left alone', async () => {
  const keys = tables.table('keys');
  const { publicKey } = generateKeyPairSync('ed25519');
  const kid = 'a-key-of-a-later-version';
  await keys.createEntity({ partitionKey: 'ring', rowKey: 'later|x', laterProperty: 'x' });
  await keys.createEntity({
    ...{ partitionKey: 'ring', rowKey: `key|${kid}`, kid, alg: 'Ed25519', sealedPrivateKey: 'x' },
    ...{ publicJwk: JSON.stringify(publicKey.export({ format: 'jwk' })) },
    ...{ createdAt: String(Date.now()), activeFrom: '0' },
  });
  const fresh = await startFresh();
  assert.equal((await fetch(`${fresh.url}/health/ready`)).status, 200);
  const made = await (await manage(fresh)).send('POST', '/registry/v1/keys');
  assert.equal(made.status, 201);
  const { keys: published } = (await (await fetch(`${fresh.url}/oauth2/api/v1/jwks`)).json()) as {
    keys: { kid: string }[];
  };
  assert.equal(published.length, 2);
  for (const row of ['later|x', `key|${kid}`]) assert.ok(await read('keys', 'ring', row));
});

test('storage of a newer schema: not ready, nobody is let in, nothing is written; an older one goes on', async () => {
  const { id, secret } = await admin.registerClient();
  const token = await fetchToken(instance.url, id, secret);
  const marker = { partitionKey: 'ring', rowKey: 'schema', version: 2 };
  await tables.table('keys').createEntity(marker);
  const fresh = await startFresh();
  const ready = await fetch(`${fresh.url}/health/ready`);
  assert.equal(ready.status, 503);
  const newer = 'newer_storage';
  assert.deepEqual(((await ready.json()) as { checks: unknown }).checks, {
    ...{ storage: newer, clock: 'ok', signing_key: newer, bootstrap_client: newer },
  });
  const bearer = { authorization: `Bearer ${token}` };
  const answers = await Promise.all([
    fetch(`${fresh.url}/oauth2/api/v1/token?grant_type=client_credentials`, {
      method: 'POST',
      headers: { authorization: basic(id, secret) },
    }),
    fetch(`${fresh.url}/http/Kept`, { headers: bearer }),
    fetch(`${fresh.url}/registry/v1/clients`, { headers: bearer, method: 'POST', body: '{}' }),
    fetch(`${fresh.url}/api/v1/IntegrationPackages`, { headers: bearer }),
    fetch(`${fresh.url}/oauth2/api/v1/jwks`),
  ]);
  for (const answer of answers) {
    assert.equal(answer.status, 503, answer.url);
    assert.match(await answer.text(), /A newer version of this service has taken over the storage/);
    assert.equal(answer.headers.get('retry-after'), '60');
  }
  await fresh.stop();
  await tables.table('keys').updateEntity({ ...marker, version: 1 }, 'Replace');
  const again = await startFresh();
  assert.equal((await fetch(`${again.url}/health/ready`)).status, 200);
  assert.ok(await fetchToken(again.url, id, secret));
});
