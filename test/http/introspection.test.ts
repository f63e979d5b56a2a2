import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { basic, type Credentials, fetchToken, type Management } from '../support/instance.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

let target: Target;
let admin: Management;
let owner: Credentials;
let other: Credentials;
let inspector: Credentials;
let token: string;

before(async () => {
  target = await openTarget();
  ({ admin } = target);
  owner = await admin.registerClient();
  other = await admin.registerClient();
  inspector = await admin.registerClient(['Token.Introspect']);
  token = await fetchToken(target.url, owner.id, owner.secret);
});

function ask(
  { id, secret }: Credentials,
  parameters: Record<string, string>,
  query = '',
): Promise<Response> {
  return fetch(`${target.url}/oauth2/api/v1/introspect${query}`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
    body: new URLSearchParams(parameters),
  });
}

async function told(client: Credentials, about: string): Promise<Record<string, unknown>> {
  const response = await ask(client, { token: about });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  return (await response.json()) as Record<string, unknown>;
}

const INACTIVE = { active: false };

test('a client is told what its own token says (RFC 7662 section 2.2)', async () => {
  const { exp, iat, jti, ...rest } = await told(owner, token);
  assert.deepEqual(rest, {
    active: true,
    token_type: 'Bearer',
    client_id: owner.id,
    username: `oauth_client_${owner.id}`,
    sub: `oauth_client_${owner.id}`,
    aud: target.subscriptions.iflmap,
    iss: target.issuer,
  });
  assert.equal(Number(exp) - Number(iat), 3600);
  assert.equal(typeof jti, 'string');
});

test('another client is told nothing, one with Token.Introspect everything of its subscription', async () => {
  assert.deepEqual(await told(other, token), INACTIVE);
  assert.equal((await told(inspector, token))['client_id'], owner.id);
  const management = await fetchToken(
    target.url,
    target.administrator.id,
    target.administrator.secret,
  );
  assert.deepEqual(await told(inspector, management), INACTIVE, 'of the other subscription');
});

test('what is no token of ours is inactive, whatever it is (RFC 7662 section 2.2)', async () => {
  for (const about of ['x', 'a.b.c', `${token}x`, token.slice(0, -1), 'x'.repeat(20_000), '☃']) {
    assert.deepEqual(await told(owner, about), INACTIVE);
  }
});

test('a token of a client that is disabled or gone is inactive', async () => {
  const ending = await admin.registerClient();
  const ended = await fetchToken(target.url, ending.id, ending.secret);
  assert.equal((await told(inspector, ended))['active'], true);
  const path = `/registry/v1/clients/${ending.id}`;
  const becomes = (active: boolean): Promise<void> =>
    target.eventually(async () => {
      assert.equal((await told(inspector, ended))['active'], active);
    });
  const any = { 'if-match': '*' };
  assert.equal((await admin.send('PATCH', path, { enabled: false }, any)).status, 200);
  await becomes(false);
  assert.equal((await admin.send('PATCH', path, { enabled: true }, any)).status, 200);
  await becomes(true);
  assert.equal((await admin.send('DELETE', path, undefined, any)).status, 204);
  await becomes(false);
  assert.deepEqual(await told(inspector, ended), INACTIVE);
});

test('the caller has to authenticate, ask by POST, and send the token in the body (RFC 7662 section 2.1)', async () => {
  const wrong = await ask({ ...owner, secret: 'not-the-secret-of-it' }, { token });
  assert.equal(wrong.status, 401);
  assert.equal(((await wrong.json()) as { error: string }).error, 'invalid_client');
  const anonymous = await fetch(`${target.url}/oauth2/api/v1/introspect`, {
    method: 'POST',
    body: new URLSearchParams({ token }),
  });
  assert.equal(anonymous.status, 401);
  assert.equal((await anonymous.text()).includes('active'), false);
  for (const [parameters, query] of [
    [{}, ''],
    [{ token: '' }, ''],
    [{}, `?token=${token}`],
    [{ token }, `?token=${token}`],
  ] as const) {
    const response = await ask(owner, parameters, query);
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as { error: string }).error, 'invalid_request');
  }
  const get = await fetch(`${target.url}/oauth2/api/v1/introspect`);
  assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST']);
});
