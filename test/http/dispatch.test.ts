import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { fetchToken, type Management } from '../support/instance.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

let target: Target;
let admin: Management;
let token: string;
let sender: string;

const script = (source: string) => [
  { type: 'script' as const, name: 'Script', fileName: 'script1.js', source },
];

before(async () => {
  target = await openTarget();
  ({ admin } = target);
  const client = await admin.registerClient();
  sender = `oauth_client_${client.id}`;
  token = await fetchToken(target.url, client.id, client.secret);
});

/** `path` begins with the flow's name, in lower case. */
function call(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${target.url}/http/${target.name(path.slice(1))}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string>) },
  });
}

/** Deploys a flow under its name, at the address that is its name in lower case. */
function deploy(
  name: string,
  description: Partial<Parameters<typeof buildBundle>[0]>,
): Promise<string> {
  const id = target.name(name);
  const address = `/${target.name(name.toLowerCase())}`;
  return admin.deploy(id, buildBundle({ id, name: id, address, steps: [], ...description }));
}

async function messagesOf(flow: string): Promise<Record<string, string>[]> {
  await target.logged();
  const filter = encodeURIComponent(`IntegrationArtifact/Id eq '${target.name(flow)}'`);
  const response = await admin.send('GET', `/api/v1/MessageProcessingLogs?$filter=${filter}`);
  assert.equal(response.status, 200, await response.clone().text());
  return ((await response.json()) as { d: { results: Record<string, string>[] } }).d.results;
}

async function onlyMessageOf(flow: string): Promise<Record<string, string>> {
  const [message, ...others] = await messagesOf(flow);
  assert.ok(message !== undefined && others.length === 0, `one message of ${flow}`);
  return message;
}

test('a flow sees the body, the allowed headers, the query and who calls', async () => {
  const source = `function processData(message) {
    var headers = message.getHeaders();
    message.setBody(JSON.stringify({
      body: message.getBody(java.lang.String),
      method: headers.get('CamelHttpMethod'), path: headers.get('CamelHttpPath'),
      query: headers.get('CamelHttpQuery'), address: headers.get('CamelServletContextPath'),
      a: headers.get('a'), order: headers.get('X-Order'), other: headers.get('X-Other'),
      user: headers.get('SapAuthenticatedUserName'),
    }));
    message.setHeader('Content-Type', 'application/json');
    message.setHeader('X-Answer', 'yes');
    return message;
  }`;
  const status = await deploy('Echo', {
    address: `/${target.name('echo/*')}`,
    allowedHeaders: 'X-Order',
    steps: script(source),
  });
  assert.equal(status, 'SUCCESS');
  const response = await call('/ECHO/Tail/of%20it?a=1&b=2', {
    method: 'PUT',
    body: 'schön',
    headers: { 'x-order': '17', 'x-other': '18' },
  });
  assert.equal(response.status, 200, await response.clone().text());
  assert.equal(response.headers.get('content-type'), 'application/json');
  assert.equal(response.headers.get('x-answer'), 'yes');
  assert.equal(response.headers.get('set-cookie'), null);
  assert.deepEqual(await response.json(), {
    body: 'schön',
    method: 'PUT',
    path: 'Tail/of it',
    query: 'a=1&b=2',
    address: `/${target.name('echo')}/*`,
    a: '1',
    order: '17',
    other: null,
    user: sender,
  });
  const message = await onlyMessageOf('Echo');
  assert.equal(message['Status'], 'COMPLETED');
  assert.equal(message['Sender'], sender);
  assert.equal(message['MessageGuid'], response.headers.get('sap_messageprocessinglogid'));
});

test('an unknown address is 404 with a good token, 401 without, and leaves no message', async () => {
  assert.equal((await call('/nowhere')).status, 404);
  const response = await fetch(`${target.url}/http/${target.name('nowhere')}`);
  assert.equal(response.status, 401);
  assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="flowgate"');
  assert.equal(((await response.json()) as { reason: string }).reason, 'missing_token');
});

test('a failed script is 500 with the text that CPI gives, and the reason only in the log', async () => {
  const status = await deploy('Failing', {
    steps: script('function processData(message) { throw new Error("inner secret"); }'),
  });
  assert.equal(status, 'SUCCESS');
  const response = await call('/failing', { method: 'POST', body: 'x' });
  assert.equal(response.status, 500);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
  const text = await response.text();
  const guid =
    /^An internal server error occured: The MPL ID for the failed message is : (\S{28})\nFor more details please check tail log\.$/.exec(
      text,
    )?.[1];
  assert.ok(guid, text);
  const message = await onlyMessageOf('Failing');
  assert.equal(message['MessageGuid'], guid);
  assert.equal(message['Status'], 'FAILED');
  const error = await admin.send(
    'GET',
    `/api/v1/MessageProcessingLogs('${guid}')/ErrorInformation/$value`,
  );
  assert.match(await error.text(), /inner secret/);
});

test('a flow that returns exceptions to the sender tells what failed', async () => {
  const status = await deploy('Telling', {
    returnExceptionToSender: true,
    steps: script('function processData(message) { throw new Error("order 17 is closed"); }'),
  });
  assert.equal(status, 'SUCCESS');
  const answer = await call('/telling');
  // What it says may be the sender's own words.
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.match(
    await answer.text(),
    /^An internal server error occured: .*order 17 is closed[\s\S]*The MPL ID for the failed message is : \S{28}\n/,
  );
});

test('the status that a flow sets is answered; one that is no status fails the message', async () => {
  const source = `function processData(message) {
    message.setHeader('CamelHttpResponseCode', message.getHeaders().get('code'));
    message.setHeader('X-Split', 'a\\r\\nX-Forged: 1');
    return message;
  }`;
  const status = await deploy('Status', {
    steps: script(source),
  });
  assert.equal(status, 'SUCCESS');
  const teapot = await call('/status?code=418', { method: 'POST', body: 'x' });
  assert.equal(teapot.status, 418);
  assert.equal(teapot.headers.get('x-split'), 'a X-Forged: 1');
  assert.equal(teapot.headers.get('x-forged'), null);
  assert.equal((await call('/status?code=99999', { method: 'POST', body: 'x' })).status, 500);
  assert.equal((await call('/status?code=200')).status, 200);
  const statuses = (await messagesOf('Status')).map((m) => m['Status']);
  assert.deepEqual(statuses, ['COMPLETED', 'FAILED', 'COMPLETED']);
});

test('a CSRF protected address wants the token that it gives out, and no cookie', async () => {
  const status = await deploy('Guarded', {
    csrfProtected: true,
    steps: script('function processData(message) { message.setBody("done"); return message; }'),
  });
  assert.equal(status, 'SUCCESS');
  const refused = await call('/guarded', { method: 'POST', body: 'x' });
  assert.equal(refused.status, 403);
  assert.equal(refused.headers.get('x-csrf-token'), 'required');
  assert.equal(((await refused.json()) as { reason: string }).reason, 'csrf_required');
  const fetched = await call('/guarded', { headers: { 'x-csrf-token': 'Fetch' } });
  assert.equal(fetched.status, 200);
  assert.equal(await fetched.text(), '');
  assert.equal(fetched.headers.get('set-cookie'), null);
  const csrf = fetched.headers.get('x-csrf-token') ?? '';
  assert.equal((await messagesOf('Guarded')).length, 0, 'processing stops at the fetch');
  const done = await call('/guarded', {
    method: 'POST',
    body: 'x',
    headers: { 'x-csrf-token': csrf, cookie: 'JSESSIONID=stale' },
  });
  assert.equal(await done.text(), 'done');
  const forged = await call('/guarded', {
    method: 'POST',
    body: 'x',
    headers: { 'x-csrf-token': `${csrf}A` },
  });
  assert.equal(forged.status, 403);
  assert.equal((await messagesOf('Guarded')).length, 1);
});

test('a flow names the role it needs; a role given takes effect at once, without a new token', async () => {
  const role = target.name('Orders.send');
  const status = await deploy('Orders', {
    userRole: role,
    steps: script('function processData(message) { message.setBody("ok"); return message; }'),
  });
  assert.equal(status, 'SUCCESS');
  const refused = await call('/orders');
  assert.equal(refused.status, 403);
  assert.match(refused.headers.get('www-authenticate') ?? '', /error="insufficient_scope"/);
  const body = (await refused.json()) as { reason: string; error_description: string };
  assert.equal(body.reason, 'missing_role');
  assert.match(body.error_description, new RegExp(`${sender}.*${role.replace('.', '\\.')}`));
  assert.equal((await messagesOf('Orders')).length, 0);
  const roles = `/registry/v1/subscriptions/${target.subscriptions.iflmap}/roles`;
  assert.equal((await admin.send('PUT', `${roles}/${role}`)).status, 201);
  assert.equal((await admin.send('PUT', `${roles}/${role}/users/${sender}`)).status, 204);
  assert.equal(await (await call('/orders')).text(), 'ok');
});

test('a body above the maximum of its sender channel is 413 and leaves no message', async () => {
  const status = await deploy('Small', {
    maximumBodySize: 1,
    steps: script('function processData(message) { return message; }'),
  });
  assert.equal(status, 'SUCCESS');
  const within = Buffer.alloc(1024 * 1024, 'x');
  assert.equal((await call('/small', { method: 'POST', body: within })).status, 200);
  const above = await call('/small', { method: 'POST', body: Buffer.concat([within, within]) });
  assert.equal(above.status, 413);
  assert.match(
    ((await above.json()) as { error_description: string }).error_description,
    /1048576 bytes/,
  );
  assert.equal((await messagesOf('Small')).length, 1);
});

test('a chunked body is 411 with what to do, or arrives whole where calls are streamed; never empty', async () => {
  const status = await deploy('Chunks', {
    steps: script('function processData(message) { return message; }'),
  });
  assert.equal(status, 'SUCCESS');
  const chunks = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from('abc'));
      controller.close();
    },
  });
  const init = { method: 'POST', body: chunks, duplex: 'half' };
  const answer = await call('/chunks', init);
  const messages = (await messagesOf('Chunks')).length;
  if (answer.status === 200) assert.deepEqual([await answer.text(), messages], ['abc', 1]);
  else assert.deepEqual([answer.status, messages], [411, 0]);
});

test('bytes that are no text go through a flow unchanged; an empty body is answered 204', async () => {
  const status = await deploy('Bytes', {
    steps: script('function processData(message) { return message; }'),
  });
  assert.equal(status, 'SUCCESS');
  const bytes = Buffer.from([0, 255, 254, 128, 10, 13, 0xc3, 0x28]);
  const response = await call('/bytes', {
    method: 'POST',
    body: bytes,
    headers: { 'content-type': 'application/octet-stream' },
  });
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
  assert.equal((await call('/bytes', { method: 'DELETE' })).status, 204);
});

test('a bundle with steps that are not there yet ends in ERROR and names them all', async () => {
  const status = await deploy('Missing', {
    steps: [
      { type: 'raw', name: 'Sort it', cname: 'ExclusiveGateway', properties: {} },
      { type: 'raw', name: 'Map it', cname: 'MessageMapping', properties: {} },
    ],
  });
  assert.equal(status, 'FAIL');
  const runtime = await admin.send(
    'GET',
    `/api/v1/IntegrationRuntimeArtifacts('${target.name('Missing')}')`,
  );
  assert.equal(((await runtime.json()) as { d: { Status: string } }).d.Status, 'ERROR');
  const error = await admin.send(
    'GET',
    `/api/v1/IntegrationRuntimeArtifacts('${target.name('Missing')}')/ErrorInformation/$value`,
  );
  const { parameter } = (await error.json()) as { parameter: string[] };
  assert.match(parameter[0] ?? '', /Sort it[\s\S]*Map it/);
  assert.equal((await call('/missing')).status, 404);
});
