import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { type RunningInstances, runInstances } from './running-instances.ts';

export const LOCAL_ONLY = 'sends messages that are made to exhaust an instance';

let running: RunningInstances;

const echo = (message: string): string =>
  `function processData(message) { ${message} return message; }`;
const SHOW = echo(`var h = {}; var all = message.getHeaders(); var keys = all.keySet().toArray();
  for (var i = 0; i < keys.length; i++) h[keys[i]] = all.get(keys[i]);
  message.setBody(JSON.stringify(h));`);

before(async () => {
  running = await runInstances();
  const deploy = async (id: string, description: object): Promise<void> => {
    const steps = [{ type: 'script' as const, name: 'S', fileName: 's.js', source: SHOW }];
    const bundle = buildBundle({ id, name: id, steps, ...description });
    assert.equal(await running.admin.deploy(id, bundle), 'SUCCESS');
  };
  await deploy('Exact', { address: '/area/exact' });
  await deploy('Secret', { address: '/area/secret', userRole: 'Secret.send' });
  await deploy('Wild', { address: '/tree/*', allowedHeaders: '*' });
  await deploy('Csrf', { address: '/csrf', csrfProtected: true });
  await deploy('Small', { address: '/small', maximumBodySize: 1 });
});

const shown = (text: string): Record<string, unknown> =>
  JSON.parse(text) as Record<string, unknown>;

/** Paths that name no address, whatever an address they look like. */
const nowhere: readonly string[] = [
  '/area%2Fexact',
  '/area/exact%2F',
  '/area%2fsecret',
  '/area//exact',
  '//area/exact',
  '/area/exact//',
  '/area/exact;x=1',
  '/area/exact%20',
  '/area/exact%0a',
  '/area/ex%C4%B1act',
  '/area/secre%C5%A5',
  '/area/\u{1F600}'.replace('\u{1F600}', '%F0%9F%98%80'),
  '/area/%ff',
  '/%252e%252e/abcd/area/exact',
  '/%252e%252e/registry/v1/clients',
  '/area/exact%3F',
  '/area/exact%23',
  '/area/*',
  '/*',
  '/trees',
  '/tree//',
  '/tree/%2e%2e/',
  '/tree/a//b',
  '/tree/a/%01',
  '/__proto__',
  '/constructor',
  '/toString/valueOf',
  `/${'a/'.repeat(3000)}`,
  `/${'a'.repeat(10_000)}`,
];

for (const path of nowhere) {
  test(`the path ${path.slice(0, 40)} leads to no flow`, async () => {
    const countsBefore = await counts();
    for (const instance of running.instances) {
      const answer = await running.call(path, { instance });
      assert.ok([400, 404].includes(answer.status), `${answer.status} ${answer.text}`);
      assert.equal(answer.headers['sap_messageprocessinglogid'], undefined);
    }
    assert.equal(await counts(), countsBefore);
  });
}

async function counts(): Promise<string> {
  const flows = ['Exact', 'Secret', 'Wild'];
  return (await Promise.all(flows.map((flow) => running.messagesOf(flow))))
    .map((messages) => messages.length)
    .join();
}

test('a path with NUL is refused by the host', async () => {
  assert.equal((await running.call('/area/exact%00')).status, 400);
  assert.equal((await running.call('/tree/%00')).status, 400);
});

test('the role of the address is asked for in whatever case or escapes the address is written', async () => {
  for (const path of [
    '/area/secret',
    '/AREA/SECRET',
    '/Area/%73ecret',
    '/area/./secret',
    '/area/exact/../secret',
    '/tree/%2e%2e/area/secret',
    '/area/exact/%252e%252e/secret',
    '/area/secret/',
  ]) {
    for (const instance of running.instances) {
      const answer = await running.call(path, { instance });
      assert.equal(answer.status, 403, `${path}: ${answer.status} ${answer.text}`);
      assert.equal(shown(answer.text)['reason'], 'missing_role');
    }
  }
  assert.equal((await running.messagesOf('Secret')).length, 0);
});

test('what * matches stays below its address and keeps encoded slashes as they are', async () => {
  const tails: readonly [path: string, tail: string][] = [
    ['/tree', ''],
    ['/tree/', ''],
    ['/tree/a/..', ''],
    ['/tree/a/b', 'a/b'],
    ['/TREE/A%2Fb', 'A%2Fb'],
    ['/tree/a/../b', 'b'],
    ['/tree/%F0%9F%98%80', '\u{1F600}'],
    ["/tree/a'%22%3Cb", 'a\'"<b'],
    ['/tree/*', '*'],
    ['/tree/__proto__', '__proto__'],
  ];
  for (const [path, tail] of tails) {
    const answer = await running.call(path);
    assert.equal(answer.status, 200, `${path} ${answer.text}`);
    assert.equal(shown(answer.text)['CamelHttpPath'], tail, path);
    assert.equal(shown(answer.text)['CamelServletContextPath'], '/tree/*');
  }
});

test('a caller cannot set what only the adapter sets, in headers or query, whatever the case', async () => {
  const names = [
    'CamelHttpPath',
    'CAMELHTTPRESPONSECODE',
    'camelfilename',
    'org.apache.camel.x',
    'SapAuthenticatedUserName',
    'SAP_MessageProcessingLogID',
    'sap_mplcorrelationid',
    'SSL_CLIENT_CERT',
    'ssl_client_user',
    'Cookie',
  ];
  const query = names.map((name) => `${name}=forged`).join('&');
  const headers = Object.fromEntries(names.map((name) => [name, 'forged']));
  const answer = await running.call(`/tree/x?${query}&Authorization=forged`, { headers });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['set-cookie'], undefined);
  const { CamelHttpQuery, ...rest } = shown(answer.text);
  assert.match(String(CamelHttpQuery), /forged/);
  assert.doesNotMatch(JSON.stringify(rest), /forged/);
  assert.equal(rest['SapAuthenticatedUserName'], `oauth_client_${running.client.id}`);
  assert.equal(JSON.stringify(rest).includes(running.token), false);
});

test('a caller cannot put another name into the log', async () => {
  const headers = { SAP_Sender: 'oauth_client_other', SAP_Receiver: 'forged' };
  const query = 'SAP_Sender=oauth_client_other&SAP_Receiver=forged';
  const answer = await running.call(`/tree/log?${query}`, { headers });
  const guid = answer.headers['sap_messageprocessinglogid'];
  const found = (await running.messagesOf('Wild')).find((m) => m['MessageGuid'] === guid);
  assert.equal(found?.['Sender'], `oauth_client_${running.client.id}`);
  assert.equal(found['Receiver'], '');
});

test('a query of thousands of parameters is refused, and one of a thousand is served', async () => {
  const tooMany = await running.call(`/area/exact?${'a&'.repeat(1001)}`);
  assert.equal(tooMany.status, 400, tooMany.text);
  assert.match(tooMany.text, /1000 parameters/);
  const many = await running.call(`/area/exact?${'a=1&'.repeat(1000)}`);
  assert.equal(many.status, 200, many.text);
  const tenThousand = await running.call(`/area/exact?${'a&'.repeat(10_000)}`);
  assert.equal(tenThousand.status, 431);
  await running.assertWell();
});

test('parameters named like prototypes are headers of that name', async () => {
  const answer = await running.call('/area/exact?__proto__=a&constructor=b&__proto__=c&toString=d');
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.text, /"constructor":"b"/);
  await running.assertWell();
});

test('a CSRF token is good for its user and address only, on every instance; no cookie takes its place', async () => {
  const fetched = await running.call('/csrf', { headers: { 'x-csrf-token': 'Fetch' } });
  const token = String(fetched.headers['x-csrf-token']);
  assert.equal(fetched.headers['set-cookie'], undefined);
  const other = await running.admin.registerClient();
  const { fetchToken } = await import('../support/instance.ts');
  const theirs = await fetchToken(running.instances[1].url, other.id, other.secret);
  const wrong: readonly Readonly<Record<string, string>>[] = [
    {},
    { 'x-csrf-token': '' },
    { 'x-csrf-token': 'fetch' },
    { 'x-csrf-token': 'required' },
    { 'x-csrf-token': `${token.slice(0, -2)}AA` },
    { 'x-csrf-token': 'A'.repeat(8000) },
    { 'x-csrf-token': `${token},${token}` },
    { cookie: `X-CSRF-Token=${token}; JSESSIONID=1` },
    { 'x-csrf-token': token, authorization: `Bearer ${theirs}` },
  ];
  for (const instance of running.instances) {
    for (const headers of wrong) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const refused = await running.call('/csrf', { method, headers, instance });
        assert.equal(refused.status, 403, JSON.stringify(headers));
        assert.equal(refused.headers['x-csrf-token'], 'required');
        assert.equal(refused.headers['set-cookie'], undefined);
        assert.equal(shown(refused.text)['reason'], 'csrf_required');
      }
    }
    const good = { method: 'POST', headers: { 'x-csrf-token': token }, instance };
    assert.equal((await running.call('/CSRF', good)).status, 200);
  }
  // The other instance writes what it has heard within a second.
  const deadline = performance.now() + 5000;
  let count = 0;
  while ((count = (await running.messagesOf('Csrf')).length) < 2) {
    assert.ok(performance.now() < deadline, `${count} messages`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(count, 2);
});

test('a body above the limit is 413 and leaves no message; one at 40 MB goes through', async () => {
  const post = (path: string, size: number) =>
    running.call(path, {
      method: 'POST',
      body: Buffer.alloc(size, 'x'),
      headers: { 'content-type': 'text/plain' },
    });
  const above = await post('/small', 1024 * 1024 + 1);
  assert.equal(above.status, 413, above.text);
  assert.equal((await running.messagesOf('Small')).length, 0);
  const huge = await post('/calm', 40 * 1024 * 1024);
  assert.ok(huge.status === 200, huge.text);
  assert.equal((await post('/calm', 40 * 1024 * 1024 + 1)).status, 413);
  await running.assertWell();
});

test('methods that no adapter knows are answered, and run nothing', async () => {
  const before = (await running.messagesOf('Exact')).length;
  for (const method of ['TRACE', 'PROPFIND', 'MKCOL']) {
    assert.equal((await running.call('/area/exact', { method })).status, 404, method);
  }
  assert.equal((await running.call('/area/exact', { method: 'OPTIONS' })).status, 204);
  assert.equal((await running.messagesOf('Exact')).length, before);
});
