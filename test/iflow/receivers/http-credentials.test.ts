import assert from 'node:assert/strict';
import type { KeyObject } from 'node:crypto';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import { test, type TestContext } from 'node:test';
import type { KeyPair } from '../../../shared/iflow/services/security-material.ts';
import {
  alternativeNames,
  commonName,
  isAuthority,
  issueCertificate,
  makeLoopbackCertificate,
} from '../../support/certificate.ts';
import { flowBundle, line } from '../../support/flow-bundle.ts';
import { serve, serveTls } from '../../support/loopback-server.ts';
import { exchangeOf, runBundle } from '../running.ts';
import { callingFlow, environmentWith, failureOf, httpService } from './http-under-test.ts';

const basicFlow = (address: string): Uint8Array =>
  callingFlow({
    httpAddressWithoutQuery: address,
    authenticationMethod: 'Basic',
    credentialName: '${header.credential}',
    allowedRequestHeaders: '*',
  });

async function authorizationSeen(t: TestContext): Promise<{ origin: string; seen: string[] }> {
  const seen: string[] = [];
  const origin = await serve(t, (request, response) => {
    seen.push(request.headers.authorization ?? '');
    response.end();
  });
  return { origin, seen };
}

test('Basic sends user and password of the credential that the message names, in UTF-8', async (t) => {
  const { origin, seen } = await authorizationSeen(t);
  const environment = environmentWith(httpService(t), {
    userCredentials: (name) =>
      Promise.resolve(
        name === 'Grün' ? { name, user: 'jörg', password: 'p:ä', properties: {} } : undefined,
      ),
  });
  const exchange = exchangeOf('', { credential: 'Grün', authorization: 'Bearer own' });
  await runBundle(basicFlow(origin), exchange, environment);
  assert.deepEqual(seen, [`Basic ${Buffer.from('jörg:p:ä').toString('base64')}`]);
  for (const [credential, text] of [
    ['Red', /no security material with user credentials of the name "Red"/],
    ['', /has no credential name for this message/],
  ] as const) {
    const failure = await failureOf(basicFlow(origin), exchangeOf('', { credential }), environment);
    assert.equal(failure.reason, 'credential');
    assert.match(failure.message, text);
  }
  assert.equal(seen.length, 1);
});

test('a user name with a colon cannot be sent (RFC 7617 section 2), and no password is told', async (t) => {
  const { origin, seen } = await authorizationSeen(t);
  const environment = environmentWith(httpService(t), {
    userCredentials: (name) =>
      Promise.resolve({ name, user: 'a:b', password: 'the-password', properties: {} }),
  });
  const exchange = exchangeOf('', { credential: 'Any' });
  const failure = await failureOf(basicFlow(origin), exchange, environment);
  assert.match(failure.message, /colon in the user name/);
  assert.doesNotMatch(failure.message, /the-password/);
  assert.equal(seen.length, 0);
});

test('a password, and an Authorization header of the flow, go to public hosts by TLS alone', async (t) => {
  const environment = environmentWith(
    httpService(t, { inside: '', lookup: () => Promise.reject(new Error('none')) }),
    {
      userCredentials: (name) =>
        Promise.resolve({ name, user: 'a', password: 'b', properties: {} }),
    },
  );
  const exchange = exchangeOf('', { credential: 'Any' });
  const failure = await failureOf(basicFlow('http://name.example/'), exchange, environment);
  assert.match(failure.message, /begins with https:/);
  const own = callingFlow({ httpAddressWithoutQuery: 'http://name.example/' });
  const withHeader = exchangeOf('', { Authorization: 'Bearer own' });
  assert.match((await failureOf(own, withHeader, environment)).message, /begins with https:/);
  assert.match((await failureOf(own, exchangeOf(), environment)).message, /no address/);
});

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

test('a client certificate is shown by its alias, and the next version of it after a change', async (t) => {
  const authority = issueCertificate({
    subject: commonName('authority'),
    extensions: [isAuthority()],
  });
  const serverCertificate = makeLoopbackCertificate();
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, serverCertificate.cert]);
  t.after(() => setDefaultCACertificates(before));
  const seen: string[] = [];
  const options = {
    ...serverCertificate,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const origin = await serveTls(t, options, (request, response) => {
    assert.ok(request.socket instanceof TLSSocket);
    const { subject } = request.socket.getPeerCertificate() as { subject?: { CN?: string } };
    seen.push(request.socket.authorized ? (subject?.CN ?? '') : 'none');
    response.end();
  });
  const keyPair = (name: string, version: string): KeyPair => {
    const issued = issueCertificate(
      { subject: commonName(name), extensions: [alternativeNames({ dns: name })] },
      authority,
    );
    const privateKey = pem(issued.privateKey);
    return { alias: 'key', privateKey, certificates: [issued.cert, authority.cert], version };
  };
  let pair: KeyPair | undefined = keyPair('first', '1');
  const environment = environmentWith(httpService(t), { keyPair: () => Promise.resolve(pair) });
  const flow = callingFlow({
    httpAddressWithoutQuery: origin,
    authenticationMethod: 'Client Certificate',
    privateKeyAlias: 'key',
  });
  await runBundle(flow, exchangeOf(), environment);
  await runBundle(flow, exchangeOf(), environment);
  pair = keyPair('second', '2');
  await runBundle(flow, exchangeOf(), environment);
  await runBundle(callingFlow({ httpAddressWithoutQuery: origin }), exchangeOf(), environment);
  assert.deepEqual(seen, ['first', 'first', 'second', 'none']);

  pair = undefined;
  const missing = await failureOf(flow, exchangeOf(), environment);
  assert.match(missing.message, /no security material with a key pair of the name "key"/);
  pair = { ...keyPair('third', '3'), privateKey: 'no key' };
  const broken = await failureOf(flow, exchangeOf(), environment);
  assert.equal(broken.reason, 'credential');
  assert.match(broken.message, /"key"/);
  assert.equal(seen.length, 4);
});

test('a client certificate is not shown over http, whatever the message has as its address', async (t) => {
  const { origin, seen } = await authorizationSeen(t);
  const environment = environmentWith(httpService(t), {
    keyPair: (alias) => Promise.resolve({ alias, privateKey: '', certificates: [], version: '1' }),
  });
  const flow = callingFlow({
    httpAddressWithoutQuery: '${header.url}',
    authenticationMethod: 'Client Certificate',
    privateKeyAlias: 'key',
  });
  const failure = await failureOf(flow, exchangeOf('', { url: origin }), environment);
  assert.equal(failure.reason, 'url');
  assert.equal(seen.length, 0);
});

/** Two calls of one flow to a server that sets a cookie at the first. */
async function sessionFlow(t: TestContext, handling: string, more: Record<string, string> = {}) {
  const seen: string[] = [];
  const origin = await serve(t, (request, response) => {
    seen.push(request.headers.cookie ?? '');
    if (request.headers.cookie === undefined) {
      response.setHeader('Set-Cookie', [
        'JSESSIONID=s1; Path=/; HttpOnly',
        'other=1; Path=/elsewhere',
        'gone=1; Max-Age=0',
        'secure=1; Secure',
      ]);
    }
    response.end();
  });
  const properties = { httpAddressWithoutQuery: `${origin}/a/b`, ...more };
  const zip = flowBundle({
    settings: { httpSessionHandling: handling },
    receivers: [
      { from: 'First', adapter: 'HTTP', properties },
      { from: 'Second', adapter: 'HTTP', properties },
    ],
    processes: [
      line({ id: 'First', cname: 'ExternalCall' }, { id: 'Second', cname: 'ExternalCall' }),
    ],
  });
  return { zip, seen };
}

for (const [handling, expected] of [
  ['None', ['', '', '', '']],
  ['onExchange', ['', 'JSESSIONID=s1', '', 'JSESSIONID=s1']],
  ['onIntegrationFlow', ['', 'JSESSIONID=s1', 'JSESSIONID=s1', 'JSESSIONID=s1']],
] as const) {
  test(`HTTP Session Reuse ${handling} sends cookies back accordingly (SAP Help, Specify the Runtime Configuration)`, async (t) => {
    const { zip, seen } = await sessionFlow(t, handling);
    const http = httpService(t);
    for (let i = 0; i < 2; i++) await runBundle(zip, exchangeOf(), environmentWith(http));
    assert.deepEqual(seen, expected);
  });
}

test('a session is not shared by users of the same address', async (t) => {
  const { zip, seen } = await sessionFlow(t, 'onIntegrationFlow', {
    authenticationMethod: 'Basic',
    credentialName: '${header.who}',
  });
  const http = httpService(t);
  const material = {
    userCredentials: (name: string) =>
      Promise.resolve({ name, user: name, password: 'p', properties: {} }),
  };
  for (const who of ['a', 'b', 'a']) {
    await runBundle(zip, exchangeOf('', { who }), environmentWith(http, material));
  }
  assert.deepEqual(seen, [
    '',
    'JSESSIONID=s1',
    '',
    'JSESSIONID=s1',
    'JSESSIONID=s1',
    'JSESSIONID=s1',
  ]);
});
