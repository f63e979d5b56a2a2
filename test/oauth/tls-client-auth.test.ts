import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { suite, test } from 'node:test';
import {
  clientIdAlone,
  nothing,
} from '../../shared/oauth/client-authentication/client-id-alone.ts';
import { clientKeys } from '../../shared/oauth/client-authentication/client-keys.ts';
import { clientSecret } from '../../shared/oauth/client-authentication/client-secret.ts';
import { selfSignedTlsClientAuth } from '../../shared/oauth/client-authentication/self-signed-tls-client-auth.ts';
import { tlsClientAuth } from '../../shared/oauth/client-authentication/tls-client-auth.ts';
import { clientCertificates } from '../../shared/oauth/client-certificate.ts';
import type { CertificateSubject, Client } from '../../shared/registry/client.ts';
import { readCertificate } from '../../shared/x509/certificate.ts';
import {
  alternativeNames,
  type CertificateOptions,
  commonName,
  extendedKeyUsage,
  isAuthority,
  type Issued,
  issueCertificate,
} from '../support/certificate.ts';
import { someClient, testSecrets } from '../support/oauth.ts';
import { FORM, good, SECRET, tokenEndpoints } from './open-token-endpoint.ts';

const DAY = 86_400_000;
/** That of the endpoints under test. */
const NOW = Date.UTC(2027, 0, 1);
const inTime = { from: NOW - DAY, until: NOW + DAY };
const root = issueCertificate({
  ...inTime,
  subject: commonName('Root'),
  extensions: [isAuthority()],
});
const CLIENT = extendedKeyUsage('clientAuth');

const issue = (options: CertificateOptions = {}, issuer: Issued | undefined = root): Issued =>
  issueCertificate(
    {
      ...inTime,
      subject: [
        ['2.5.4.6', 'DE', 0x13],
        ['2.5.4.10', 'Example, Inc.'],
        ['2.5.4.3', 'partner'],
      ],
      extensions: [
        CLIENT,
        alternativeNames({
          email: 'it@partner.example',
          dns: 'partner.example',
          uri: 'urn:partner:1',
          ip: [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        }),
      ],
      ...options,
    },
    issuer,
  );

const open = tokenEndpoints((clock) => {
  const readFrom = { readCertificate: clientCertificates('x-arr-clientcert'), clock };
  const keys = clientKeys(() => assert.fail('No keys are fetched.'));
  const authorities = [readCertificate(root.x509.raw)].filter((one) => one !== undefined);
  return {
    methods: [
      clientSecret(testSecrets(() => SECRET)),
      clientIdAlone({
        tls_client_auth: tlsClientAuth({ ...readFrom, authorities }),
        self_signed_tls_client_auth: selfSignedTlsClientAuth({ ...readFrom, keys }),
        none: nothing,
      }),
    ],
  };
});

const ask = (endpoint: ReturnType<typeof open>, shown?: Issued | string) =>
  endpoint.send({
    type: FORM,
    body: 'grant_type=client_credentials&client_id=app',
    headers:
      shown === undefined
        ? {}
        : {
            'x-arr-clientcert':
              typeof shown === 'string' ? shown : shown.x509.raw.toString('base64'),
          },
  });

async function refused(
  client: Client,
  shown: Issued | string | undefined,
  reason: string,
  check?: string,
) {
  const endpoint = open(client);
  const answer = await ask(endpoint, shown);
  assert.deepEqual([answer.status, answer.json()['error']], [401, 'invalid_client'], answer.text);
  assert.match(answer.text, /Of the client only client_id came/);
  assert.deepEqual(
    endpoint.trail.events.map((event) => [event.outcome, event.reason]),
    [['failure', reason]],
  );
  assert.equal(answer.call.annotations['certificate_check'], check);
  assert.deepEqual([endpoint.throttle.failures, endpoint.waits], [['app'], [100]]);
}

void suite('tls_client_auth (RFC 8705 section 2.1)', () => {
  const ofPartner = (subject: CertificateSubject): Client =>
    someClient({ tokenEndpointAuthMethod: 'tls_client_auth', tlsClientAuth: subject });
  const byName = ofPartner({ kind: 'subject_dn', value: 'CN=partner,O=Example\\, Inc.,C=DE' });

  for (const subject of [
    { kind: 'subject_dn', value: 'CN=partner, O=Example\\, Inc., C=DE' },
    { kind: 'san_dns', value: 'Partner.Example' },
    { kind: 'san_uri', value: 'urn:partner:1' },
    { kind: 'san_email', value: 'it@partner.example' },
    { kind: 'san_ip', value: '2001:DB8:0::1' },
  ] as const) {
    test(`a client is known by ${subject.kind} ${subject.value} (section 2.1.2)`, async () => {
      const endpoint = open(ofPartner(subject));
      const answer = await ask(endpoint, issue());
      assert.equal(answer.status, 200, answer.text);
      assert.equal((await endpoint.claimsOf(answer)).client_id, 'app');
      assert.deepEqual(endpoint.throttle.failures, []);
    });
  }

  for (const subject of [
    { kind: 'subject_dn', value: 'CN=partner' },
    { kind: 'san_dns', value: 'example' },
    { kind: 'san_dns', value: '*.example' },
    { kind: 'san_dns', value: 'urn:partner:1' },
    { kind: 'san_uri', value: 'urn:partner:2' },
    { kind: 'san_email', value: 'partner.example' },
    { kind: 'san_ip', value: '2001:db8::2' },
    { kind: 'san_ip', value: 'fe80::1%eth0' },
    { kind: 'san_ip', value: '32.1.13.184' },
  ] as const) {
    test(`not by ${subject.kind} ${subject.value}`, () =>
      refused(ofPartner(subject), issue(), 'wrong_certificate', 'subject'));
  }

  test('a name in the common name stands for no alternative name', () =>
    refused(
      ofPartner({ kind: 'san_dns', value: 'partner.example' }),
      issue({ subject: commonName('partner.example'), extensions: [CLIENT] }),
      'wrong_certificate',
      'subject',
    ));

  test('a certificate with the right subject that signs itself is refused', () =>
    refused(
      byName,
      issueCertificate({ ...inTime, ...issue(), subject: issue().name, extensions: [CLIENT] }),
      'wrong_certificate',
      'chain',
    ));

  test('so is one of another authority of the same name', () => {
    const namesake = issueCertificate({
      ...inTime,
      subject: root.name,
      extensions: [isAuthority()],
    });
    return refused(byName, issue({}, namesake), 'wrong_certificate', 'chain');
  });

  test('so is one that has expired, or is for servers', async () => {
    await refused(byName, issue({ until: NOW - 1000 }), 'wrong_certificate', 'expired');
    const server = issue({ extensions: [extendedKeyUsage('serverAuth')] });
    await refused(byName, server, 'wrong_certificate', 'usage');
  });

  test('without a certificate, or with what is none, the client is not authenticated', async () => {
    await refused(byName, undefined, 'no_certificate');
    for (const wrong of ['abc', '!', issue().cert.replaceAll('\n', ' '), 'MAA=']) {
      await refused(byName, wrong, 'no_certificate');
    }
  });

  test('the certificate of another client is refused, and a secret too', async () => {
    const other = issue({ subject: commonName('other'), extensions: [CLIENT] });
    await refused(byName, other, 'wrong_certificate', 'subject');
    const endpoint = open(byName);
    const query = '?grant_type=client_credentials';
    const answer = await endpoint.send({ query, authorization: good });
    assert.equal(answer.status, 401);
    assert.equal(endpoint.trail.events.at(-1)?.reason, 'another_method');
  });
});

void suite('self_signed_tls_client_auth (RFC 8705 section 2.2)', () => {
  const own = issueCertificate({ ...inTime, subject: commonName('whatever') });
  const keyed = (...certificates: readonly Issued[]): Client =>
    someClient({
      tokenEndpointAuthMethod: 'self_signed_tls_client_auth',
      jwks: {
        keys: certificates.map(({ publicKey }) => ({ ...publicKey.export({ format: 'jwk' }) })),
      },
    });

  test('the key of the certificate is one of those registered', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const other = { ...own, publicKey: rsa.publicKey };
    const answer = await ask(open(keyed(other, own)), own);
    assert.equal(answer.status, 200, answer.text);
    const renewed = issueCertificate({ ...inTime, keys: own });
    assert.equal((await ask(open(keyed(own)), renewed)).status, 200);
  });

  test('a certificate with another key is refused, whatever its name', () =>
    refused(
      keyed(own),
      issueCertificate({ ...inTime, subject: own.name }),
      'wrong_certificate',
      'key',
    ));

  test('one that has expired, or is not good yet, is refused', async () => {
    const old = issueCertificate({ ...inTime, until: NOW - 1000, keys: own });
    await refused(keyed(own), old, 'wrong_certificate', 'expired');
    const early = issueCertificate({ ...inTime, from: NOW + 1000, keys: own });
    await refused(keyed(own), early, 'wrong_certificate', 'expired');
  });

  test('without a certificate the client is not authenticated', () =>
    refused(keyed(own), undefined, 'no_certificate'));
});

void suite('none (RFC 6749 section 2.1)', () => {
  test('a public client is taken at its word, but not for a grant that takes authentication', async () => {
    const endpoint = open(someClient({ tokenEndpointAuthMethod: 'none' }));
    const answer = await ask(endpoint);
    assert.equal(answer.json()['error'], 'unauthorized_client', answer.text);
    assert.match(answer.text, /takes a client that authenticates/);
    assert.equal(answer.json()['access_token'], undefined);
    assert.deepEqual(endpoint.throttle.failures, []);
  });

  test('a client with a secret is not let in by its client_id, nor one that does not exist', async () => {
    await refused(someClient(), undefined, 'another_method');
    await refused(someClient({ clientId: 'other' }), undefined, 'unknown_client');
    await refused(someClient(), issue(), 'another_method');
  });

  test('a public client that sends a secret is refused: it has none', async () => {
    const endpoint = open(someClient({ tokenEndpointAuthMethod: 'none' }));
    const answer = await endpoint.send({
      query: '?grant_type=client_credentials',
      authorization: good,
    });
    assert.equal(answer.status, 401);
    assert.equal(endpoint.trail.events.at(-1)?.reason, 'another_method');
  });
});
