import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { Fault } from '../../shared/http/fault.ts';
import { createAccessTokenIssuer } from '../../shared/jwt/sign.ts';
import type { Confirmation } from '../../shared/jwt/types.ts';
import { createAccessTokenVerifier } from '../../shared/jwt/verify.ts';
import { createBearerGate } from '../../shared/oauth/bearer.ts';
import { createBoundTokens } from '../../shared/oauth/bound-tokens.ts';
import { clientCertificates } from '../../shared/oauth/client-certificate.ts';
import { BearerFault } from '../../shared/oauth/gate.ts';
import { createPublicRequests } from '../../shared/oauth/public-requests.ts';
import type { Client } from '../../shared/registry/client.ts';
import { makeCall } from '../support/call.ts';
import { issueCertificate } from '../support/certificate.ts';
import { testClock } from '../support/clock.ts';
import { makeProver, type ProofRequest } from '../support/dpop.ts';
import { openInstance, type TestInstance, testKeys } from '../support/key-ring.ts';
import {
  noForeignCallers,
  someClient,
  testDirectory,
  testOneTimeValues,
  testRevocations,
  testRoles,
} from '../support/oauth.ts';
import { good, PATH, tokenEndpoints } from './open-token-endpoint.ts';

const ISSUER = 'https://flowgate.example';
const IFLMAP = 'flowgateiflmap';
const HEADER = 'x-arr-clientcert';
const prover = makeProver();
const certificate = issueCertificate();
const forwarded = certificate.x509.raw.toString('base64');

let used = testOneTimeValues();
const partsAt = (clock: ReturnType<typeof testClock>, mtls = true) =>
  createBoundTokens({
    bases: [ISSUER],
    readCertificate: mtls ? clientCertificates(HEADER) : undefined,
    used,
    publicRequests: createPublicRequests(clock),
    clock,
  });
const open = tokenEndpoints((clock) => {
  used = testOneTimeValues();
  return { binding: partsAt(clock) };
});

void suite('at the token endpoint', () => {
  const request = (now: number): ProofRequest => ({ method: 'POST', url: ISSUER + PATH, now });
  const ask = (endpoint: ReturnType<typeof open>, headers: Record<string, string> = {}) =>
    endpoint.send({ query: '?grant_type=client_credentials', authorization: good, headers });

  test('a proof binds the access token to its key (RFC 9449 section 5)', async () => {
    const endpoint = open();
    const dpop = prover.prove(request(endpoint.clock.now()), { jti: 'one' });
    const answer = await ask(endpoint, { dpop });
    assert.equal(answer.json()['token_type'], 'DPoP', answer.text);
    assert.deepEqual((await endpoint.claimsOf(answer)).cnf, { jkt: prover.jkt });
    const expiresAt = endpoint.clock.now() + 61_000;
    const value = `${prover.jkt} one`;
    assert.deepEqual(used.used, [{ purpose: 'dpop_proof', value, expiresAt }]);
  });

  test('without one the token is a bearer token, and no storage is asked', async () => {
    const endpoint = open();
    const answer = await ask(endpoint);
    assert.equal(answer.json()['token_type'], 'Bearer');
    assert.equal((await endpoint.claimsOf(answer)).cnf, undefined);
    assert.deepEqual(used.used, []);
  });

  test('a proof that comes again is refused, and gets no token (section 11.1)', async () => {
    const endpoint = open();
    const dpop = prover.prove(request(endpoint.clock.now()));
    assert.equal((await ask(endpoint, { dpop })).status, 200);
    const again = await ask(endpoint, { dpop });
    assert.equal(again.status, 400);
    assert.equal(again.json()['error'], 'invalid_dpop_proof');
    assert.match(again.text, /used before/);
    assert.equal(again.json()['access_token'], undefined);
    const { reason, outcome } = endpoint.trail.events.at(-1) ?? {};
    assert.deepEqual([outcome, reason], ['failure', 'dpop_proof_used']);
  });

  test('a proof that is not good is refused with what to mend (section 5)', async () => {
    const endpoint = open();
    const now = endpoint.clock.now();
    for (const [dpop, tells] of [
      ['abc', /holds no DPoP proof/],
      [prover.prove({ ...request(now), method: 'GET' }), /htm .* is not POST/],
      [prover.prove({ ...request(now), url: `${ISSUER}/token` }), /htu .*\/oauth2\/api\/v1\/token/],
      [prover.prove(request(now - 61_000)), /iat/],
    ] as const) {
      const answer = await ask(endpoint, { dpop });
      assert.deepEqual([answer.status, answer.json()['error']], [400, 'invalid_dpop_proof']);
      assert.match(answer.text, tells);
    }
    assert.deepEqual(used.used, []);
  });

  test('a client of dpop_bound_access_tokens gets none without a proof (section 5.2)', async () => {
    const endpoint = open(someClient({ dpopBoundAccessTokens: true }));
    const answer = await ask(endpoint);
    assert.deepEqual([answer.status, answer.json()['error']], [400, 'invalid_dpop_proof']);
    assert.match(answer.text, /dpop_bound_access_tokens/);
  });

  test('whoever knows a public client has 300 proofs a minute written down from a network, and no more', async () => {
    used = testOneTimeValues();
    const clock = testClock();
    const binding = partsAt(clock);
    const spa = someClient({ tokenEndpointAuthMethod: 'none' });
    const ask = (client: Client, clientAddress = '192.0.2.1') => {
      const headers = { dpop: prover.prove(request(clock.now())) };
      const call = makeCall({ method: 'POST', path: PATH, headers, clientAddress });
      return binding.confirm(call, client);
    };
    const some = (client: Client, length: number) =>
      Promise.all(Array.from({ length }, () => ask(client)));
    assert.ok((await some(spa, 300)).every((one) => one !== undefined));
    await assert.rejects(ask(spa), (error: unknown) => {
      assert.ok(error instanceof Fault);
      assert.deepEqual([error.status, error.headers['Retry-After']], [429, '60']);
      return true;
    });
    assert.equal(used.used.length, 300, 'nothing is written for it');
    assert.ok(await ask(spa, '198.51.100.1'), 'another network has its own');
    assert.equal(
      (await some(someClient(), 310)).length,
      310,
      'who has proved itself is not counted',
    );
    clock.advance(60_000);
    assert.ok(await ask(spa));
  });

  const bound: Client = someClient({ tlsClientCertificateBoundAccessTokens: true });

  test('a certificate binds the token of a client that is registered for it (RFC 8705 section 3)', async () => {
    const endpoint = open(bound);
    const answer = await ask(endpoint, { [HEADER]: forwarded });
    assert.equal(answer.json()['token_type'], 'Bearer', answer.text);
    const { cnf } = await endpoint.claimsOf(answer);
    const digest = Buffer.from(certificate.x509.fingerprint256.replaceAll(':', ''), 'hex');
    assert.deepEqual(cnf, { 'x5t#S256': digest.toString('base64url') });
  });

  test('such a client gets none without a certificate, or with a proof beside it', async () => {
    const endpoint = open(bound);
    const none = await ask(endpoint);
    assert.equal(none.json()['error'], 'invalid_request');
    assert.match(none.text, /Show it in the TLS handshake/);
    const wrong = await ask(endpoint, { [HEADER]: 'no certificate' });
    assert.equal(wrong.json()['error'], 'invalid_request');
    const dpop = prover.prove(request(endpoint.clock.now()));
    const both = await ask(endpoint, { [HEADER]: forwarded, dpop });
    assert.match(both.text, /Leave the header DPoP out/);
    assert.deepEqual(used.used, []);
  });

  test('a certificate changes nothing for any other client', async () => {
    const endpoint = open();
    const answer = await ask(endpoint, { [HEADER]: forwarded });
    assert.equal((await endpoint.claimsOf(answer)).cnf, undefined);
  });
});

void suite('where access tokens are taken', () => {
  let instance: TestInstance;
  before(async () => {
    instance = openInstance(await testKeys());
  });

  function openGate(mtls = true) {
    used = testOneTimeValues();
    const clock = testClock();
    const { ring } = instance;
    const gate = createBearerGate({
      verifier: createAccessTokenVerifier({ ring, clock }),
      clients: testDirectory(someClient()),
      roles: testRoles(),
      revocations: testRevocations(),
      possession: partsAt(clock, mtls),
      foreign: noForeignCallers,
    });
    const issuer = createAccessTokenIssuer({ ring, clock });
    return {
      clock,
      token: async (confirmation?: Confirmation): Promise<string> => {
        const issued = await issuer.issue({
          subject: 'oauth_client_app',
          clientId: 'app',
          tokensFrom: 0,
          audience: IFLMAP,
          lifetime: 60,
          scope: '',
          roles: [],
          confirmation,
        });
        return issued.token;
      },
      enter: (headers: Record<string, string>) =>
        gate.authenticate(makeCall({ path: '/http/v1/a?x=1', headers }), IFLMAP),
    };
  }

  async function refused(
    attempt: Promise<unknown>,
    error: string,
    tells: RegExp,
    scheme: 'Bearer' | 'DPoP',
  ): Promise<void> {
    const fault = await attempt.then(
      () => assert.fail('It was let in.'),
      (thrown: unknown) => thrown,
    );
    assert.ok(fault instanceof BearerFault, String(fault));
    assert.deepEqual([fault.status, fault.reason], [401, 'invalid_token']);
    assert.equal(fault.error, error);
    assert.match(fault.message, tells);
    assert.equal(fault.user, 'oauth_client_app');
    const challenge = fault.headers['WWW-Authenticate'] ?? '';
    assert.match(challenge, new RegExp(`^${scheme} realm="flowgate", error="${error}"`));
    assert.equal(/, algs="[^"]*\bES256\b/.test(challenge), scheme === 'DPoP');
  }

  const proofFor = (accessToken: string, now: number, holder = prover): string =>
    holder.prove({ method: 'GET', url: `${ISSUER}/http/v1/a`, accessToken, now });

  test('a bound token comes with the scheme DPoP and a proof of its key (RFC 9449 section 7)', async () => {
    const { clock, token, enter } = openGate();
    const bound = await token({ jkt: prover.jkt });
    for (const scheme of ['DPoP', 'dpop']) {
      const dpop = proofFor(bound, clock.now());
      const caller = await enter({ authorization: `${scheme} ${bound}`, dpop });
      assert.equal(caller.user, 'oauth_client_app');
    }
    assert.equal(used.used.length, 2);
  });

  test('as a bearer token it is refused, with a proof too (section 7.2)', async () => {
    const { clock, token, enter } = openGate();
    const bound = await token({ jkt: prover.jkt });
    const authorization = `Bearer ${bound}`;
    await refused(enter({ authorization }), 'invalid_token', /bound to a DPoP key/, 'DPoP');
    const dpop = proofFor(bound, clock.now());
    await refused(enter({ authorization, dpop }), 'invalid_token', /Authorization: DPoP/, 'DPoP');
    assert.deepEqual(used.used, []);
  });

  test('it is refused without a proof, with a used one, and with one of another key, token or address', async () => {
    const { clock, token, enter } = openGate();
    const bound = await token({ jkt: prover.jkt });
    const authorization = `DPoP ${bound}`;
    const now = clock.now();
    await refused(enter({ authorization }), 'invalid_token', /Send a proof/, 'DPoP');
    const thief = makeProver();
    const other = { authorization, dpop: proofFor(bound, now, thief) };
    await refused(enter(other), 'invalid_token', /another key/, 'DPoP');
    const elsewhere = prover.prove({
      method: 'GET',
      url: `${ISSUER}/http/v1/b`,
      accessToken: bound,
      now,
    });
    for (const [dpop, tells] of [
      [proofFor('another token', now), /ath/],
      [elsewhere, /htu/],
      [
        prover.prove({ method: 'POST', url: `${ISSUER}/http/v1/a`, accessToken: bound, now }),
        /htm/,
      ],
      [prover.prove({ method: 'GET', url: `${ISSUER}/http/v1/a`, now }), /ath/],
    ] as const) {
      await refused(enter({ authorization, dpop }), 'invalid_dpop_proof', tells, 'DPoP');
    }
    const dpop = proofFor(bound, now);
    await enter({ authorization, dpop });
    await refused(enter({ authorization, dpop }), 'invalid_dpop_proof', /used before/, 'DPoP');
  });

  test('a token that is bound to nothing is not taken with the scheme DPoP', async () => {
    const { clock, token, enter } = openGate();
    const bearer = await token();
    const headers = { authorization: `DPoP ${bearer}`, dpop: proofFor(bearer, clock.now()) };
    await refused(enter(headers), 'invalid_token', /Authorization: Bearer/, 'Bearer');
    assert.deepEqual(used.used, []);
    assert.ok(await enter({ authorization: `Bearer ${bearer}` }));
  });

  test('a token of a certificate comes with that certificate alone (RFC 8705 section 3)', async () => {
    const { token, enter } = openGate();
    const { fingerprint256 } = certificate.x509;
    const digest = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    const authorization = `Bearer ${await token({ 'x5t#S256': digest })}`;
    assert.ok(await enter({ authorization, [HEADER]: forwarded }));
    const another = issueCertificate({ keys: certificate }).x509.raw.toString('base64');
    await refused(enter({ authorization }), 'invalid_token', /bound to a certificate/, 'Bearer');
    for (const shown of [another, `${forwarded},${forwarded}`, 'abc', '']) {
      const headers = { authorization, [HEADER]: shown };
      await refused(enter(headers), 'invalid_token', /bound to a certificate/, 'Bearer');
    }
    const withDpop = {
      authorization: authorization.replace('Bearer', 'DPoP'),
      [HEADER]: forwarded,
    };
    await refused(enter(withDpop), 'invalid_token', /not bound to a DPoP key/, 'Bearer');
  });

  test('without FLOWGATE_MTLS no certificate is believed', async () => {
    const { token, enter } = openGate(false);
    const { fingerprint256 } = certificate.x509;
    const digest = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
    const authorization = `Bearer ${await token({ 'x5t#S256': digest })}`;
    await refused(
      enter({ authorization, [HEADER]: forwarded }),
      'invalid_token',
      /bound to a certificate/,
      'Bearer',
    );
  });
});
