import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { FetchFault, type FetchReason } from '../../shared/net/fetch-fault.ts';
import {
  createHttpClient,
  type HttpClient,
  type HttpClientDeps,
  type HttpRequest,
} from '../../shared/net/http-client.ts';
import { readPrivateHosts } from '../../shared/net/private-hosts.ts';
import { closedPort, serve, serveBytes } from '../support/loopback-server.ts';

const v4 = (address: string): LookupAddress => ({ address, family: 4 });
const MB = 1024 * 1024;

function clientFor(
  t: TestContext,
  inside = '127.0.0.1',
  deps: Partial<HttpClientDeps> = {},
): HttpClient {
  const privateHosts = readPrivateHosts(inside);
  assert.ok(privateHosts);
  const client = createHttpClient({ privateHosts, now: () => performance.now(), ...deps });
  t.after(() => client.close());
  return client;
}

const get = (url: string, options: Partial<HttpRequest> = {}): HttpRequest => ({
  url,
  method: 'GET',
  headers: {},
  timeLimitMs: 5000,
  largestBody: MB,
  confidential: false,
  ...options,
});

async function faultOf(sending: Promise<unknown>): Promise<FetchFault> {
  try {
    await sending;
  } catch (error) {
    assert.ok(error instanceof FetchFault, String(error));
    return error;
  }
  assert.fail('was answered');
}

const reasonOf = async (sending: Promise<unknown>): Promise<FetchReason> =>
  (await faultOf(sending)).reason;

test('one connection serves requests that follow each other, and many at a time have 128 to a host', async (t) => {
  const sockets = new Set<Socket>();
  const count = (): number => sockets.size;
  const origin = await serve(t, (request, response) => {
    sockets.add(request.socket);
    setTimeout(() => response.end(request.method), 5);
  });
  const client = clientFor(t);
  for (let i = 0; i < 5; i++) {
    assert.equal((await client.send(get(origin))).body.toString(), 'GET');
    // A socket is kept once its answer has been read.
    await new Promise(setImmediate);
  }
  assert.equal(count(), 1);
  await Promise.all(Array.from({ length: 200 }, () => client.send(get(origin))));
  assert.equal(count(), 128);
});

test('a connection that is older than its check may be is not used again', async (t) => {
  const sockets = new Set<Socket>();
  let now = 0;
  const origin = await serve(t, (request, response) => {
    sockets.add(request.socket);
    now += 40;
    response.end();
  });
  const client = clientFor(t, '127.0.0.1', { now: () => now, maxConnectionAgeMs: 100 });
  for (let i = 0; i < 6; i++) {
    await client.send(get(origin));
    await new Promise(setImmediate);
  }
  assert.equal(sockets.size, 2);
});

test('connections of one certificate are not used by another, nor by who shows none', async (t) => {
  const sockets: Socket[] = [];
  const origin = await serve(t, (request, response) => {
    sockets.push(request.socket);
    response.end();
  });
  const client = clientFor(t);
  const identity = (id: string) => ({ name: id, id, key: '', cert: '' });
  for (const id of ['a', 'b', '', 'a']) {
    await client.send(get(origin, id === '' ? {} : { identity: identity(id) }));
    await new Promise(setImmediate);
  }
  assert.equal(new Set(sockets).size, 3);
  assert.equal(sockets[0], sockets[3]);
});

test('an idempotent request that meets the end of its connection is sent again, another is not (RFC 9110 section 9.2.2)', async (t) => {
  const connections: string[][] = [];
  const origin = await serveBytes(t, (socket) => {
    const seen: string[] = [];
    connections.push(seen);
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    socket.on('data', (data: Buffer) => {
      seen.push(data.toString().split(' ')[0] ?? '');
      socket.resetAndDestroy();
    });
  });
  const client = clientFor(t);
  await client.send(get(origin));
  await new Promise(setImmediate);
  assert.equal((await client.send(get(origin))).body.toString(), 'ok');
  assert.deepEqual(connections[0], ['GET']);
  assert.equal(connections.length, 2);

  const other = clientFor(t);
  await other.send(get(origin));
  await new Promise(setImmediate);
  const fault = await faultOf(other.send(get(origin, { method: 'POST', body: Buffer.from('x') })));
  assert.equal(fault.reason, 'broken');
  assert.equal(fault.mayHaveArrived, true);
  assert.equal(connections.length, 3);
});

test('addresses that are not public are refused in every spelling, and nothing is looked up or connected', async (t) => {
  let lookups = 0;
  const client = clientFor(t, 'inside.example', {
    lookup: () => {
      lookups += 1;
      return Promise.resolve([v4('127.0.0.1')]);
    },
  });
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '127.1',
    '%31%32%37.0.0.1',
    '①②⑦.⓪.⓪.①',
    '0',
    '10.0.0.1',
    '192.168.1.1',
    '172.16.0.1',
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '168.63.129.16',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[0:0:0:0:0:ffff:10.0.0.1]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[64:ff9b::a9fe:a9fe]',
    '[2002:7f00:1::]',
  ]) {
    for (const scheme of ['http', 'https']) {
      assert.equal(await reasonOf(client.send(get(`${scheme}://${host}/`))), 'url', host);
    }
  }
  for (const url of ['ftp://a.example/', 'file:///etc/passwd', 'http://u:p@a.example/', 'a', '']) {
    assert.equal(await reasonOf(client.send(get(url))), 'url', url);
  }
  assert.equal(lookups, 0);
});

test('a name is refused whose addresses are not all public, those of mapped and metadata among them', async (t) => {
  let connections = 0;
  const origin = await serveBytes(t, () => (connections += 1));
  const { port } = new URL(origin);
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '::1',
    '::ffff:127.0.0.1',
    'fd00:ec2::254',
    '64:ff9b::7f00:1',
  ]) {
    const found = [v4('93.184.215.14'), { address, family: address.includes(':') ? 6 : 4 }];
    const client = clientFor(t, '', { lookup: () => Promise.resolve(found) });
    const fault = await faultOf(client.send(get(`http://name.example:${port}/`)));
    assert.equal(fault.reason, 'private_address', address);
    assert.equal(fault.mayHaveArrived, false);
  }
  assert.equal(connections, 0);
});

test('a host that is named as inside does not lead to metadata, whatever its name server says', async (t) => {
  for (const address of [
    '169.254.169.254',
    '168.63.129.16',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a83f:8110',
    'fe80::1%eth0',
    'no address',
  ]) {
    const found = [{ address, family: address.includes(':') ? 6 : 4 }];
    const client = clientFor(t, 'inside.example', { lookup: () => Promise.resolve(found) });
    const reason = await reasonOf(client.send(get('http://inside.example/')));
    assert.equal(reason, 'private_address', address);
  }
});

test('a name that changes its address is looked up once for a connection, and anew for the next (DNS rebinding)', async (t) => {
  let lookups = 0;
  const origin = await serve(t, (_request, response) => response.end('reached'));
  const { port } = new URL(origin);
  const addresses = [[v4('127.0.0.1')], [v4('169.254.169.254')]];
  const client = clientFor(t, 'inside.example', {
    lookup: () => Promise.resolve(addresses[lookups++] ?? []),
  });
  const url = `http://inside.example:${port}/`;
  assert.equal((await client.send(get(url))).body.toString(), 'reached');
  await new Promise(setImmediate);
  // The connection that is kept goes to where it was checked to go.
  assert.equal((await client.send(get(url))).body.toString(), 'reached');
  assert.equal(lookups, 1);
  client.close();
  assert.equal(await reasonOf(client.send(get(url))), 'private_address');
  assert.equal(lookups, 2);
});

test('what holds a secret goes to public hosts by TLS alone', async (t) => {
  const client = clientFor(t, '', { lookup: () => Promise.reject(new Error('none')) });
  const secret = get('http://name.example/', { confidential: true });
  assert.equal(await reasonOf(client.send(secret)), 'url');
  assert.equal(await reasonOf(client.send({ ...secret, confidential: false })), 'dns');
});

test('a redirect is an answer and is not followed', async (t) => {
  const paths: (string | undefined)[] = [];
  const origin = await serve(t, (request, response) => {
    paths.push(request.url);
    response.writeHead(302, { Location: 'http://169.254.169.254/latest/meta-data' }).end();
  });
  const answer = await clientFor(t).send(get(`${origin}/a`));
  assert.equal(answer.status, 302);
  assert.deepEqual(answer.headers.get('location')?.values, [
    'http://169.254.169.254/latest/meta-data',
  ]);
  assert.deepEqual(paths, ['/a']);
});

test('answers are decoded as they are encoded, and a coding that is unknown is handed on', async (t) => {
  const text = 'ä'.repeat(1000);
  const bodies: Record<string, Buffer> = {
    gzip: gzipSync(text),
    'x-gzip': gzipSync(text),
    deflate: deflateSync(text),
    br: brotliCompressSync(text),
    identity2: Buffer.from(text),
  };
  const origin = await serve(t, (request, response) => {
    assert.equal(request.headers['accept-encoding'], 'gzip, deflate, br');
    const coding = request.url?.slice(1) ?? '';
    if (coding === 'raw')
      response.setHeader('Content-Encoding', 'deflate').end(deflateRawSync(text));
    else response.setHeader('Content-Encoding', coding).end(bodies[coding]);
  });
  const client = clientFor(t);
  for (const coding of [...Object.keys(bodies), 'raw']) {
    const { body, headers } = await client.send(get(`${origin}/${coding}`));
    assert.equal(body.toString(), text, coding);
    const isKnown = coding !== 'identity2';
    assert.equal(headers.has('content-encoding'), !isKnown);
    if (isKnown) assert.deepEqual(headers.get('content-length')?.values, [String(body.length)]);
  }
  const { body } = await client.send(get(`${origin}/gzip`, { method: 'HEAD' }));
  assert.equal(body.length, 0);
});

test('a small answer that becomes a large one is given up at the limit, and a damaged one at once', async (t) => {
  const bomb = gzipSync(Buffer.alloc(64 * MB));
  const origin = await serve(t, (request, response) => {
    response.setHeader('Content-Encoding', 'gzip');
    response.end(request.url === '/bomb' ? bomb : bomb.subarray(0, bomb.length / 2));
  });
  const client = clientFor(t);
  const before = process.memoryUsage().external;
  assert.equal(await reasonOf(client.send(get(`${origin}/bomb`))), 'too_large');
  assert.ok(process.memoryUsage().external - before < 32 * MB);
  const damaged = client.send(get(`${origin}/damaged`, { largestBody: 100 * MB }));
  assert.equal(await reasonOf(damaged), 'encoding');
});

test('a body without end is read up to the limit and no further', async (t) => {
  let written = 0;
  const origin = await serve(t, (_request, response) => {
    const chunk = Buffer.alloc(64 * 1024);
    const more = (): void => {
      written += chunk.length;
      if (response.destroyed) return;
      if (response.write(chunk)) setImmediate(more);
      else response.once('drain', more);
    };
    more();
  });
  assert.equal(await reasonOf(clientFor(t).send(get(origin))), 'too_large');
  assert.ok(written < 20 * MB, `${written} bytes`);
});

test('a body of 100 MB comes whole, one byte more does not', async (t) => {
  const size = 100 * MB;
  const origin = await serve(t, (request, response) => {
    response.end(Buffer.alloc(size + (request.url === '/more' ? 1 : 0), 'a'));
  });
  const client = clientFor(t);
  const options = { largestBody: size, timeLimitMs: 60_000 };
  assert.equal((await client.send(get(origin, options))).body.length, size);
  assert.equal(await reasonOf(client.send(get(`${origin}/more`, options))), 'too_large');
});

test('answers that are read at the same time have a limit together', async (t) => {
  const origin = await serve(t, (request, response) => {
    response.write(Buffer.alloc(600 * 1024));
    if (request.url === '/whole') response.end();
  });
  const client = clientFor(t, '127.0.0.1', { maxReading: MB });
  const held = client.send(get(`${origin}/held`, { timeLimitMs: 1500 }));
  const outcome = reasonOf(held);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(await reasonOf(client.send(get(`${origin}/whole`))), 'busy');
  assert.equal(await outcome, 'timeout');
  // What was given up counts no more.
  assert.equal((await client.send(get(`${origin}/whole`))).body.length, 600 * 1024);
});

test('answers that are decoded at the same time count as large as they become', async (t) => {
  const packed = gzipSync(Buffer.alloc(600 * 1024));
  const origin = await serve(t, (request, response) => {
    if (request.url === '/held') response.write(Buffer.alloc(600 * 1024));
    else response.setHeader('Content-Encoding', 'gzip').end(packed);
  });
  const client = clientFor(t, '127.0.0.1', { maxReading: MB });
  const outcome = reasonOf(client.send(get(`${origin}/held`, { timeLimitMs: 1500 })));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(await reasonOf(client.send(get(`${origin}/packed`))), 'busy');
  assert.equal(await outcome, 'timeout');
  assert.equal((await client.send(get(`${origin}/packed`))).body.length, 600 * 1024);
});

for (const [name, answer, reason] of [
  ['fewer bytes than it has said', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', 'broken'],
  [
    'an end within a chunk',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab',
    'broken',
  ],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 'broken'],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabcde', 'broken'],
  [
    'a chunk that is no number',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'broken',
  ],
  ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n', 'broken'],
  ['nothing', '', 'broken'],
  [
    'an upgrade',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
    'broken',
  ],
  [
    'too many headers',
    `HTTP/1.1 200 OK\r\n${'X-A: aaaaaaaaaaaaaaaa\r\n'.repeat(5000)}\r\n`,
    'too_large',
  ],
] as const) {
  test(`an answer with ${name} is no answer`, async (t) => {
    const origin = await serveBytes(t, (socket) => socket.end(answer));
    const fault = await faultOf(clientFor(t).send(get(`${origin}/path?token=secret`)));
    assert.equal(fault.reason, reason, fault.message);
    assert.equal(fault.mayHaveArrived, true);
    assert.doesNotMatch(fault.message, /secret/);
  });
}

test('a connection that is reset in the middle of the body is told of as such', async (t) => {
  const origin = await serveBytes(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', () => {
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
  });
  const fault = await faultOf(clientFor(t).send(get(origin)));
  assert.match(fault.message, /ended the connection before its answer was complete/);
});

for (const [name, answer] of [
  ['no answer', ''],
  ['headers that drip', 'HTTP/1.1 200 OK\r\n'],
  ['a body that drips', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n'],
] as const) {
  test(`the time limit holds for ${name}`, async (t) => {
    const origin = await serveBytes(t, (socket) => {
      socket.write(answer);
      const dripping = setInterval(() => socket.write(answer === '' ? '' : 'a'), 20);
      socket.on('close', () => clearInterval(dripping));
    });
    const begun = performance.now();
    const fault = await faultOf(clientFor(t).send(get(origin, { timeLimitMs: 200 })));
    assert.equal(fault.reason, 'timeout');
    assert.equal(fault.mayHaveArrived, true);
    assert.ok(performance.now() - begun < 20_000);
  });
}

test('a look-up and a connection that are not made in time have sent nothing', async (t) => {
  const client = clientFor(t, '', { lookup: () => new Promise(() => undefined) });
  const fault = await faultOf(client.send(get('https://name.example/', { timeLimitMs: 50 })));
  assert.equal(fault.reason, 'timeout');
  assert.equal(fault.mayHaveArrived, false);
  const closed = await closedPort();
  const refused = await faultOf(clientFor(t).send(get(`http://127.0.0.1:${closed}/`)));
  assert.equal(refused.reason, 'connection');
  assert.equal(refused.mayHaveArrived, false);
});

test('a request without a body says so where its method has one', async (t) => {
  const origin = await serve(t, (request, response) => {
    response.end(request.headers['content-length'] ?? 'none');
  });
  const client = clientFor(t);
  const lengthOf = async (options: Partial<HttpRequest>): Promise<string> =>
    (await client.send(get(origin, options))).body.toString();
  assert.equal(await lengthOf({ method: 'POST' }), '0');
  assert.equal(await lengthOf({ method: 'PUT', body: Buffer.from('ä') }), '2');
  assert.equal(await lengthOf({}), 'none');
  assert.equal(await lengthOf({ method: 'DELETE', body: Buffer.from('a') }), '1');
});
