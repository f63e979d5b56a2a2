import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ASSERTION_TYPE } from '../../shared/oauth/client-authentication/client-assertion.ts';
import { TOKEN_PATH } from '../conformance/deployment.ts';
import { issueCertificate } from '../support/certificate.ts';
import { makeProver } from '../support/dpop.ts';
import { es256, forgeToken } from '../support/forge-token.ts';
import { ISSUER } from '../support/instance.ts';
import { makeIssuerKey } from '../support/other-issuer.ts';
import { assertClear, deployOnTwo, type TwoInstances } from './two-instances.ts';

export const LOCAL_ONLY = 'sets the header of certificates as a front end would';

const LOGGED_MS = 1500;
const key = makeIssuerKey('k1');
const certificate = issueCertificate();
const prover = makeProver();
let two: TwoInstances;

before(async () => {
  two = await deployOnTwo({ FLOWGATE_MTLS: 'on' });
  for (const [client_id, members] of Object.entries({
    signs: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } },
    shows: {
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [certificate.publicKey.export({ format: 'jwk' })] },
    },
  })) {
    const made = await two.admin.send('POST', '/registry/v1/clients', { client_id, ...members });
    assert.equal(made.status, 201, await made.text());
    const users = '/registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users';
    assert.equal((await two.admin.send('PUT', `${users}/oauth_client_${client_id}`)).status, 204);
  }
});

const claims = (changes: object = {}): object => {
  const now = Math.floor(Date.now() / 1000);
  const jti = randomUUID();
  return { iss: 'signs', sub: 'signs', aud: ISSUER, exp: now + 60, iat: now, jti, ...changes };
};

/** Sends each to both instances: none gets a token, and the next good request works. */
async function refusedEverywhere(
  forms: readonly Readonly<Record<string, string>>[],
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const before = await two.stored();
  for (const url of two.urls) {
    for (const form of forms) {
      const response = await fetch(url + TOKEN_PATH, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
      });
      const text = await response.text();
      const what = JSON.stringify([form, headers]).slice(0, 300);
      assert.ok([400, 401].includes(response.status), `${response.status} ${text} ${what}`);
      assertClear(response.status, text, what);
      assert.doesNotMatch(text, /access_token/);
    }
  }
  assert.equal(await two.stored(), before);
  await two.works();
}

test('assertions that are forged, altered, or for somebody else get no token', async () => {
  const stranger = makeIssuerKey('k1');
  const hmac = (secret: string) => (input: string) =>
    createHmac('sha256', secret).update(input).digest();
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const good = key.sign(claims());
  const assertions = [
    '',
    '.',
    '..',
    'a.b.c',
    `${good}.`,
    `${good}=`,
    good.slice(0, -1),
    good.toUpperCase(),
    forgeToken({ alg: 'none' }, claims(), () => Buffer.alloc(0)),
    forgeToken({ alg: 'none' }, claims(), es256(key.privateKey)),
    forgeToken({ alg: 'HS256', kid: 'k1' }, claims(), hmac(pem)),
    forgeToken({ alg: 'HS256', kid: 'k1' }, claims(), hmac(JSON.stringify(key.jwk))),
    forgeToken({ alg: 'ES256', kid: 'k1' }, claims(), () => Buffer.alloc(64)),
    forgeToken({ alg: 'ES256', kid: 'k1' }, claims(), es256(key.privateKey, 'der')),
    stranger.sign(claims()),
    stranger.sign(claims(), { jwk: stranger.jwk }),
    stranger.sign(claims(), { jku: 'http://127.0.0.1:9/jwks', kid: undefined }),
    key.sign(claims(), { kid: '__proto__' }),
    key.sign(claims(), { kid: '../k1' }),
    key.sign(claims(), { crit: [] }),
    key.sign(claims(), { b64: false }),
    key.sign(claims({ sub: 'shows', iss: 'shows' })),
    key.sign(claims({ sub: '__proto__', iss: '__proto__' })),
    key.sign(claims({ sub: 'a/b?c#d', iss: 'a/b?c#d' })),
    key.sign(claims({ sub: 'x'.repeat(5000), iss: 'x'.repeat(5000) })),
    key.sign(claims({ aud: `${ISSUER}.evil.example` })),
    key.sign(claims({ exp: 1e300 })),
    key.sign(claims({ exp: -1 })),
    key.sign(claims({ jti: { a: 1 } })),
    key.sign('[]'),
    key.sign('null'),
    key.sign(`${'['.repeat(3000)}${']'.repeat(3000)}`),
  ];
  await refusedEverywhere(
    assertions.map((client_assertion) => ({
      client_assertion,
      client_assertion_type: ASSERTION_TYPE,
    })),
  );
});

test('headers for certificates that hold none, another one or several let nobody in', async () => {
  const good = certificate.x509.raw.toString('base64');
  const another = issueCertificate({ subject: certificate.name }).x509.raw.toString('base64');
  const pem = encodeURIComponent(certificate.cert);
  for (const header of [
    'x',
    '=',
    'MAA=',
    'A'.repeat(8000),
    another,
    `${good},${another}`,
    `${another},${good}`,
    `Cert="${pem}",Cert="${pem}"`,
    `${pem}${pem}`,
    good.slice(0, 200),
    '%',
    '-----BEGIN CERTIFICATE-----',
  ]) {
    await refusedEverywhere([{ client_id: 'shows' }], { 'x-arr-clientcert': header });
  }
  // A good one is good for its own client alone.
  const others = ['signs', two.client.id, 'nobody'].map((client_id) => ({ client_id }));
  await refusedEverywhere(others, { 'x-arr-clientcert': good });
});

test('DPoP headers of any kind neither break a token request nor let a bound token through', async () => {
  const url = ISSUER + two.hello;
  const granted = await two.post('grant_type=client_credentials', {
    dpop: prover.prove({ method: 'POST', url: ISSUER + TOKEN_PATH }),
  });
  const { access_token: token } = (await granted.json()) as { access_token: string };
  const good = { method: 'GET', url, accessToken: token };
  const proofs = [
    '',
    ',',
    'a.b.c',
    'x'.repeat(7000),
    makeProver().prove(good),
    prover.prove({ ...good, accessToken: 'x' }),
    prover.prove(good, { htu: 'javascript:alert(1)' }),
    prover.prove(good, { htu: `${url}/../../admin` }),
    prover.prove(good, { iat: 1e300 }),
    prover.prove(good, { jti: '__proto__'.repeat(40) }),
    prover.prove(good, {}, { jwk: { kty: '__proto__' } }),
    prover.prove(good, {}, { jwk: 'x' }),
    prover.prove(good, {}, { typ: 'JWT' }),
    `${prover.prove(good)},${prover.prove(good)}`,
  ];
  // Of the tests before: the log is written half a second after an entry.
  await sleep(LOGGED_MS);
  const messages = await two.messages();
  for (const at of two.urls) {
    for (const dpop of proofs) {
      for (const scheme of ['DPoP', 'Bearer']) {
        const headers = { authorization: `${scheme} ${token}`, dpop };
        const response = await fetch(at + two.hello, { headers });
        const text = await response.text();
        assert.equal(response.status, 401, text);
        assertClear(response.status, text, dpop.slice(0, 100));
        assert.ok(!text.includes(token));
      }
      const answer = await fetch(at + TOKEN_PATH, {
        method: 'POST',
        headers: { authorization: two.authorization, dpop },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      });
      const text = await answer.text();
      assert.equal(answer.status, 400, text);
      assertClear(answer.status, text, dpop.slice(0, 100));
    }
  }
  await sleep(LOGGED_MS);
  assert.equal(await two.messages(), messages);
  await two.works();
});
