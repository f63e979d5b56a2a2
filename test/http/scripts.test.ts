import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { fetchToken, type Management } from '../support/instance.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

let target: Target;
let admin: Management;
let token: string;

before(async () => {
  target = await openTarget();
  ({ admin } = target);
  const client = await admin.registerClient();
  token = await fetchToken(target.url, client.id, client.secret);
});

const processData = (body: string) => `function processData(message) { ${body} return message; }`;

async function deploy(name: string, source: string): Promise<string> {
  const id = target.name(name);
  const address = `/${target.name(name.toLowerCase())}`;
  const steps = [{ type: 'script' as const, name: 'Script', fileName: 's.js', source }];
  return admin.deploy(id, buildBundle({ id, name: id, address, steps }));
}

function call(name: string, body: string): Promise<Response> {
  return fetch(`${target.url}/http/${target.name(name.toLowerCase())}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body,
  });
}

async function read(path: string): Promise<Record<string, string>[]> {
  const response = await admin.send('GET', `/api/v1/${path}`);
  assert.equal(response.status, 200, await response.clone().text());
  return ((await response.json()) as { d: { results: Record<string, string>[] } }).d.results;
}

test('a payload that a script attaches to the log is read through the API, also of a message that fails', async () => {
  const log = 'messageLogFactory.getMessageLog(message)';
  const source = processData(
    `${log}.addAttachmentAsString("Payload", message.getBody(java.lang.String), "text/xml");
     ${log}.addCustomHeaderProperty("kind", "order");
     if (message.getBody(java.lang.String).contains("bad")) throw new java.lang.Exception("bad order");
     message.setBody("taken");`,
  );
  assert.equal(await deploy('Attach', source), 'SUCCESS');
  assert.equal(await (await call('Attach', '<Größe/>')).text(), 'taken');
  assert.equal((await call('Attach', '<bad/>')).status, 500);
  await target.logged();
  const filter = encodeURIComponent(`IntegrationArtifact/Id eq '${target.name('Attach')}'`);
  const messages = await read(`MessageProcessingLogs?$orderby=LogStart&$filter=${filter}`);
  assert.deepEqual(
    messages.map(({ Status }) => Status),
    ['COMPLETED', 'FAILED'],
  );
  for (const [index, payload] of ['<Größe/>', '<bad/>'].entries()) {
    const guid = String(messages[index]?.['MessageGuid']);
    const [attachment, ...others] = await read(`MessageProcessingLogs('${guid}')/Attachments`);
    assert.deepEqual(
      [
        attachment?.['Name'],
        attachment?.['ContentType'],
        attachment?.['PayloadSize'],
        others.length,
      ],
      ['Payload', 'text/xml', String(Buffer.byteLength(payload)), 0],
    );
    const path = `/api/v1/MessageProcessingLogAttachments('${String(attachment?.['Id'])}')/$value`;
    const content = await admin.send('GET', path);
    assert.deepEqual([content.status, await content.text()], [200, payload]);
    const headers = await read(`MessageProcessingLogs('${guid}')/CustomHeaderProperties`);
    assert.equal(headers[0]?.['Value'], 'order');
  }
});

test('a script reads the security material of its deployment, and nothing of it is in the log', async () => {
  const name = target.name('Shop');
  const credential = { Name: name, Kind: 'default', User: 'shop', Password: 'open sesame' };
  assert.equal((await admin.send('POST', '/api/v1/UserCredentials', credential)).status, 201);
  const source = processData(
    `var store = com.sap.it.api.ITApiFactory.getService(com.sap.it.api.securestore.SecureStoreService, null);
     var credential = store.getUserCredential(message.getBody(java.lang.String));
     message.setBody(credential.getUsername() + ":" + new java.lang.String(credential.getPassword()));`,
  );
  assert.equal(await deploy('Secure', source), 'SUCCESS');
  assert.equal(await (await call('Secure', name)).text(), 'shop:open sesame');
  assert.equal((await call('Secure', `${name}2`)).status, 500);
  await target.logged();
  const filter = encodeURIComponent(
    `IntegrationArtifact/Id eq '${target.name('Secure')}' and Status eq 'FAILED'`,
  );
  const [failed] = await read(`MessageProcessingLogs?$filter=${filter}`);
  const path = `/api/v1/MessageProcessingLogs('${String(failed?.['MessageGuid'])}')/ErrorInformation/$value`;
  assert.match(
    await (await admin.send('GET', path)).text(),
    /SecureStoreException: No credential with the alias ".*2" is deployed\. \(s\.js:2:\d+\)/,
  );
  assert.equal((await admin.send('DELETE', `/api/v1/UserCredentials('${name}')`)).ok, true);
});

test('a deployment says which Java class its script lacks, and where it cannot be parsed', async () => {
  assert.equal(
    await deploy('Gson', `importClass(com.google.gson.Gson); ${processData('')}`),
    'FAIL',
  );
  assert.equal(await deploy('Broken', 'function processData(message) {\n  var = 1;\n}'), 'FAIL');
  for (const [name, text] of [
    ['Gson', 'needs the Java class com.google.gson.Gson, which Flowgate does not have'],
    ['Broken', 'cannot be parsed: SyntaxError: variable name expected (s.js:2:7)'],
  ] as const) {
    const path = `/api/v1/IntegrationRuntimeArtifacts('${target.name(name)}')/ErrorInformation/$value`;
    assert.ok((await (await admin.send('GET', path)).text()).includes(text), name);
  }
});
