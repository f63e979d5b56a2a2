import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Deployment, deployOwn } from '../conformance/deployment.ts';
import {
  commonName,
  extendedKeyUsage,
  isAuthority,
  type Issued,
  issueCertificate,
  keyUsage,
} from '../support/certificate.ts';
import { flowBundle, line } from '../support/flow-bundle.ts';
import { type MtlsFrontEnd, startMtlsFrontEnd } from '../support/mtls-front-end.ts';

export const LOCAL_ONLY = 'brings its own front end and authorities';

const root = issueCertificate({
  subject: commonName('Root'),
  extensions: [isAuthority(), keyUsage('keyCertSign')],
});
const issue = (name: string, by?: Issued): Issued =>
  issueCertificate({ subject: commonName(name), extensions: [extendedKeyUsage('clientAuth')] }, by);
const partner = issueCertificate(
  {
    subject: [
      ['2.5.4.10', 'Example, Inc.'],
      ['2.5.4.3', 'partner'],
    ],
    extensions: [extendedKeyUsage('clientAuth')],
  },
  root,
);
const stranger = issue('stranger', root);
const forged = issue('partner');
const PARTNER = 'CN=partner,O=Example\\, Inc.';

let deployment: Deployment;
let frontEnd: MtlsFrontEnd;

const row = (subject: string, issuer: string): string =>
  `<row><cell id='clientCertificate.subjectDN'>${subject}</cell><cell id='clientCertificate.issuerDN'>${issuer}</cell></row>`;

/** Tells what the message has of its sender. */
const TELL = `function processData(message) {
  var h = message.getHeaders();
  message.setBody(['SapAuthenticatedUserName', 'SSL_CLIENT_CERT', 'SSL_CLIENT_USER']
    .map(function (name) { return h.containsKey(name) ? name + '=' + h.get(name) : 'no ' + name; }).join('\\n'));
  return message;
}`;

const certified = (id: string, urlPath: string, allowedHeaderList = ''): Uint8Array =>
  flowBundle({
    id,
    settings: { allowedHeaderList },
    files: { 'script/tell.js': TELL },
    senders: [
      {
        adapter: 'HTTPS',
        to: 'Start_1',
        properties: {
          urlPath,
          senderAuthType: 'ClientCertificate',
          clientCertificates: row('', '') + row(PARTNER, 'CN=Root'),
        },
      },
    ],
    processes: [line({ id: 'Tell', cname: 'JavaScript', properties: { script: 'tell.js' } })],
  });

before(async () => {
  deployment = await deployOwn({ FLOWGATE_MTLS: 'on', FLOWGATE_MTLS_CAS: root.cert });
  frontEnd = await startMtlsFrontEnd(deployment.url);
  assert.equal(
    await deployment.admin.deploy('Certified', certified('Certified', '/certified')),
    'SUCCESS',
  );
});

function call(path: string, as?: Issued, headers: Record<string, string> = {}): Promise<Response> {
  const identity =
    as === undefined
      ? undefined
      : { key: as.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: as.cert };
  return frontEnd.fetchWith(identity)(`${frontEnd.url}${path}`, { headers });
}

const FORGED = { SapAuthenticatedUserName: 'f', SSL_CLIENT_CERT: 'f', SSL_CLIENT_USER: 'f' };
const FORGING = new URLSearchParams(FORGED).toString();
const NOTHING = 'no SapAuthenticatedUserName\nno SSL_CLIENT_CERT\nno SSL_CLIENT_USER';

test('a certificate that the channel names is let in, and no header SapAuthenticatedUserName is there (SAP Help, Headers and Exchange Properties)', async () => {
  const response = await call('/http/certified', partner);
  assert.equal(response.status, 200);
  assert.equal(await response.text(), NOTHING);
});

test('SSL_CLIENT_CERT and SSL_CLIENT_USER are of the certificate where the flow allows them, whatever the caller sends (SAP Help, Specify the Runtime Configuration)', async () => {
  const der = partner.x509.raw.toString('base64');
  const both = `no SapAuthenticatedUserName\nSSL_CLIENT_CERT=${der}\nSSL_CLIENT_USER=${PARTNER}`;
  const one = `no SapAuthenticatedUserName\nno SSL_CLIENT_CERT\nSSL_CLIENT_USER=${PARTNER}`;
  const lists = [
    ['*', both],
    ['X-Other|SSL_CLIENT_.*', both],
    ['SSL_CLIENT_USER', one],
    ['X-Other', NOTHING],
  ] as const;
  for (const [i, [list, told]] of lists.entries()) {
    const id = `Forwarding${i}`;
    const path = `/forwarding/${i}`;
    assert.equal(await deployment.admin.deploy(id, certified(id, path, list)), 'SUCCESS');
    const response = await call(`/http${path}?${FORGING}`, partner, FORGED);
    assert.equal(await response.text(), told, list);
    assert.equal(response.headers.get('ssl_client_cert'), null);
  }
});

test('another certificate, a forged one and none are told what a call without token is told', async () => {
  const bare = await (await call('/http/nowhere')).text();
  for (const as of [stranger, forged, undefined]) {
    const response = await call('/http/certified', as);
    assert.equal(response.status, 401);
    assert.equal(await response.text(), bare);
  }
  const logs = await deployment.admin.send(
    'GET',
    "/api/v1/MessageProcessingLogs?$filter=IntegrationArtifact/Id eq 'Certified'",
  );
  const { d } = (await logs.json()) as { d: { results: { Sender: string }[] } };
  assert.ok(d.results.every(({ Sender }) => Sender === 'O=Example\\, Inc., CN=partner'));
});

test('a good certificate does not find out what is deployed elsewhere', async () => {
  for (const path of ['/http/nowhere', deployment.hello]) {
    assert.equal((await call(path, partner)).status, 401);
  }
});

test('a token is not taken where the channel asks for a certificate', async () => {
  const response = await call('/http/certified', undefined, {
    authorization: `Bearer ${deployment.token}`,
  });
  assert.equal(response.status, 403);
  assert.equal(((await response.json()) as { reason: string }).reason, 'access_policy');
});

test('where client certificates are switched off, such a flow ends in ERROR and says so', async () => {
  const off = await deployOwn();
  assert.equal(await off.admin.deploy('Certified', certified('Certified', '/certified')), 'FAIL');
  const error = await off.admin.send(
    'GET',
    "/api/v1/IntegrationRuntimeArtifacts('Certified')/ErrorInformation/$value",
  );
  assert.match(await error.text(), /FLOWGATE_MTLS is off/);
});
