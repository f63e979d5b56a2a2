import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../support/call.ts';
import { type ApiUnderTest, bundleAt, startApi } from './api-under-test.ts';

const flow = "IntegrationDesigntimeArtifacts(Id='flow',Version='active')";

async function startWithFlow(): Promise<ApiUnderTest> {
  const api = await startApi();
  await api.post('IntegrationPackages', { Id: 'P', Name: 'Partners' });
  const artifact = { Id: 'flow', PackageId: 'P', ArtifactContent: bundleAt('/f', { id: 'flow' }) };
  assert.equal((await api.post('IntegrationDesigntimeArtifacts', artifact)).status, 201);
  return api;
}

const request = (line: string, body?: unknown, headers: readonly string[] = []): string =>
  [
    ...['Content-Type: application/http', 'Content-Transfer-Encoding: binary', ''],
    line,
    ...['Accept: application/json', 'Content-Type: application/json', ...headers, ''],
    body === undefined ? '' : JSON.stringify(body),
  ].join('\n');

const changeset = (...requests: readonly string[]): string =>
  `Content-Type: multipart/mixed; boundary=changeset_1\n\n${joined('changeset_1', requests)}`;

const joined = (boundary: string, parts: readonly string[]): string =>
  [...parts.map((part) => `--${boundary}\n${part}\n`), `--${boundary}--\n`].join('');

function send(
  api: ApiUnderTest,
  parts: readonly string[],
  options: { readonly role?: string; readonly text?: string; readonly type?: string } = {},
): Promise<Answer> {
  const { role = 'AuthGroup.Administrator', type = 'multipart/mixed; boundary=batch_1' } = options;
  return api.send({
    method: 'POST',
    path: '$batch',
    body: options.text ?? joined('batch_1', parts),
    headers: { 'content-type': type, authorization: `Bearer ${role}` },
  });
}

/** Statuses of the answers in a batch, and their bodies. */
function answersIn(answer: Answer): { status: number; body: string }[] {
  assert.equal(answer.status, 202, answer.text);
  assert.match(answer.headers.get('content-type') ?? '', /^multipart\/mixed; boundary=batch_/);
  return answer.text
    .split(/^HTTP\/1\.1 /m)
    .slice(1)
    .map((text) => {
      const body = text.slice(text.indexOf('\r\n\r\n') + 4).replace(/\r\n--[\s\S]*$/, '');
      assert.equal(/^Content-Length: (\d+)\r$/m.exec(text)?.[1], String(Buffer.byteLength(body)));
      return { status: Number(text.slice(0, 3)), body };
    });
}

const configure = (name: string, value: string, artifact = flow): string =>
  request(`PUT ${artifact}/$links/Configurations('${name}') HTTP/1.1`, {
    ...{ ParameterKey: name, ParameterValue: value, DataType: 'xsd:string' },
  });

async function parameterOf(api: ApiUnderTest): Promise<string | undefined> {
  return (await api.design.findArtifact('flow'))?.value.configured?.['first one'];
}

test('SAP Help, Integration Flow Example Requests: a batch is answered request by request, in their order', async () => {
  const api = await startWithFlow();
  const answers = answersIn(
    await send(api, [
      request("GET IntegrationPackages('P') HTTP/1.1"),
      request("GET /api/v1/IntegrationPackages('nowhere') HTTP/1.1"),
      changeset(request('POST IntegrationPackages HTTP/1.1', { Id: 'Q', Name: 'é' })),
      request("GET https://flowgate.example/api/v1/IntegrationPackages/$count?$filter=Id eq 'Q'"),
      request('PATCH IntegrationPackages HTTP/1.1', {}),
    ]),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 404, 201, 200, 405],
  );
  assert.equal((JSON.parse(answers[0]?.body ?? '') as { d: { Name: string } }).d.Name, 'Partners');
  assert.match(answers[1]?.body ?? '', /Requested entity could not be found/);
  assert.equal(answers[3]?.body, '1');
  assert.equal((await api.packages.get('Q')).name, 'é');
});

test('parameters of one iFlow are set by a changeset together, or not at all', async () => {
  const api = await startWithFlow();
  const set = (...values: readonly string[]) => send(api, [changeset(...values)]);
  const same = await set(configure('first%20one', 'a'), configure('first one', 'b'));
  assert.deepEqual(
    answersIn(same).map(({ status }) => status),
    [202, 202],
  );
  assert.equal(await parameterOf(api), 'b');
  const event = api.trail.events.at(-1);
  assert.deepEqual(
    [event?.action, event?.object.name, event?.note?.detail],
    ['artifact.change', 'flow', '2 parameters'],
  );

  const other = flow.replace('flow', 'other');
  for (const [last, status] of [
    [configure('nothing', 'x'), 404],
    [request(`PUT ${flow}/$links/Configurations('first one') HTTP/1.1`, {}), 400],
    [configure('first one', 'x', other), 400],
    [request('POST IntegrationPackages HTTP/1.1', { Id: 'R' }), 501],
    [request(`GET ${flow} HTTP/1.1`), 400],
  ] as const) {
    const answers = answersIn(await set(configure('first one', 'c'), last));
    assert.deepEqual(
      answers.map((one) => one.status),
      [status],
    );
    assert.equal(await parameterOf(api), 'b');
  }
  assert.equal(await api.design.findPackage('R'), undefined);
});

test('every request needs the role that it needs alone', async () => {
  const api = await startWithFlow();
  const parts = [
    request("GET IntegrationPackages('P') HTTP/1.1"),
    changeset(request('POST IntegrationPackages HTTP/1.1', { Id: 'Q' })),
    changeset(configure('first one', 'x'), configure('first one', 'y')),
  ];
  const answers = answersIn(await send(api, parts, { role: 'AuthGroup.ReadOnly' }));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 403, 403],
  );
  assert.equal((await send(api, parts, { role: 'ESBMessaging.send' })).status, 403);
  assert.deepEqual(
    [await parameterOf(api), await api.design.findPackage('Q')],
    [undefined, undefined],
  );
});

test('bytes are answered as they are, and a Content-ID comes back', async () => {
  const api = await startWithFlow();
  const get = request(`GET ${flow}/$value HTTP/1.1`).replace('\n\n', '\nContent-ID: seven\n\n');
  const answer = await send(api, [get]);
  assert.match(answer.text, /^Content-ID: seven\r$/m);
  const { zip } = await api.artifacts.getContent('flow', 'active');
  assert.ok(answer.bytes.includes(Buffer.from(zip)));
});

test('what is no batch is refused whole, and nothing of it is carried out', async () => {
  const api = await startWithFlow();
  const create = changeset(request('POST IntegrationPackages HTTP/1.1', { Id: 'Q' }));
  const manyHeaders = Array.from({ length: 99 }, (_, i) => `h${i}: x`);
  const cases: readonly (readonly [number, string, string?])[] = [
    [415, 'x', 'application/json'],
    [415, 'x', 'multipart/mixed'],
    [400, 'no boundary at all'],
    [400, ''],
    [400, `--batch_1\n${create}\n`],
    [400, joined('batch_1', [create, 'Content-Type: text/plain\n\nx'])],
    [400, joined('batch_1', [create, request('GET')])],
    [400, joined('batch_1', [create, request('')])],
    [400, joined('batch_1', [create, request(`GET ${'x'.repeat(5000)}`)])],
    [400, joined('batch_1', [create, request('GET x HTTP/1.1', undefined, ['no header'])])],
    [400, joined('batch_1', [create, request('GET x HTTP/1.1', undefined, ['a: \u00e9'])])],
    [400, joined('batch_1', [create, request('GET x HTTP/1.1', undefined, manyHeaders)])],
    [400, joined('batch_1', [create, ...Array<string>(200).fill(request('GET x HTTP/1.1'))])],
    [413, 'x'.repeat(16 * 1024 * 1024 + 1)],
  ];
  for (const [status, text, type] of cases) {
    const refused = await send(api, [], { text, ...(type === undefined ? {} : { type }) });
    assert.equal(refused.status, status, text.slice(0, 80));
  }
  assert.equal(await api.design.findPackage('Q'), undefined);
});

test('a batch within a batch, an empty changeset and an address that leaves the service harm nobody', async () => {
  const api = await startWithFlow();
  const answers = answersIn(
    await send(api, [
      request('POST $batch HTTP/1.1', {}),
      changeset(),
      request('GET ../../oauth2/api/v1/jwks HTTP/1.1'),
      request('GET https://elsewhere.example/other HTTP/1.1'),
      request('GET http://[ HTTP/1.1'),
    ]),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [501, 404, 404, 404],
  );
});

test('a batch made to be slow to read is read in time', async () => {
  const api = await startWithFlow();
  const begun = process.hrtime.bigint();
  for (const text of [
    '--batch_1\n'.repeat(1_000_000),
    `--batch_1\n${' \n'.repeat(4_000_000)}`,
    `--batch_1\n\na: ${' '.repeat(8_000_000)}x\u0001\n\n`,
    `--batch_1\nContent-Type: application/http\n\n${'\n'.repeat(8_000_000)}`,
    `--batch_1\nContent-Type: application/http\n\n${'a\n'.repeat(4_000_000)}\n--batch_1--`,
    `--batch_1${' -'.repeat(4_000_000)}`,
  ]) {
    const answer = await send(api, [], { text });
    assert.equal(answer.status, 400);
  }
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  assert.ok(seconds < 20, `${seconds} s`);
});
