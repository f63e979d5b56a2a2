import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import {
  basic,
  fetchToken,
  type Instance,
  ISSUER,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

interface TestClient {
  readonly id: string;
  readonly secret: string;
}

let instance: Instance;
let admin: Management;
let owner: TestClient;
let other: TestClient;
let inspector: TestClient;
let token: string;

before(async () => {
  instance = await startInstance(await testStorage());
  admin = await manage(instance);
  owner = await admin.registerClient();
  other = await admin.registerClient();
  inspector = await admin.registerClient(['Token.Introspect']);
  token = await fetchToken(instance.url, owner.id, owner.secret);
});

function ask(
  { id, secret }: TestClient,
  parameters: Record<string, string>,
  query = '',
): Promise<Response> {
  return fetch(`${instance.url}/oauth2/api/v1/introspect${query}`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
    body: new URLSearchParams(parameters),
  });
}

async function told(client: TestClient, about: string): Promise<Record<string, unknown>> {
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
    aud: 'flowgateiflmap',
    iss: ISSUER,
  });
  assert.equal(Number(exp) - Number(iat), 3600);
  assert.equal(typeof jti, 'string');
});

test('another client is told nothing, one with Token.Introspect everything of its subscription', async () => {
  assert.deepEqual(await told(other, token), INACTIVE);
  assert.equal((await told(inspector, token))['client_id'], owner.id);
  const management = await fetchToken(instance.url, 'test-admin', 'a-secret-for-the-test-run');
  assert.deepEqual(await told(inspector, management), INACTIVE, 'of the other subscription');
});

test('what is no token of ours is inactive, whatever it is (RFC 7662 section 2.2)', async () => {
  for (const about of ['x', 'a.b.c', `${token}x`, token.slice(0, -1), 'x'.repeat(20_000), '☃']) {
    assert.deepEqual(await told(owner, about), INACTIVE);
  }
});

test('a token of a client that is disabled or gone is inactive', async () => {
  const ending = await admin.registerClient();
  const ended = await fetchToken(instance.url, ending.id, ending.secret);
  assert.equal((await told(inspector, ended))['active'], true);
  const path = `/registry/v1/clients/${ending.id}`;
  const any = { 'if-match': '*' };
  assert.equal((await admin.send('PATCH', path, { enabled: false }, any)).status, 200);
  assert.deepEqual(await told(inspector, ended), INACTIVE);
  assert.equal((await admin.send('PATCH', path, { enabled: true }, any)).status, 200);
  assert.equal((await told(inspector, ended))['active'], true);
  assert.equal((await admin.send('DELETE', path, undefined, any)).status, 204);
  assert.deepEqual(await told(inspector, ended), INACTIVE);
});

test('the caller has to authenticate, ask by POST, and send the token in the body (RFC 7662 section 2.1)', async () => {
  const wrong = await ask({ ...owner, secret: 'not-the-secret-of-it' }, { token });
  assert.equal(wrong.status, 401);
  assert.equal(((await wrong.json()) as { error: string }).error, 'invalid_client');
  const anonymous = await fetch(`${instance.url}/oauth2/api/v1/introspect`, {
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
  const get = await fetch(`${instance.url}/oauth2/api/v1/introspect`);
  assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST']);
});

test('guesses here count with those at the token endpoint: beyond ten for a client 429, right ones still pass', async () => {
  const target = await admin.registerClient();
  const guess = () => ask({ ...target, secret: 'a-guess-that-is-wrong' }, { token });
  const statuses: number[] = [];
  for (let i = 0; i < 12; i += 1) statuses.push((await guess()).status);
  assert.deepEqual(statuses, [...Array<number>(10).fill(401), 429, 429]);
  const slowed = await guess();
  assert.equal(((await slowed.json()) as { error: string }).error, 'temporarily_unavailable');
  assert.ok(Number(slowed.headers.get('retry-after')) > 0);
  const atToken = await fetch(`${instance.url}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization: basic(target.id, 'a-guess-that-is-wrong') },
  });
  assert.equal(atToken.status, 429);
  assert.deepEqual(await told(target, token), INACTIVE);
});
