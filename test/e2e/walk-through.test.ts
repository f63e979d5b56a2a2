import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTarget } from '../../scripts/api/target.ts';
import { freshFolder } from '../support/folders.ts';
import { type Flowgate, startFlowgate } from '../support/npm-start.ts';

const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

async function fetchToken(base: string, authorization: string): Promise<string> {
  const response = await fetch(`${base}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization },
  });
  assert.equal(response.status, 200, await response.clone().text());
  const body = (await response.json()) as Record<string, unknown>;
  assert.equal(body['token_type'], 'Bearer');
  assert.equal(body['expires_in'], 3600);
  return String(body['access_token']);
}

async function call(base: string, token: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${base}/http/v1/test/hello`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, text: await response.text() };
}

/** Sends a management request as the bootstrap administrator. */
function manage(flowgate: Flowgate, token: string) {
  return async (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(flowgate.url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

test('npm start runs the main job word for word, over a restart, with a second instance beside it', async (t) => {
  const data = await freshFolder(t);
  let flowgate = await startFlowgate(t, data);
  assert.equal((await fetch(`${flowgate.url}/health/ready`)).status, 200);
  assert.ok(flowgate.bootstrap, 'the first start prints the bootstrap client');
  const { clientId, clientSecret } = flowgate.bootstrap;
  // Commands such as npm run import find it by the data folder.
  const target = { url: flowgate.url, clientId, secret: clientSecret };
  assert.deepEqual(await readTarget({ data }, {}, ''), target);
  const admin = manage(flowgate, await fetchToken(flowgate.url, basic(clientId, clientSecret)));

  // 1. Package and iFlow are there, not deployed; the package and a flow can be made as well.
  const packages = (await (await admin('GET', '/api/v1/IntegrationPackages')).json()) as {
    d: { results: { Id: string }[] };
  };
  assert.equal(packages.d.results.length, 1);
  const runtime = await admin('GET', '/api/v1/IntegrationRuntimeArtifacts');
  assert.deepEqual(((await runtime.json()) as { d: { results: unknown[] } }).d.results, []);
  const deploy = await admin(
    'POST',
    "/api/v1/DeployIntegrationDesigntimeArtifact?Id='HelloWorld'&Version='active'",
  );
  assert.equal(deploy.status, 202);
  const task = await deploy.text();
  const status = await admin('GET', `/api/v1/BuildAndDeployStatus(TaskId='${task}')`);
  assert.equal(((await status.json()) as { d: { Status: string } }).d.Status, 'SUCCESS');
  const artifact = await admin('GET', "/api/v1/IntegrationRuntimeArtifacts('HelloWorld')");
  assert.equal(((await artifact.json()) as { d: { Status: string } }).d.Status, 'STARTED');

  // 2. Client: no client but the bootstrap one, and no assignment, exists beforehand.
  const before = (await (await admin('GET', '/registry/v1/clients')).json()) as {
    items: { client_id: string }[];
  };
  assert.deepEqual(
    before.items.map((c) => c.client_id),
    [clientId],
  );
  const subscriptions = (await (await admin('GET', '/registry/v1/subscriptions')).json()) as {
    items: { subscription: string; application: string }[];
  };
  const iflmap = subscriptions.items.find((s) => s.application === 'iflmap')?.subscription ?? '';
  assert.match(iflmap, /iflmap$/);
  const registered = await admin('POST', '/registry/v1/clients', {
    client_name: 'apimconnectivity',
    client_id: 'apimconnectivity',
    subscription: iflmap,
    grant_types: ['client_credentials'],
  });
  assert.equal(registered.status, 201);
  const client = (await registered.json()) as { client_secret: string };
  const credentials = basic('apimconnectivity', client.client_secret);

  // A token without the role is good, and refused with the reason.
  const early = await call(flowgate.url, await fetchToken(flowgate.url, credentials));
  assert.equal(early.status, 403);
  assert.equal((JSON.parse(early.text) as { reason: string }).reason, 'missing_role');

  // 3. Role.
  const assignment = `/registry/v1/subscriptions/${iflmap}/roles/ESBMessaging.send/users/oauth_client_apimconnectivity`;
  assert.equal((await admin('PUT', assignment)).status, 204);

  // 4. Token, 5. call.
  const token = await fetchToken(flowgate.url, credentials);
  assert.deepEqual(await call(flowgate.url, token), {
    status: 200,
    text: 'Hello world from IFlow',
  });
  assert.deepEqual(await call(flowgate.url.replace('localhost', '127.0.0.1'), token), {
    status: 200,
    text: 'Hello world from IFlow',
  });
  assert.deepEqual(await call(flowgate.url.replace('localhost', '[::1]'), token), {
    status: 200,
    text: 'Hello world from IFlow',
  });

  // A second instance on the same storage and key takes token and secret as its own.
  const second = await startFlowgate(t, data);
  assert.notEqual(second.url, flowgate.url);
  assert.equal(second.bootstrap, undefined, 'the secret is printed once');
  assert.equal((await call(second.url, token)).text, 'Hello world from IFlow');
  const fromSecond = await fetchToken(second.url, credentials);
  assert.equal((await call(flowgate.url, fromSecond)).text, 'Hello world from IFlow');

  // A restart on another port breaks no token; everything is still there.
  await second.stop();
  await flowgate.stop();
  flowgate = await startFlowgate(t, data);
  assert.equal((await call(flowgate.url, token)).text, 'Hello world from IFlow');
  assert.equal((await call(flowgate.url, fromSecond)).text, 'Hello world from IFlow');

  // What happened can be seen: one entry per message, of the caller.
  const logs = await manage(
    flowgate,
    await fetchToken(flowgate.url, basic(clientId, clientSecret)),
  )('GET', '/api/v1/MessageProcessingLogs?$inlinecount=allpages');
  const entries = (await logs.json()) as {
    d: { __count: string; results: { Status: string; Sender: string }[] };
  };
  assert.equal(entries.d.__count, '7');
  for (const entry of entries.d.results) {
    assert.equal(entry.Status, 'COMPLETED');
    assert.equal(entry.Sender, 'oauth_client_apimconnectivity');
  }
  await flowgate.stop();
});

test('the commands that npm start prints do the main job when they are pasted into a shell', async (t) => {
  const flowgate = await startFlowgate(t, await freshFolder(t));
  const output = await flowgate.runPrintedCommands();
  assert.match(output, /Hello world from IFlow\s*$/);
  await flowgate.stop();
});
