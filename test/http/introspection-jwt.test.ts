import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { basic, type Credentials, fetchToken } from '../support/instance.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

const JWT = 'application/token-introspection+jwt';

let target: Target;
let owner: Credentials;
let other: Credentials;
let token: string;

before(async () => {
  target = await openTarget();
  owner = await target.admin.registerClient();
  other = await target.admin.registerClient();
  token = await fetchToken(target.url, owner.id, owner.secret);
});

const ask = ({ id, secret }: Credentials, accept: string): Promise<Response> =>
  fetch(`${target.url}/oauth2/api/v1/introspect`, {
    method: 'POST',
    headers: { authorization: basic(id, secret), accept },
    body: new URLSearchParams({ token }),
  });

/** Header and claims; the signature is checked by another make of client below. */
function read(jwt: string): Record<string, unknown>[] {
  return jwt
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object)
    .map((part) => ({ ...part }));
}

test('who asks for a JWT gets one of its own type, for it alone, without sub and exp (RFC 9701 section 5)', async () => {
  for (const accept of [JWT, `text/html, ${JWT.toUpperCase()};q=0.5`]) {
    const response = await ask(owner, accept);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), JWT);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const [header, claims] = read(await response.text());
    assert.equal(header?.['typ'], 'token-introspection+jwt');
    assert.equal(typeof header['kid'], 'string');
    const { iat, token_introspection: told, ...rest } = claims ?? {};
    assert.deepEqual(rest, { iss: target.issuer, aud: owner.id });
    assert.ok(Math.abs(Number(iat) - Date.now() / 1000) < 60);
    const { active, sub } = told as Record<string, unknown>;
    assert.deepEqual([active, sub], [true, `oauth_client_${owner.id}`]);
  }
});

test('a token that the caller may not ask about is inactive in a JWT as in JSON (RFC 9701 section 5)', async () => {
  const [, claims] = read(await (await ask(other, JWT)).text());
  assert.equal(claims?.['aud'], other.id);
  assert.deepEqual(claims['token_introspection'], { active: false });
});

test('JSON stays what everybody else gets (RFC 7662 section 2.2)', async () => {
  for (const accept of [
    'application/json',
    '*/*',
    'application/*',
    `${JWT};q=0`,
    'application/jwt',
  ]) {
    const response = await ask(owner, accept);
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.equal(((await response.json()) as { active: boolean }).active, true);
  }
});

test('a refusal is JSON whatever was asked for', async () => {
  const response = await ask({ ...owner, secret: 'not-the-secret-of-it' }, JWT);
  assert.equal(response.status, 401);
  assert.equal(((await response.json()) as { error: string }).error, 'invalid_client');
});

test('an answer is no access token, here and at whoever checks the type (RFC 8725 section 3.11)', async () => {
  const answer = await (await ask(owner, JWT)).text();
  const call = await fetch(`${target.url}/http/${target.name('nothing-here')}`, {
    headers: { authorization: `Bearer ${answer}` },
  });
  assert.equal(call.status, 401);
  assert.equal(((await call.json()) as { reason: string }).reason, 'invalid_token');
  const asked = await fetch(`${target.url}/oauth2/api/v1/introspect`, {
    method: 'POST',
    headers: { authorization: basic(owner.id, owner.secret) },
    body: new URLSearchParams({ token: answer }),
  });
  assert.deepEqual(await asked.json(), { active: false });
});

test('another make of client asks for a JWT and checks its signature (oauth4webapi)', async () => {
  // It asks the issuer, which is reached elsewhere.
  const options = {
    [oauth.customFetch]: (url: string, init: oauth.CustomFetchOptions<string, unknown>) =>
      fetch(url.replace(target.issuer, target.url), init as RequestInit),
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that nobody overlooks it
    [oauth.allowInsecureRequests]: target.issuer.startsWith('http:'),
  };
  const document = await fetch(`${target.url}/.well-known/oauth-authorization-server`);
  const server = (await document.json()) as oauth.AuthorizationServer;
  const client: oauth.Client = { client_id: owner.id };
  const authentication = oauth.ClientSecretBasic(owner.secret);
  const response = await oauth.introspectionRequest(server, client, authentication, token, {
    ...options,
    requestJwtResponse: true,
  });
  const told = await oauth.processIntrospectionResponse(server, client, response);
  assert.deepEqual([told.active, told.client_id], [true, owner.id]);
  await oauth.validateApplicationLevelSignature(server, response, options);
});
