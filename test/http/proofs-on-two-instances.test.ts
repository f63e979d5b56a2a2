import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ASSERTION_TYPE } from '../../shared/oauth/client-authentication/client-assertion.ts';
import { deployOnTwo, type TwoInstances } from '../hostile/two-instances.ts';
import { makeProver } from '../support/dpop.ts';
import { ISSUER } from '../support/instance.ts';
import { makeIssuerKey, type OtherIssuer, startOtherIssuer } from '../support/other-issuer.ts';

export const LOCAL_ONLY = 'starts two instances over one storage';

const key = makeIssuerKey('k1');
const prover = makeProver();
let two: TwoInstances;
let publisher: OtherIssuer;

before(async () => {
  publisher = await startOtherIssuer([key]);
  two = await deployOnTwo({ FLOWGATE_PRIVATE_HOSTS: new URL(publisher.jwksUri).host });
  for (const [client_id, keys] of [
    ['signs', { jwks: { keys: [key.jwk] } }],
    ['publishes', { jwks_uri: publisher.jwksUri }],
  ] as const) {
    const made = await two.admin.send('POST', '/registry/v1/clients', {
      client_id,
      token_endpoint_auth_method: 'private_key_jwt',
      ...keys,
    });
    assert.equal(made.status, 201, await made.text());
    const users = '/registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users';
    assert.equal((await two.admin.send('PUT', `${users}/oauth_client_${client_id}`)).status, 204);
  }
});

const assertionOf = (client: string, signer = key): string => {
  const now = Math.floor(Date.now() / 1000);
  return signer.sign({
    iss: client,
    sub: client,
    aud: ISSUER,
    iat: now,
    exp: now + 60,
    jti: randomUUID(),
  });
};

async function ask(
  url: string,
  assertion: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; access_token?: string; error?: string }> {
  const response = await fetch(`${url}/oauth2/api/v1/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: assertion,
    }),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

const alternately = (i: number): string => two.urls[i % 2] ?? '';

test('an assertion gets one token, on whichever instance it is used first (RFC 7523 section 3 number 7)', async () => {
  const [one, other] = two.urls;
  for (const [first, second] of [
    [one, other],
    [other, one],
  ] as const) {
    const assertion = assertionOf('signs');
    assert.equal((await ask(first, assertion)).status, 200);
    const again = await ask(second, assertion);
    assert.deepEqual([again.status, again.error], [401, 'invalid_client']);
  }
});

test('of the same assertion sent twenty times at once to both instances one is good', async () => {
  const assertion = assertionOf('signs');
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => ask(alternately(i), assertion)),
  );
  const good = answers.filter(({ status }) => status === 200);
  assert.equal(good.length, 1, JSON.stringify(answers.map(({ status }) => status)));
});

test('of the same DPoP proof sent twenty times at once to both instances one gets a message through (RFC 9449 section 11.1)', async () => {
  const request = { method: 'POST', url: `${ISSUER}/oauth2/api/v1/token` };
  const granted = await ask(two.url, assertionOf('signs'), { dpop: prover.prove(request) });
  const { access_token = '' } = granted;
  const before = await two.messages();
  const url = ISSUER + two.hello;
  const dpop = prover.prove({ method: 'GET', url, accessToken: access_token });
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const headers = { authorization: `DPoP ${access_token}`, dpop };
      return (await fetch(alternately(i) + two.hello, { headers })).status;
    }),
  );
  assert.equal(statuses.filter((status) => status === 200).length, 1, String(statuses));
  assert.equal(statuses.filter((status) => status === 401).length, 19, String(statuses));
  // A new proof is good on either, for the token that the first one has issued.
  for (const at of two.urls) {
    const fresh = prover.prove({ method: 'GET', url, accessToken: access_token });
    const headers = { authorization: `DPoP ${access_token}`, dpop: fresh };
    assert.equal((await fetch(at + two.hello, { headers })).status, 200);
  }
  // The log is written half a second after an entry.
  await sleep(1500);
  assert.equal((await two.messages()) - before, 3);
});

test('a proof that got a token on one instance gets none on the other', async () => {
  const dpop = prover.prove({ method: 'POST', url: `${ISSUER}/oauth2/api/v1/token` });
  assert.equal((await ask(two.urls[0], assertionOf('signs'), { dpop })).status, 200);
  const again = await ask(two.urls[1], assertionOf('signs'), { dpop });
  assert.deepEqual([again.status, again.error], [400, 'invalid_dpop_proof']);
});

test('keys behind a jwks_uri are fetched once, kept, and serve while the source is away', async () => {
  assert.equal((await ask(two.url, assertionOf('publishes'))).status, 200);
  assert.equal((await ask(two.url, assertionOf('publishes'))).status, 200);
  assert.equal(publisher.fetches, 1);
  await publisher.close();
  assert.equal((await ask(two.url, assertionOf('publishes'))).status, 200);
  const stranger = makeIssuerKey('k2');
  assert.equal((await ask(two.url, assertionOf('publishes', stranger))).status, 401);
  // The other instance has no keys yet: it says that trying again makes sense.
  const away = await ask(two.urls[1], assertionOf('publishes'));
  assert.deepEqual([away.status, away.error], [503, 'temporarily_unavailable']);
  await publisher.open();
});

test('for a client that has registered itself nothing is fetched from inside, though a setting names the host', async () => {
  const tokens = '/registry/v1/initial-access-tokens';
  const made = await two.admin.send('POST', tokens, { grant_types: ['client_credentials'] });
  const { initial_access_token: initial } = (await made.json()) as Record<string, string>;
  const registered = await fetch(`${two.url}/oauth2/api/v1/register`, {
    method: 'POST',
    headers: { authorization: `Bearer ${initial}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_types: ['client_credentials'],
      response_types: [],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: publisher.jwksUri,
    }),
  });
  const { client_id: id = '' } = (await registered.json()) as Record<string, string>;
  assert.equal(registered.status, 201);
  const { fetches } = publisher;
  const refused = await ask(two.url, assertionOf(id));
  assert.deepEqual([refused.status, refused.error], [503, 'temporarily_unavailable']);
  assert.equal(publisher.fetches, fetches);
  assert.equal((await ask(two.url, assertionOf('publishes'))).status, 200);
});

test('keys behind a private address that no setting names are never fetched', async () => {
  const inside = await startOtherIssuer([key]);
  const made = await two.admin.send('POST', '/registry/v1/clients', {
    client_id: 'inside',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: inside.jwksUri,
  });
  assert.equal(made.status, 201, await made.text());
  assert.equal((await ask(two.url, assertionOf('inside'))).status, 503);
  assert.equal(inside.fetches, 0);
});
