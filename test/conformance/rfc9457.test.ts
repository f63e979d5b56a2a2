import assert from 'node:assert/strict';
import { STATUS_CODES } from 'node:http';
import { before, test } from 'node:test';
import { deploy, type Deployment, type Members } from './deployment.ts';

/** Node has the names of older RFCs. */
const PHRASES: Readonly<Record<number, string>> = {
  413: 'Content Too Large',
  422: 'Unprocessable Content',
};

export const REMOTE = true;

let deployment: Deployment;
let problems: readonly { readonly response: Response; readonly body: Members }[];

before(async () => {
  deployment = await deploy();
  const { admin, client, url, token } = deployment;
  const path = `/registry/v1/clients/${client.id}`;
  const json = (type: string) => ({ 'content-type': type });
  const responses = await Promise.all([
    admin.send('GET', '/registry/v1/clients?limit=0'),
    fetch(`${url}/registry/v1/clients`),
    fetch(`${url}/registry/v1/clients`, { headers: { authorization: `Bearer ${token}` } }),
    admin.send('GET', '/nothing/here'),
    admin.send('GET', '/registry/v1/clients/none'),
    admin.send('DELETE', '/registry/v1/clients'),
    admin.send('POST', '/registry/v1/clients', { client_id: client.id }),
    admin.send('PATCH', path, {}, { 'if-match': '"stale"' }),
    admin.send('POST', '/registry/v1/clients', { description: 'x'.repeat(256 * 1024) }),
    admin.send('POST', '/registry/v1/clients', {}, json('text/plain')),
    admin.send('POST', '/registry/v1/clients', {
      enabled: 'yes',
      scope: 1,
      access_token_lifetime: 1,
    }),
    admin.send('PATCH', path, {}),
    admin.send('POST', '/health/live'),
  ]);
  problems = await Promise.all(
    responses.map(async (response) => ({ response, body: (await response.json()) as Members })),
  );
});

test('RFC 9457 section 3: problems have the media type application/problem+json', () => {
  const statuses = problems.map(({ response }) => response.status);
  assert.deepEqual(statuses, [400, 401, 401, 404, 404, 405, 409, 412, 413, 415, 422, 428, 405]);
  for (const { response } of problems) {
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
  }
});

test('RFC 9457 section 3.1.1: type is about:blank, as the status says it all', () => {
  for (const { body } of problems) assert.equal(body['type'], 'about:blank');
});

test('RFC 9457 section 3.1.2: status is the one of the answer', () => {
  for (const { response, body } of problems) assert.equal(body['status'], response.status);
});

test('RFC 9457 section 4.2.1: the title of about:blank is the phrase of the status', () => {
  for (const { response, body } of problems) {
    assert.equal(body['title'], PHRASES[response.status] ?? STATUS_CODES[response.status]);
  }
});

test('RFC 9457 section 3.1.4: detail is a sentence that helps to mend it, not what the program knows of itself', () => {
  for (const { body } of problems) {
    assert.match(String(body['detail']), /^[A-Za-z].{10,}\.$/s);
    assert.doesNotMatch(
      JSON.stringify(body),
      /\bat \w+ \(|node:|\.ts\b|zod|azure|RestError|Table/i,
    );
  }
});

test('RFC 9457 section 3.1.5: instance is a URI of this one occurrence, that of x-invocation-id', () => {
  for (const { response, body } of problems) {
    const id = response.headers.get('x-invocation-id') ?? '';
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.equal(body['instance'], `urn:uuid:${id}`);
  }
  assert.equal(new Set(problems.map(({ body }) => body['instance'])).size, problems.length);
});

test('RFC 9457 section 3.2: extension members have names that XML can have too', () => {
  const standard = ['type', 'title', 'status', 'detail', 'instance'];
  for (const { body } of problems) {
    const extensions = Object.keys(body).filter((name) => !standard.includes(name));
    for (const name of extensions) assert.match(name, /^[A-Za-z][A-Za-z0-9_]{2,}$/);
    assert.equal(typeof body['reason'], 'string');
  }
});

test('RFC 9457 section 3: several faults of one kind are told at once, each by its JSON pointer', () => {
  const invalid = problems.find(({ response }) => response.status === 422);
  const errors = invalid?.body['errors'] as readonly { pointer: string; detail: string }[];
  assert.deepEqual(errors.map((error) => error.pointer).sort(), [
    '/access_token_lifetime',
    '/enabled',
    '/scope',
  ]);
  for (const { detail } of errors) assert.match(detail, /^[a-z_]+ .*\.$/);
});

test('RFC 9457 section 5: a problem repeats no secret and no token of its request', async () => {
  const secret = 'a-secret-that-is-never-repeated';
  const { admin, client, token } = deployment;
  const responses = await Promise.all([
    admin.send('POST', '/registry/v1/clients', { client_secret: secret, client_id: 'a b' }),
    admin.send('POST', '/registry/v1/clients', { client_id: client.id, client_secret: secret }),
    admin.send('POST', '/registry/v1/clients', {
      client_id: deployment.name('x'),
      client_secret: `${secret}\u0007`,
    }),
    admin.send('GET', '/registry/v1/clients', undefined, { authorization: `Bearer ${token}x` }),
  ]);
  for (const response of responses) {
    const text = await response.text();
    assert.ok(response.status >= 400, text);
    assert.ok(!text.includes(secret) && !text.includes(token), text);
  }
  assert.equal(
    (await admin.send('GET', `/registry/v1/clients/${deployment.name('x')}`)).status,
    404,
  );
});
