import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Host, startHost } from '../../local/host/start-host.ts';

const appRoot = join(import.meta.dirname, 'fixtures', 'http');

interface Echo {
  readonly method: string;
  readonly url: string;
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly bodyLength: number;
  readonly body: string;
}

let host: Host;
before(async () => {
  host = await startHost({ appRoot, port: 0 });
});
after(() => host.stop());

/** Sends bytes as they are, since clients tidy up what they send. */
async function sendRaw(text: string): Promise<{ status: number; body: string }> {
  const socket = connect(host.port, '127.0.0.1');
  socket.end(Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'));
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('utf8')));
  await once(socket, 'close');
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), body };
}

const echoOf = async (text: string): Promise<Echo> => {
  const { status, body } = await sendRaw(text);
  assert.equal(status, 200, text);
  return JSON.parse(body) as Echo;
};

const getRaw = (path: string, headers = ''): Promise<Echo> =>
  echoOf(`GET ${path} HTTP/1.1\nHost: example.test:8080\n${headers}Connection: close\n\n`);

suite('The request that a function gets (functions-host rules 5 to 12)', () => {
  test('has the body that Content-Length announces, byte for byte', async () => {
    const body = `{"a": "ä"}${' '.repeat(200_000)}`;
    const response = await fetch(`${host.url}/items/1`, { method: 'POST', body });
    const echo = (await response.json()) as Echo;
    assert.equal(echo.bodyLength, Buffer.byteLength(body));
    assert.equal(echo.body.slice(0, 10), '{"a": "ä"}');
  });

  test('has no body when it is chunked (rule 5)', async () => {
    const echo = await echoOf(
      'POST /items/1 HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\nConnection: close\n\n5\nhello\n0\n\n',
    );
    assert.equal(echo.bodyLength, 0);
    assert.equal(echo.headers['transfer-encoding'], 'chunked');
  });

  test('has no body on GET, and one on DELETE (rule 6)', async () => {
    const send = (method: string): Promise<Echo> =>
      echoOf(`${method} /items/1 HTTP/1.1\nHost: h\nContent-Length: 5\nConnection: close\n\nhello`);
    assert.equal((await send('GET')).body, '');
    assert.equal((await send('DELETE')).body, 'hello');
  });

  test('has a URL of scheme, Host, path escaped anew, and the query as sent (rule 7)', async () => {
    const url = async (path: string): Promise<string> =>
      (await getRaw(path)).url.replace('http://example.test:8080', '');
    assert.equal(await url('/rest/%41'), '/rest/A');
    assert.equal(await url('/rest/%2541'), '/rest/%41');
    assert.equal(await url('/rest/a%2Fb'), '/rest/a%2Fb');
    assert.equal(await url('/rest/a/../b/./c'), '/rest/b/c');
    assert.equal(await url('/rest/x/%2e%2e/y'), '/rest/y');
    assert.equal(await url('/rest/%C3%A4%20%3F%23'), '/rest/%C3%A4%20%3F%23');
    assert.equal(await url('/rest/%FF'), '/rest/%FF');
    assert.equal(await url('/rest/a?x=%41&y=a+b&x=2'), '/rest/a?x=%41&y=a+b&x=2');
  });

  test('has parameters that are decoded but for %2F (rule 7)', async () => {
    assert.deepEqual((await getRaw('/rest/%C3%A4/a%2Fb/%2541')).params, { path: 'ä/a%2Fb/%41' });
  });

  test('is 400 with %00, a raw byte or a target that is no path (rule 7)', async () => {
    for (const target of ['/rest/%00', '/rest/\u00e4', 'rest/a']) {
      const { status, body } = await sendRaw(
        `GET ${target} HTTP/1.1\nHost: h\nConnection: close\n\n`,
      );
      assert.equal(status, 400, target);
      assert.equal(body, '');
    }
  });

  test('takes a target in absolute form by its path', async () => {
    assert.deepEqual((await getRaw('http://other.test/items/5')).params, { id: '5' });
  });

  test('has repeated query keys joined, whatever their case (rule 8)', async () => {
    const { query } = await getRaw('/items/1?a=1&b=x&A=2&a=%2C&__proto__=p');
    assert.equal(query['a'], '1,2,,');
    assert.equal(query['b'], 'x');
    assert.equal(Object.keys(query).length, 3);
  });

  test('has header names in lower case and repeated headers joined (rule 9)', async () => {
    const { headers } = await getRaw(
      '/items/1',
      'Authorization: Basic a\nAUTHORIZATION: Bearer b\n',
    );
    assert.equal(headers['authorization'], 'Basic a,Bearer b');
  });

  test('reads header values as UTF-8, refuses what is none, and fails above U+00FF', async () => {
    assert.equal(
      (await getRaw('/items/1', 'X-Name: M\u00c3\u00bcller\n')).headers['x-name'],
      'Müller',
    );
    const status = async (value: string): Promise<number> =>
      (await sendRaw(`GET /items/1 HTTP/1.1\nHost: h\nX-Name: ${value}\nConnection: close\n\n`))
        .status;
    assert.equal(await status('\u00ff'), 400);
    assert.equal(await status('\u00e2\u0082\u00ac'), 500);
  });

  test('has no client certificate from the caller while the app takes none', async () => {
    const { headers } = await getRaw('/items/1', 'X-ARR-ClientCert: MIIB\n');
    assert.equal(headers['x-arr-clientcert'], undefined);
  });

  test('has X-Forwarded-For from the socket, never from the caller (rule 9)', async () => {
    const { headers } = await getRaw('/items/1', 'X-Forwarded-For: 6.6.6.6\nX-MS-Other: as sent\n');
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-ms-other'], 'as sent');
  });

  test('takes its scheme from X-Forwarded-Proto and its host not from X-Forwarded-Host (rule 10)', async () => {
    const sent = 'X-Forwarded-Proto: https\nX-Forwarded-Host: evil.test\n';
    assert.equal((await getRaw('/items/1', sent)).url, 'https://example.test:8080/items/1');
    const odd = await getRaw('/items/1', 'X-Forwarded-Proto: javascript\n');
    assert.equal(odd.url, 'http://example.test:8080/items/1');
  });

  test('is 400 with a Host that is none', async () => {
    for (const name of ['a b', 'a/b', 'user@h', 'h:99999', '[::1', 'ä']) {
      const { status } = await sendRaw(
        `GET /items/1 HTTP/1.1\nHost: ${name}\nConnection: close\n\n`,
      );
      assert.equal(status, 400, name);
    }
    const { status } = await sendRaw(
      'GET /items/1 HTTP/1.1\nHost: a\nHost: b\nConnection: close\n\n',
    );
    assert.equal(status, 400);
  });

  test('is 500, not 413, above 104,857,600 bytes, before they are sent (rule 12)', async () => {
    const { status } = await sendRaw(
      'POST /items/1 HTTP/1.1\nHost: h\nContent-Length: 104857601\n\nx',
    );
    assert.equal(status, 500);
  });

  test('is dropped when the client goes away in the middle of its body', async () => {
    const request = httpRequest(`${host.url}/items/1`, {
      method: 'POST',
      headers: { 'content-length': '10' },
    });
    request.on('error', () => undefined);
    request.write('half');
    await new Promise((resolve) => setTimeout(resolve, 30));
    request.destroy();
    assert.equal((await fetch(`${host.url}/items/1`)).status, 200);
  });
});

suite('The response that a caller gets (functions-host rules 13 to 15)', () => {
  const get = (kind: string): Promise<Response> => fetch(`${host.url}/reply/${kind}`);

  for (const kind of ['throws', 'throwsText', 'string', 'badStatus', 'badHeader', 'wideHeader']) {
    test(`is 500 with an empty body for ${kind}`, async () => {
      const response = await get(kind);
      assert.equal(response.status, 500);
      assert.equal(await response.text(), '');
      assert.equal(response.headers.get('x-injected'), null);
    });
  }

  test('is 200 for {} and 204 for nothing', async () => {
    assert.equal((await get('empty')).status, 200);
    assert.equal((await get('nothing')).status, 204);
  });

  test('has a content type for text and none for bytes', async () => {
    assert.equal((await get('text')).headers.get('content-type'), 'text/plain;charset=UTF-8');
    const bytes = await get('bytes');
    assert.equal(bytes.headers.get('content-type'), null);
    assert.deepEqual(new Uint8Array(await bytes.arrayBuffer()), new Uint8Array([1, 2, 3]));
  });

  test('has status, headers and a long body as the function gave them', async () => {
    const teapot = await get('teapot');
    assert.equal(teapot.status, 418);
    assert.equal(teapot.headers.get('x-reason'), 'short and stout');
    assert.equal((await (await get('big')).text()).length, 300_000);
  });

  test('keeps only the last Set-Cookie of headers, and all of cookies (rule 14)', async () => {
    assert.deepEqual((await get('setCookies')).headers.getSetCookie(), ['b=2']);
    assert.deepEqual((await get('cookies')).headers.getSetCookie(), [
      'a=1%202; path=/p; secure; samesite=strict; httponly',
      'b=2; max-age=60; path=/',
    ]);
  });

  test('has no body with 204 and 304 (rule 15)', async () => {
    for (const [kind, status] of [
      ['noContent', 204],
      ['notModified', 304],
    ] as const) {
      const response = await get(kind);
      assert.equal(response.status, status);
      assert.equal(await response.text(), '');
    }
  });

  test('has a true Content-Length whatever the function says', async () => {
    const response = await get('wrongLength');
    assert.equal(response.headers.get('content-length'), '4');
    assert.equal(await response.text(), 'four');
  });

  test('has no body for HEAD', async () => {
    const response = await fetch(`${host.url}/reply/text`, { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), '');
  });
});

suite('A local host that is told to stop', () => {
  test('lets a running call finish and takes no new one', async () => {
    const other = await startHost({ appRoot, port: 0 });
    const slow = fetch(`${other.url}/reply/slow`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopping = other.stop();
    await assert.rejects(fetch(`${other.url}/reply/text`));
    assert.equal(await (await slow).text(), 'done');
    await stopping;
  });
});
