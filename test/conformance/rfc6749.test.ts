import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { decode, deploy, type Deployment, FORM, membersOf, TOKEN_PATH } from './deployment.ts';

export const REMOTE = true;

const GRANT = 'grant_type=client_credentials';
let deployment: Deployment;
let post: Deployment['post'];

before(async () => {
  deployment = await deploy();
  post = deployment.post;
});

/** A refusal by section 5.2, with no token in it. */
async function refused(response: Response, error: string, status = 400): Promise<string> {
  const body = await membersOf(response);
  assert.deepEqual([response.status, body['error']], [status, error], JSON.stringify(body));
  assert.deepEqual(Object.keys(body), ['error', 'error_description']);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal(response.headers.get('pragma'), 'no-cache');
  return String(body['error_description']);
}

async function granted(response: Response): Promise<Record<string, unknown>> {
  const body = await membersOf(response);
  assert.equal(response.status, 200, JSON.stringify(body));
  return body;
}

const credentials = (): string =>
  `client_id=${deployment.client.id}&client_secret=${deployment.client.secret}`;

test('RFC 6749 section 2.3: a request with two methods of client authentication is refused', async () => {
  const response = await post(`${GRANT}&${credentials()}`);
  assert.match(await refused(response, 'invalid_request'), /not in both/);
});

test('RFC 6749 section 2.3.1: Basic credentials are taken form-encoded', async () => {
  const secret = 'p+s/w%41 &=:ä, sixteen';
  const id = deployment.name('form-encoded~1');
  const made = await deployment.admin.send('POST', '/registry/v1/clients', {
    client_id: id,
    client_secret: secret,
  });
  assert.equal(made.status, 201);
  const encode = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
  const pair = `${encode(id)}:${encode(secret)}`;
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  await granted(await post(GRANT, { authorization }));
});

test('RFC 6749 section 2.3.1: credentials are taken from the request body', async () => {
  await granted(await post(`${GRANT}&${credentials()}`, {}));
});

test('RFC 6749 section 2.3.1: a client_secret in the request URI is refused, right or wrong', async () => {
  for (const secret of [deployment.client.secret, 'wrong']) {
    const query = `${GRANT}&client_id=${deployment.client.id}&client_secret=${secret}`;
    const response = await fetch(`${deployment.url}${TOKEN_PATH}?${query}`, { method: 'POST' });
    assert.match(await refused(response, 'invalid_request'), /must not be in the query/);
  }
});

test('RFC 6749 section 3.2: the token endpoint takes POST and nothing else', async () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
    const response = await fetch(`${deployment.url}${TOKEN_PATH}?${GRANT}`, {
      method,
      headers: { authorization: deployment.authorization },
    });
    assert.equal(response.status, 405, method);
    assert.equal(response.headers.get('allow'), 'POST, OPTIONS');
    assert.doesNotMatch(await response.text(), /access_token/);
  }
});

test('RFC 6749 section 3.2: a parameter without a value counts as left out', async () => {
  const response = await post(`${GRANT}&scope=&client_id=&client_secret=&resource=`);
  assert.equal((await granted(response))['scope'], 'read write');
  await refused(await post('grant_type='), 'invalid_request');
});

test('RFC 6749 section 3.2: an unknown parameter is ignored', async () => {
  await granted(await post(`${GRANT}&response_mode=x&__proto__=1&constructor=2`));
});

test('RFC 6749 section 3.2: a parameter that is repeated is refused, in body and query', async () => {
  const inBody = await post(`${GRANT}&scope=read&scope=read`);
  assert.match(await refused(inBody, 'invalid_request'), /scope is repeated/);
  const inQuery = await fetch(`${deployment.url}${TOKEN_PATH}?${GRANT}&${GRANT}`, {
    method: 'POST',
    headers: { authorization: deployment.authorization },
  });
  assert.match(await refused(inQuery, 'invalid_request'), /grant_type is repeated/);
});

test('RFC 6749 section 3.2: query and body count as one request: equal values pass, others do not', async () => {
  const send = (query: string, body: string): Promise<Response> =>
    fetch(`${deployment.url}${TOKEN_PATH}?${query}`, {
      method: 'POST',
      headers: { authorization: deployment.authorization, 'content-type': FORM },
      body,
    });
  await granted(await send(GRANT, GRANT));
  await refused(await send(`${GRANT}&scope=read`, 'scope=write'), 'invalid_request');
});

test('RFC 6749 section 3.2.1: without client authentication there is no token', async () => {
  for (const form of [GRANT, `${GRANT}&client_id=${deployment.client.id}`]) {
    await refused(await post(form, {}), 'invalid_client', 401);
  }
});

test('RFC 6749 section 3.3: the answer names the scope where it is not the one asked for', async () => {
  const body = await granted(await post(GRANT));
  assert.equal(body['scope'], 'read write');
  assert.equal(decode(String(body['access_token'])).claims['scope'], 'read write');
});

test('RFC 6749 section 3.3: scopes are case-sensitive and their order does not matter', async () => {
  const body = await granted(await post(`${GRANT}&scope=write+read`));
  assert.deepEqual(String(body['scope']).split(' ').sort(), ['read', 'write']);
  assert.match(await refused(await post(`${GRANT}&scope=Read`), 'invalid_scope'), /Read/);
});

test('RFC 6749 section 3.3: a blank scope means the default one', async () => {
  const body = await granted(await post(`${GRANT}&scope=%20+`));
  assert.equal(body['scope'], 'read write');
});

test('RFC 6749 section 4.4.2: grant_type is required, in the body or as SAP sends it in the query', async () => {
  const response = await fetch(`${deployment.url}${TOKEN_PATH}?${GRANT}`, {
    method: 'POST',
    headers: { authorization: deployment.authorization },
  });
  await granted(response);
  assert.match(await refused(await post('scope=read'), 'invalid_request'), /grant_type/);
});

test('RFC 6749 section 4.4.3: the answer to client credentials holds no refresh token', async () => {
  const body = await granted(await post(GRANT));
  assert.deepEqual(Object.keys(body).sort(), ['access_token', 'expires_in', 'scope', 'token_type']);
});

test('RFC 6749 section 5.1: the token comes as JSON with type and lifetime, and is stored nowhere', async () => {
  const response = await post(GRANT);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal(response.headers.get('pragma'), 'no-cache');
  const body = await granted(response);
  assert.equal(body['token_type'], 'Bearer');
  assert.equal(body['expires_in'], 3600);
  const { claims } = decode(String(body['access_token']));
  assert.equal(Number(claims['exp']) - Number(claims['iat']), body['expires_in']);
});

test('RFC 6749 section 5.2: failed Basic authentication is 401 with a challenge of its scheme', async () => {
  const wrong = Buffer.from(`${deployment.client.id}:wrong`).toString('base64');
  for (const scheme of ['Basic', 'basic', 'BASIC']) {
    const response = await post(GRANT, { authorization: `${scheme} ${wrong}` });
    assert.match(response.headers.get('www-authenticate') ?? '', /^Basic realm="[^"]+"/);
    await refused(response, 'invalid_client', 401);
  }
});

test('RFC 6749 section 5.2: a header of another scheme is invalid_client with the challenge', async () => {
  for (const authorization of [`Bearer ${deployment.token}`, 'Digest username="x"', 'Basic']) {
    const response = await post(GRANT, { authorization });
    assert.match(response.headers.get('www-authenticate') ?? '', /^Basic /);
    await refused(response, 'invalid_client', 401);
  }
});

test('RFC 6749 section 5.2: an unknown client and a wrong secret are answered alike', async () => {
  const answers = await Promise.all(
    [deployment.client.id, 'nobody', '../x', ''].map(async (id) => {
      const pair = Buffer.from(`${id}:not-the-secret`).toString('base64');
      const response = await post(GRANT, { authorization: `Basic ${pair}` });
      const { status, headers } = response;
      return [status, headers.get('www-authenticate'), await response.text()];
    }),
  );
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
});

test('RFC 6749 section 5.2: unsupported_grant_type for a grant that this server does not have', async () => {
  for (const grant of ['password', 'implicit', 'device_code', '__proto__', 'x y']) {
    const response = await post(`grant_type=${encodeURIComponent(grant)}`);
    const text = await refused(response, 'unsupported_grant_type');
    assert.equal(text.includes(grant), grant === 'password' || grant === 'implicit');
  }
});

test('RFC 6749 section 5.2: unauthorized_client for a grant that the client is not registered for', async () => {
  for (const grant of ['authorization_code', 'refresh_token']) {
    await refused(await post(`grant_type=${grant}`), 'unauthorized_client');
  }
});

test('RFC 6749 section 5.2: invalid_scope names what exceeds the registration', async () => {
  const response = await post(`${GRANT}&scope=read+admin`);
  assert.match(await refused(response, 'invalid_scope'), /registered for: admin\./);
  await refused(await post(`${GRANT}&scope=%22`), 'invalid_scope');
});

test('RFC 6749 section 5.2: a malformed request is invalid_request', async () => {
  const json = await fetch(deployment.url + TOKEN_PATH, {
    method: 'POST',
    headers: { authorization: deployment.authorization, 'content-type': 'application/json' },
    body: '{"grant_type":"client_credentials"}',
  });
  assert.match(await refused(json, 'invalid_request'), /x-www-form-urlencoded/);
});

test('RFC 6749 section 5.2: error_description keeps to printable ASCII without quotation marks and backslashes', async () => {
  const forms = [
    'grant_type=%C3%BC%22%5C%0A%E2%9C%93',
    `${GRANT}&scope=%22%5C%00`,
    `${GRANT}&%22%5C%C3%BC=1&%22%5C%C3%BC=2`,
    `${GRANT}&token_format=%22`,
  ];
  for (const form of forms) {
    const { error_description: text } = await membersOf(await post(form));
    assert.match(String(text), /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  }
});

test('RFC 6749 section 7.1: the token is used as its type says, case of the type ignored', async () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    const response = await deployment.call({ authorization: `${scheme} ${deployment.token}` });
    assert.equal(await response.text(), 'hello');
  }
});

test('RFC 6749 appendix B: forms are read as UTF-8, with a charset parameter or without', async () => {
  for (const type of [FORM, `${FORM};charset=UTF-8`, 'Application/X-WWW-Form-URLEncoded']) {
    const secret = encodeURIComponent('schön ✓ sixteen chars');
    const id = deployment.name('utf8');
    const form = `${GRANT}&client_id=${id}&client_secret=${secret}`;
    const again = await deployment.admin.send('POST', '/registry/v1/clients', {
      client_id: id,
      client_secret: 'schön ✓ sixteen chars',
    });
    assert.ok([201, 409].includes(again.status));
    await granted(await post(form, { 'content-type': type }));
  }
});

test('RFC 6749 section 3.2: two Authorization headers are no authentication, even with equal values', async () => {
  const header = ['Authorization', deployment.authorization] as const;
  const answer = await deployment.raw('POST', `${TOKEN_PATH}?${GRANT}`, [header, header]);
  assert.equal(answer?.status, 400);
  assert.match(answer.text, /"error":"invalid_request".*more than one Authorization/);
});
