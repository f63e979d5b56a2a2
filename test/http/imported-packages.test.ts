import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { readBundle } from '../../shared/iflow/bundle/bundle.ts';
import { contentPackage, scriptCollection, valueMapping } from '../support/content-package.ts';
import { flowBundle, line } from '../support/flow-bundle.ts';
import { fetchToken, type Management } from '../support/instance.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

let target: Target;
let admin: Management;
let token: string;
/** Ids of what is imported. */
let ids: { readonly inPackage: string; readonly flow: string; readonly scripts: string };

before(async () => {
  target = await openTarget();
  ({ admin } = target);
  const client = await admin.registerClient();
  token = await fetchToken(target.url, client.id, client.secret);
  ids = {
    inPackage: target.name('Imported'),
    flow: target.name('Greets'),
    scripts: target.name('Scripts'),
  };
});

/** A script that says a text, and what the value mapping calls it, if anything. */
const says = (text: string): string =>
  `function processData(message) {
    var mappings = com.sap.it.api.ITApiFactory.getService(com.sap.it.api.mapping.ValueMappingApi, null);
    var mapped = mappings.getMappedValue('${target.name('English')}', 'Text', '${text}', 'German', 'Text');
    message.setBody(mapped == null ? '${text}' : String(mapped));
    return message;
  }`;

/** A package with an iFlow whose script and address come from outside of its bundle. */
function packageOf(greeting: string, version = '1.0.0'): Uint8Array {
  const { inPackage, flow, scripts } = ids;
  const properties = { script: 'greet.js', scriptBundleId: scripts };
  const bundle = flowBundle({
    id: flow,
    senders: [{ adapter: 'HTTPS', to: 'Start_1', properties: { urlPath: '{{address}}' } }],
    processes: [line({ id: 'Greet', cname: 'JavaScript', properties })],
    parameters: { address: '<fill in>', other: version },
  });
  const values = target.name('Values');
  return contentPackage({
    id: inPackage,
    resources: [
      { type: 'IFlow', id: flow, name: flow, content: bundle },
      {
        ...{ type: 'ScriptCollection', id: scripts },
        content: scriptCollection({ id: scripts }, { 'greet.js': says(greeting) }),
      },
      {
        ...{ type: 'ValueMapping', id: values },
        content: valueMapping({ id: values }, [
          [
            [target.name('English'), 'Text', 'good morning'],
            ['German', 'Text', 'guten Morgen'],
          ],
        ]),
      },
    ],
  });
}

const send = async (method: string, path: string, body?: unknown): Promise<Response> => {
  const response = await admin.send(method, `/api/v1/${path}`, body);
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response;
};

const importZip = (zip: Uint8Array): Promise<Response> =>
  send('POST', 'IntegrationPackages?Overwrite=true', {
    PackageContent: Buffer.from(zip).toString('base64'),
  });

const bytesOf = async (path: string): Promise<Buffer> =>
  Buffer.from(await (await send('GET', path)).arrayBuffer());

async function deploy(kind: string, id: string): Promise<string> {
  await send('POST', `Deploy${kind}DesigntimeArtifact?Id='${id}'&Version='active'`);
  const runtime = await send('GET', `IntegrationRuntimeArtifacts('${id}')`);
  return ((await runtime.json()) as { d: { Status: string } }).d.Status;
}

async function greeting(): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${target.url}/http/${target.name('greets')}`, { headers });
  return response.ok ? response.text() : String(response.status);
}

test('a package is imported, its iFlow configured, deployed and called', async () => {
  const imported = await importZip(packageOf('hello'));
  assert.equal(imported.status, 201);
  const entity = (await imported.json()) as { d: { ImportMessages: { results: unknown[] } } };
  assert.equal(entity.d.ImportMessages.results.length, 1, 'the address is to be filled in');
  assert.equal(await deploy('Integration', ids.flow), 'ERROR');

  const artifact = `IntegrationDesigntimeArtifacts(Id='${ids.flow}',Version='active')`;
  const configured = await send('PUT', `${artifact}/$links/Configurations('address')`, {
    ParameterValue: `/${target.name('greets')}`,
  });
  assert.equal(configured.status, 202);
  assert.equal(await deploy('Integration', ids.flow), 'STARTED');
  await target.eventually(async () => assert.equal(await greeting(), 'hello'));
});

test('the package is exported as it is: the address in parameters.prop, all else as it came in', async () => {
  const path = `IntegrationPackages('${ids.inPackage}')/$value`;
  const exported = await bytesOf(path);
  const bundle = `IntegrationDesigntimeArtifacts(Id='${ids.flow}',Version='active')/$value`;
  const { parameters } = readBundle(await bytesOf(bundle));
  assert.equal(parameters.get('address'), `/${target.name('greets')}`);
  await importZip(exported);
  assert.ok((await bytesOf(path)).equals(exported));
});

test('the next import keeps the address; the iFlow says what its collection says once it is deployed again', async () => {
  await importZip(packageOf('good morning', '1.1.0'));
  assert.equal(await deploy('ScriptCollection', ids.scripts), 'STARTED');
  assert.equal(await greeting(), 'hello');
  assert.equal(await deploy('Integration', ids.flow), 'STARTED');
  await target.eventually(async () => assert.equal(await greeting(), 'good morning'));
});

test('the value mapping answers the script once it is deployed, and no longer than that', async () => {
  const values = target.name('Values');
  assert.equal(await deploy('ValueMapping', values), 'STARTED');
  await target.eventually(async () => assert.equal(await greeting(), 'guten Morgen'));
  await send('DELETE', `IntegrationRuntimeArtifacts('${values}')`);
  await target.eventually(async () => assert.equal(await greeting(), 'good morning'));
});

test('a batch sets parameters of the iFlow together', async () => {
  const artifact = `IntegrationDesigntimeArtifacts(Id='${ids.flow}',Version='active')`;
  const put = (name: string, value: string): string =>
    [
      ...['--c', 'Content-Type: application/http', 'Content-Transfer-Encoding: binary', ''],
      `PUT ${artifact}/$links/Configurations('${name}') HTTP/1.1`,
      ...['Content-Type: application/json', '', JSON.stringify({ ParameterValue: value }), ''],
    ].join('\r\n');
  const changes = [put('other', 'batched'), put('address', `/${target.name('greets')}`), '--c--'];
  const body = [
    ...['--b', 'Content-Type: multipart/mixed; boundary=c', '', changes.join(''), '--b--', ''],
  ].join('\r\n');
  const response = await fetch(`${target.url}/api/v1/$batch`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await fetchToken(target.url, target.administrator.id, target.administrator.secret)}`,
      'content-type': 'multipart/mixed; boundary=b',
    },
    body,
  });
  const answer = await response.text();
  assert.equal(response.status, 202, answer);
  assert.equal(answer.match(/^HTTP\/1\.1 202 /gm)?.length, 2, answer);
  const { parameters } = readBundle(await bytesOf(`${artifact}/$value`));
  assert.equal(parameters.get('other'), 'batched');
});
