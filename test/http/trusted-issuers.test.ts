import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
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
import { movableClock } from '../support/movable-clock.ts';
import { type OidcProvider, startOidcProvider } from '../support/oidc-provider.ts';
import { makeIssuerKey, type OtherIssuer, startOtherIssuer } from '../support/other-issuer.ts';

export const LOCAL_ONLY = 'its issuers are servers on the loopback, and it starts two instances';

const AUDIENCE = 'api://flowgate';
const ANY = { 'if-match': '*' };
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const key = makeIssuerKey('k1');

let one: Instance;
let two: Instance;
let admin: Management;
let provider: OidcProvider;
let other: OtherIssuer;
/** Of the instances. */
const clock = movableClock();

before(async () => {
  const storage = await testStorage();
  const env = { FLOWGATE_PRIVATE_HOSTS: '127.0.0.1', ...clock.env };
  [one, two] = await Promise.all([startInstance(storage, env), startInstance(storage, env)]);
  admin = await manage(one);
  provider = await startOidcProvider('svc', ['Flowgate.Send']);
  other = await startOtherIssuer([key]);
  const source =
    'function processData(message) { message.setBody(message.getHeaders().get("SapAuthenticatedUserName")); return message; }';
  const steps = [{ type: 'script' as const, name: 'Who', fileName: 'script1.js', source }];
  const bundle = buildBundle({ id: 'Who', name: 'Who', address: '/who', steps });
  assert.equal(await admin.deploy('Who', bundle), 'SUCCESS');
  await trust('provider', {
    issuer: provider.issuer,
    user_claim: 'sub',
    use: ['direct', 'exchange'],
  });
  await trust('other', { issuer: other.issuer, jwks_uri: other.jwksUri, user_claim: 'sub' });
});
after(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await provider.close().catch(() => undefined);
  await other.close().catch(() => undefined);
});

async function trust(id: string, settings: object): Promise<void> {
  const body = { issuer_id: id, audience: [AUDIENCE], ...settings };
  const response = await admin.send('POST', '/registry/v1/issuers', body);
  assert.equal(response.status, 201, await response.clone().text());
}

async function change(id: string, settings: object): Promise<void> {
  const response = await admin.send('PATCH', `/registry/v1/issuers/${id}`, settings, ANY);
  assert.equal(response.status, 200, await response.clone().text());
}

async function assign(role: string, user: string): Promise<void> {
  const path = `/registry/v1/subscriptions/flowgateiflmap/roles/${role}/users/${encodeURIComponent(user)}`;
  assert.equal((await admin.send('PUT', path)).status, 204);
}

/** What the flow answers, which is its caller, or why it was refused. */
async function ask(instance: Instance, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${instance.url}/http/who`, { headers });
  const text = await response.text();
  if (response.ok) return text;
  return `${response.status} ${(JSON.parse(text) as { reason: string }).reason}`;
}

async function eventually(expected: string, check: () => Promise<string>): Promise<void> {
  const deadline = Date.now() + 32_000;
  for (;;) {
    const found = await check();
    if (found === expected) return;
    if (Date.now() > deadline) assert.equal(found, expected);
    await sleep(500);
  }
}

const ofOther = (claims: object = {}): string => {
  const iat = Math.floor(Date.now() / 1000);
  return key.sign({ iss: other.issuer, aud: AUDIENCE, sub: 'ann', iat, exp: iat + 900, ...claims });
};

async function tokenRequest(instance: Instance, id: string, secret: string, form: object) {
  const response = await fetch(`${instance.url}/oauth2/api/v1/token`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
    body: new URLSearchParams({ ...form }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

test('a token of a real provider calls an iFlow as its user, once that user has the role', async () => {
  const token = await provider.token(AUDIENCE);
  assert.equal(await ask(one, token), '403 missing_role');
  await assign('ESBMessaging.send', 'provider:svc');
  assert.equal(await ask(one, token), 'provider:svc');
  assert.equal(await ask(two, token), 'provider:svc');
  const filter = encodeURIComponent(`IntegrationArtifact/Id eq 'Who'`);
  const log = await admin.send('GET', `/api/v1/MessageProcessingLogs?$filter=${filter}`);
  const { d } = (await log.json()) as { d: { results: { Sender: string }[] } };
  assert.ok(d.results.some((message) => message.Sender === 'provider:svc'));
  assert.equal(await ask(one, await provider.token('api://another')), '401 invalid_token');
});

test('rules give a role by a claim, and make a token a registered client’s', async () => {
  await admin.send('PUT', '/registry/v1/subscriptions/flowgateiflmap/roles/Orders.send', {});
  const client = await admin.registerClient();
  await trust('rules', {
    issuer: provider.issuer,
    audience: ['api://rules'],
    user_claim: 'sub',
    role_claim: 'roles',
    role_rules: [{ value: 'Flowgate.Send', role: 'ESBMessaging.send' }],
  });
  const token = await provider.token('api://rules');
  await eventually('rules:svc', () => ask(one, token));
  await change('rules', {
    client_rules: [{ claim: 'client_id', value: 'svc', client_id: client.id }],
  });
  assert.equal(await ask(one, token), `oauth_client_${client.id}`);
  const disabled = await admin.send(
    'PATCH',
    `/registry/v1/clients/${client.id}`,
    { enabled: false },
    ANY,
  );
  assert.equal(disabled.status, 200);
  assert.equal(await ask(one, token), '401 client_disabled');
  await eventually('401 client_disabled', () => ask(two, token));
});

test('an issuer’s token administers what its role allows', async () => {
  await trust('admins', {
    issuer: provider.issuer,
    audience: ['api://admins'],
    subscription: 'flowgatetmn',
    user_claim: 'sub',
    role_claim: 'roles',
    role_rules: [{ value: 'Flowgate.Send', role: 'AuthGroup.ReadOnly' }],
  });
  const token = await provider.token('api://admins');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const read = await fetch(`${one.url}/registry/v1/clients`, { headers });
  assert.equal(read.status, 200, await read.clone().text());
  const written = await fetch(`${one.url}/registry/v1/clients`, {
    method: 'POST',
    headers,
    body: '{}',
  });
  assert.equal(written.status, 403);
  assert.equal(await ask(one, token), '401 wrong_subscription');
});

test('two instances see a new issuer at once, and one that is disabled within 30 s', async () => {
  const key2 = makeIssuerKey('n1');
  const fresh = await startOtherIssuer([key2]);
  const iat = Math.floor(Date.now() / 1000);
  const token = key2.sign({ iss: fresh.issuer, aud: AUDIENCE, sub: 'eve', iat, exp: iat + 900 });
  assert.equal(await ask(two, token), '401 invalid_token');
  await assign('ESBMessaging.send', 'fresh:eve');
  await trust('fresh', { issuer: fresh.issuer, jwks_uri: fresh.jwksUri, user_claim: 'sub' });
  await sleep(150);
  assert.equal(await ask(one, token), 'fresh:eve');
  assert.equal(await ask(two, token), 'fresh:eve');
  await change('fresh', { enabled: false });
  assert.equal(await ask(one, token), '401 invalid_token');
  await eventually('401 invalid_token', () => ask(two, token));
  await fresh.close();
});

test('a key that the provider rotates to is found a minute after the last look; unknown kids make no more', async () => {
  const before = await provider.token(AUDIENCE);
  assert.equal(await ask(one, before), 'provider:svc');
  provider.rotate();
  const fetches = provider.keyFetches;
  const token = await provider.token(AUDIENCE);
  const asked = await Promise.all(Array.from({ length: 30 }, () => ask(one, token)));
  assert.ok(provider.keyFetches - fetches <= 1, 'one look at most');
  assert.ok(asked.every((answer) => answer === asked[0]));
  clock.set(61_000);
  assert.equal(await ask(one, token), 'provider:svc');
  assert.ok(provider.keyFetches - fetches <= 2);
});

test('an issuer that is down stops neither the others nor our own, and goes on with the keys it had', async () => {
  const client = await admin.registerClient();
  const own = await fetchToken(one.url, client.id, client.secret);
  await assign('ESBMessaging.send', 'other:ann');
  assert.equal(await ask(one, ofOther()), 'other:ann');
  const ofProvider = await provider.token(AUDIENCE);
  await provider.close();
  try {
    assert.equal(await ask(one, ofProvider), 'provider:svc', 'with keys in memory');
    assert.equal(await ask(one, ofOther()), 'other:ann');
    assert.equal(await ask(one, own), `oauth_client_${client.id}`);
  } finally {
    await provider.open();
  }
});

test('hostile tokens of a trusted issuer are 401 and are not spoken of in detail', async () => {
  const attacker = makeIssuerKey('k1');
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: other.issuer, aud: AUDIENCE, sub: 'ann', iat, exp: iat + 900 };
  for (const token of [
    attacker.sign(claims),
    attacker.sign(claims, { jwk: attacker.jwk, jku: other.jwksUri }),
    key.sign(claims, { typ: 'dpop+jwt' }),
    key.sign(claims, { kid: '../k1' }),
    key.sign({ ...claims, aud: ISSUER }),
    key.sign({ ...claims, iss: ISSUER }),
  ]) {
    assert.equal(await ask(one, token), '401 invalid_token');
  }
  assert.equal(await ask(one, ofOther({ sub: 'oauth_client_test-admin' })), '403 missing_role');
  assert.equal(await ask(one, ofOther({ sub: 'ann' })), 'other:ann');
});

test('a provider’s token is exchanged for one of ours (RFC 8693), which calls the iFlow as the same user', async () => {
  const client = await registerFor([EXCHANGE]);
  const form = {
    grant_type: EXCHANGE,
    subject_token: await provider.token(AUDIENCE),
    subject_token_type: ACCESS_TOKEN,
  };
  const answer = await tokenRequest(two, client.id, client.secret, form);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(answer.body['issued_token_type'], ACCESS_TOKEN);
  assert.ok(Number(answer.body['expires_in']) <= 600);
  const token = answer.body['access_token'] ?? '';
  const claims = JSON.parse(
    Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
  ) as Record<string, unknown>;
  assert.equal(claims['sub'], 'provider:svc');
  assert.equal(claims['client_id'], client.id);
  assert.deepEqual(claims['act'], { sub: `oauth_client_${client.id}` });
  assert.equal(await ask(one, token), 'provider:svc');
  const again = await tokenRequest(one, client.id, client.secret, {
    ...form,
    subject_token: token,
  });
  assert.equal(again.status, 200, 'our own tokens are exchanged, too');
  const wrong = await tokenRequest(one, client.id, client.secret, { ...form, audience: 'other' });
  assert.equal(wrong.body['error'], 'invalid_target');
});

test('an assertion counts once across instances (RFC 7523), and only for a client that has the grant', async () => {
  const client = await registerFor([BEARER]);
  const form = { grant_type: BEARER, assertion: await provider.token(AUDIENCE) };
  const both = await Promise.all(
    [one, two].map((instance) => tokenRequest(instance, client.id, client.secret, form)),
  );
  const statuses = both.map((answer) => answer.status).sort();
  assert.deepEqual(statuses, [200, 400], JSON.stringify(both));
  const refused = both.find((answer) => answer.status === 400);
  assert.equal(refused?.body['error'], 'invalid_grant');
  const granted = both.find((answer) => answer.status === 200);
  assert.equal(await ask(two, granted?.body['access_token'] ?? ''), 'provider:svc');
  const plain = await admin.registerClient();
  const without = await tokenRequest(one, plain.id, plain.secret, form);
  assert.equal(without.body['error'], 'unauthorized_client');
  const directOnly = { grant_type: BEARER, assertion: ofOther() };
  const notExchanged = await tokenRequest(one, client.id, client.secret, directOnly);
  assert.equal(notExchanged.body['error'], 'invalid_grant');
});

async function registerFor(grantTypes: readonly string[]) {
  const response = await admin.send('POST', '/registry/v1/clients', { grant_types: grantTypes });
  const body = (await response.json()) as { client_id: string; client_secret: string };
  assert.equal(response.status, 201);
  return { id: body.client_id, secret: body.client_secret };
}
