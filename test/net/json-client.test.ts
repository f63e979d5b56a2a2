import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { FetchReason } from '../../shared/net/fetch-fault.ts';
import { FetchFault } from '../../shared/net/fetch-fault.ts';
import { createJsonClient, type JsonClient } from '../../shared/net/json-client.ts';
import type { Lookup } from '../../shared/net/lookup.ts';
import { readPrivateHosts } from '../../shared/net/private-hosts.ts';
import { makeLoopbackCertificate } from '../support/certificate.ts';

const v4 = (address: string): LookupAddress => ({ address, family: 4 });

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  return listen(t, createServer(listener));
}

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function clientFor(
  inside: string,
  options: Partial<Parameters<typeof createJsonClient>[0]> = {},
): JsonClient {
  const privateHosts = readPrivateHosts(inside);
  assert.ok(privateHosts);
  return createJsonClient({ privateHosts, ...options });
}

async function faultOf(fetching: Promise<unknown>): Promise<FetchFault> {
  try {
    await fetching;
  } catch (error) {
    assert.ok(error instanceof FetchFault, String(error));
    return error;
  }
  assert.fail('was fetched');
}

const reasonOf = async (fetching: Promise<unknown>): Promise<FetchReason> =>
  (await faultOf(fetching)).reason;

test('a document is fetched from a host that is named as being inside, by http', async (t) => {
  let seen: IncomingMessage['headers'] = {};
  const port = await serve(t, (request, response) => {
    seen = request.headers;
    response.end('{"keys":[]}');
  });
  const client = clientFor(`127.0.0.1:${port}`);
  assert.deepEqual(await client.get(`http://127.0.0.1:${port}/keys`), { keys: [] });
  assert.equal(seen.accept, 'application/json');
  assert.equal(seen.cookie, undefined);
  assert.equal(seen.connection, 'close');
});

test('a form is posted, and an error answer in JSON is an answer', async (t) => {
  const port = await serve(t, (request, response) => {
    request.setEncoding('utf8').on('data', (form: string) => {
      response.statusCode = 400;
      response.end(
        JSON.stringify({
          form,
          type: request.headers['content-type'],
          by: request.headers.authorization,
        }),
      );
    });
  });
  const answer = await clientFor('127.0.0.1').postForm(
    `http://127.0.0.1:${port}/token`,
    new URLSearchParams({ code: 'a b' }),
    { Authorization: 'Basic eA==' },
  );
  assert.deepEqual(answer, {
    status: 400,
    body: { form: 'code=a+b', type: 'application/x-www-form-urlencoded', by: 'Basic eA==' },
  });
});

test('an address that is not https, or not public, is refused before anything is sent', async () => {
  let lookups = 0;
  const client = clientFor('', {
    lookup: () => {
      lookups += 1;
      return Promise.resolve([v4('127.0.0.1')]);
    },
  });
  for (const url of [
    'http://idp.example/keys',
    'ftp://idp.example/keys',
    'file:///etc/passwd',
    'data:application/json,{}',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.0.0.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://①②⑦.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://user@idp.example/',
    'https://user:secret@idp.example/',
    'https://idp.example/#a',
    'https:\\\\idp.example/',
    ' https://idp.example/',
    'https://idp.exa\nmple/',
    'idp.example',
    '',
    `https://idp.example/${'a'.repeat(2000)}`,
  ]) {
    assert.equal(await reasonOf(client.get(url)), 'url', url);
  }
  assert.equal(lookups, 0);
});

test('a name with one private address among its addresses is refused, and nothing is connected', async (t) => {
  let connections = 0;
  const server = createSocketServer(() => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const hostile = [
    [v4('127.0.0.1')],
    [v4('93.184.215.14'), v4('127.0.0.1')],
    [{ address: '::ffff:127.0.0.1', family: 6 }],
    [{ address: '::1', family: 6 }, v4('1.1.1.1')],
    [v4('10.1.2.3')],
  ];
  for (const addresses of hostile) {
    const client = clientFor('', { lookup: () => Promise.resolve(addresses) });
    const fault = await faultOf(client.get(`https://idp.example:${port}/keys`));
    assert.equal(fault.reason, 'private_address');
    assert.match(fault.message, /FLOWGATE_PRIVATE_HOSTS/);
  }
  assert.equal(connections, 0);
});

test('a name that changes its address between check and connection is looked up once (DNS rebinding)', async (t) => {
  const port = await serve(t, (request, response) =>
    response.end(JSON.stringify({ host: request.headers.host })),
  );
  const answers = ['127.0.0.1', '127.0.0.2'];
  let lookups = 0;
  const rebinding: Lookup = () => Promise.resolve([v4(answers[lookups++] ?? '127.0.0.3')]);
  const client = clientFor('idp.example', { lookup: rebinding });
  const document = await client.get(`http://idp.example:${port}/keys`);
  assert.deepEqual(document, { host: `idp.example:${port}` });
  assert.equal(lookups, 1);
});

test('a redirect is not followed', async (t) => {
  const paths: (string | undefined)[] = [];
  const port = await serve(t, (request, response) => {
    paths.push(request.url);
    response.writeHead(302, { Location: '/inside' }).end('{}');
  });
  const client = clientFor('127.0.0.1');
  assert.equal(await reasonOf(client.get(`http://127.0.0.1:${port}/keys`)), 'redirect');
  const form = client.postForm(`http://127.0.0.1:${port}/token`, new URLSearchParams());
  assert.equal(await reasonOf(form), 'redirect');
  assert.deepEqual(paths, ['/keys', '/token']);
});

test('an answer is refused that is too large, not JSON, or not 200; none is quoted', async (t) => {
  const port = await serve(t, (request, response) => {
    if (request.url === '/large') response.end(`"${'x'.repeat(2000)}"`);
    else if (request.url === '/html') response.end('<p>private text</p>');
    else response.writeHead(404).end('{"error":"private text"}');
  });
  const client = clientFor('127.0.0.1', { largestDocument: 1000 });
  const expected = { large: 'too_large', html: 'not_json', gone: 'status' };
  for (const [path, reason] of Object.entries(expected)) {
    const fault = await faultOf(client.get(`http://127.0.0.1:${port}/${path}`));
    assert.equal(fault.reason, reason);
    assert.doesNotMatch(fault.message, /private text/);
    assert.match(fault.message, new RegExp(`^http://127\\.0\\.0\\.1:${port}/${path} answers with`));
  }
});

test('an answer that is slow as a whole is given up, however steadily it drips', async (t) => {
  const port = await serve(t, (_request, response) => {
    response.write('[');
    const dripping = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(dripping));
  });
  const client = clientFor('127.0.0.1', { timeLimitMs: 200 });
  const begun = performance.now();
  assert.equal(await reasonOf(client.get(`http://127.0.0.1:${port}/`)), 'timeout');
  assert.ok(performance.now() - begun < 20_000);
});

test('a look-up that never ends is given up, too', async () => {
  const never = clientFor('', { timeLimitMs: 50, lookup: () => new Promise(() => undefined) });
  assert.equal(await reasonOf(never.get('https://idp.example/')), 'timeout');
});

test('a name without address and a closed port are told apart', async (t) => {
  const nameless = clientFor('', { lookup: () => Promise.reject(new Error('ENOTFOUND')) });
  assert.equal(await reasonOf(nameless.get('https://idp.example/')), 'dns');
  const empty = clientFor('', { lookup: () => Promise.resolve([]) });
  assert.equal(await reasonOf(empty.get('https://idp.example/')), 'dns');
  const closed = createServer();
  const port = await listen(t, closed);
  closed.close();
  await once(closed, 'close');
  const fault = await faultOf(clientFor('127.0.0.1').get(`http://127.0.0.1:${port}/`));
  assert.equal(fault.reason, 'connection');
  assert.match(fault.message, /cannot be reached \(ECONNREFUSED\)\.$/);
});

test('TLS is checked on a private host as well: an unknown authority is refused, a known one taken', async (t) => {
  const certificate = makeLoopbackCertificate();
  let calls = 0;
  const server = createTlsServer(certificate, (_request, response) => {
    calls += 1;
    response.end('{}');
  });
  const port = await listen(t, server);
  const client = clientFor('127.0.0.1, idp.example', {
    lookup: () => Promise.resolve([v4('127.0.0.1')]),
  });
  const fault = await faultOf(client.get(`https://127.0.0.1:${port}/`));
  assert.equal(fault.reason, 'tls');
  assert.equal(calls, 0);

  const before = getCACertificates('default');
  setDefaultCACertificates([...before, certificate.cert]);
  t.after(() => setDefaultCACertificates(before));
  assert.deepEqual(await client.get(`https://127.0.0.1:${port}/`), {});
  // The certificate is for the address, and the URL has a name.
  assert.equal(await reasonOf(client.get(`https://idp.example:${port}/`)), 'tls');
  assert.equal(calls, 1);
});
