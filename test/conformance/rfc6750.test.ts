import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { fetchToken } from '../support/instance.ts';
import { decode, deploy, type Deployment, FORM, membersOf } from './deployment.ts';

export const REMOTE = true;

let deployment: Deployment;
let call: Deployment['call'];

before(async () => {
  deployment = await deploy();
  call = deployment.call;
});

/** A refusal with its challenge; the flow has had no message of it. */
async function refused(
  response: Response,
  status: number,
  error: string | undefined,
  reason: string,
): Promise<string> {
  const body = await membersOf(response);
  assert.deepEqual([response.status, body['reason']], [status, reason], JSON.stringify(body));
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const challenge = response.headers.get('www-authenticate') ?? '';
  assert.match(challenge, /^Bearer realm="flowgate"/);
  if (error === undefined) assert.equal(challenge, 'Bearer realm="flowgate"');
  else assert.ok(challenge.includes(`error="${error}"`), challenge);
  return challenge;
}

test('RFC 6750 section 2: a request with two tokens is refused, even if both are good', async () => {
  const before = await deployment.messages();
  const header = ['Authorization', `Bearer ${deployment.token}`] as const;
  const answer = await deployment.raw('GET', deployment.hello, [header, header]);
  assert.equal(answer?.status, 401);
  assert.match(answer.text, /more than one Authorization header/);
  assert.equal(await deployment.messages(), before);
});

test('RFC 6750 section 2.1: a token in the Authorization header is taken', async () => {
  const response = await call({ authorization: `Bearer ${deployment.token}` });
  assert.deepEqual([response.status, await response.text()], [200, 'hello']);
});

test('RFC 6750 section 2.2: a token in a form body is not taken', async () => {
  const before = await deployment.messages();
  const init = { method: 'POST', body: `access_token=${deployment.token}` };
  const response = await call({ 'content-type': FORM }, init);
  await refused(response, 401, undefined, 'missing_token');
  assert.equal(await deployment.messages(), before);
});

test('RFC 6750 section 2.3: a token in the query is not taken, and the answer says where it belongs', async () => {
  const before = await deployment.messages();
  const response = await fetch(
    `${deployment.url}${deployment.hello}?access_token=${deployment.token}`,
  );
  assert.match(await response.clone().text(), /must not be in the query/);
  await refused(response, 401, undefined, 'missing_token');
  assert.equal(await deployment.messages(), before);
});

test('RFC 6750 section 3: every protected address answers 401 with a Bearer challenge', async () => {
  for (const path of [deployment.hello, '/http/none', '/registry/v1/clients', '/api/v1/']) {
    for (const authorization of ['', 'Bearer x.y.z']) {
      const headers: Record<string, string> = authorization === '' ? {} : { authorization };
      const response = await fetch(deployment.url + path, { headers });
      assert.equal(response.status, 401, path);
      assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer realm="flowgate"/);
    }
  }
});

test('RFC 6750 section 3: each attribute of the challenge is there once, in its character set', async () => {
  const response = await call({ authorization: 'Bearer not.a."token\\' });
  const challenge = await refused(response, 401, 'invalid_token', 'invalid_token');
  const attributes = [...challenge.slice('Bearer '.length).matchAll(/(\w+)="([^"]*)"(?:, |$)/g)];
  assert.deepEqual(
    attributes.map(([, name]) => name),
    ['realm', 'error', 'error_description'],
  );
  for (const [, , value] of attributes) {
    assert.match(value ?? '', /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  }
});

test('RFC 6750 section 3.1: without a token the challenge holds no error', async () => {
  const without: Record<string, string>[] = [
    {},
    { authorization: 'Basic YTpi' },
    { cookie: 'JSESSIONID=x' },
  ];
  for (const headers of without) {
    await refused(await call(headers), 401, undefined, 'missing_token');
  }
});

test('RFC 6750 section 3.1: invalid_token for a token that is malformed, altered or revoked', async () => {
  for (const token of ['x', `${deployment.token}x`, deployment.token.slice(0, -2), '"', 'a b']) {
    const response = await call({ authorization: `Bearer ${token}` });
    await refused(response, 401, 'invalid_token', 'invalid_token');
  }
  const client = await deployment.admin.registerClient();
  const orphan = await fetchToken(deployment.url, client.id, client.secret);
  const path = `/registry/v1/clients/${client.id}`;
  const disabled = await deployment.admin.send(
    'PATCH',
    path,
    { enabled: false },
    { 'if-match': '*' },
  );
  assert.equal(disabled.status, 200);
  const refusedFor = (reason: string): Promise<string> =>
    deployment.eventually(async () =>
      refused(await call({ authorization: `Bearer ${orphan}` }), 401, 'invalid_token', reason),
    );
  await refusedFor('client_disabled');
  const gone = await deployment.admin.send('DELETE', path, undefined, { 'if-match': '*' });
  assert.equal(gone.status, 204);
  await refusedFor('revoked');
});

test('RFC 6750 section 3.1: insufficient_scope with 403 for a good token without the role', async () => {
  const client = await deployment.admin.registerClient([]);
  const token = await fetchToken(deployment.url, client.id, client.secret);
  const before = await deployment.messages();
  const response = await call({ authorization: `Bearer ${token}` });
  await refused(response, 403, 'insufficient_scope', 'missing_role');
  assert.equal(await deployment.messages(), before);
});

test('RFC 6750 section 3.1: insufficient_scope with 403 for a call without the CSRF token', async () => {
  const source = 'function processData(message) { return message; }';
  const id = deployment.name('Guarded');
  const bundle = buildBundle({
    id,
    name: id,
    address: `/${id}`,
    csrfProtected: true,
    steps: [{ type: 'script', name: 'S', fileName: 'script1.js', source }],
  });
  assert.equal(await deployment.admin.deploy(id, bundle), 'SUCCESS');
  const response = await fetch(`${deployment.url}/http/${id}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${deployment.token}` },
    body: 'x',
  });
  await refused(response, 403, 'insufficient_scope', 'csrf_required');
});

test('RFC 6750 section 5.2: a token is good for its audience alone', async () => {
  const response = await fetch(`${deployment.url}/registry/v1/clients`, {
    headers: { authorization: `Bearer ${deployment.token}` },
  });
  const body = await membersOf(response);
  assert.deepEqual([response.status, body['reason']], [401, 'wrong_subscription']);
  assert.equal(body['items'], undefined);
});

test('RFC 6750 section 5.3: tokens are in no cookie: none is set and none is looked at', async () => {
  const cookie = `access_token=${deployment.token}; Authorization=Bearer ${deployment.token}`;
  await refused(await call({ cookie }), 401, undefined, 'missing_token');
  const answers = [
    await deployment.post('grant_type=client_credentials'),
    await call({ authorization: `Bearer ${deployment.token}`, cookie }),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('set-cookie'), null);
  }
});

test('RFC 6750 section 5.3: a bearer token lives for an hour unless its client says otherwise', () => {
  const { claims } = decode(deployment.token);
  assert.equal(Number(claims['exp']) - Number(claims['iat']), 3600);
});
