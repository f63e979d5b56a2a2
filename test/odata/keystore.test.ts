import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';
import { issueCertificate, makeLoopbackCertificate, oid } from '../support/certificate.ts';
import * as files from '../x509/key-files.ts';
import {
  type ApiUnderTest,
  entityIn,
  errorIn,
  omit,
  resultsIn,
  startApi,
} from './api-under-test.ts';

const hex = (alias: string): string => Buffer.from(alias, 'utf8').toString('hex');

const importKeyPair = (api: ApiUnderTest, alias: string, query = '', Resource = files.AES) =>
  api.post(`KeyPairResources${query}`, {
    Hexalias: 'AB',
    Alias: alias,
    Resource,
    Password: files.PASSWORD,
  });

const importCertificate = (api: ApiUnderTest, alias: string, body: string, query = '') =>
  api.send({
    method: 'PUT',
    path: `CertificateResources('${hex(alias)}')/$value${query}`,
    body,
    headers: { 'content-type': 'application/pkix-cert' },
  });

test('a key pair in PKCS #12 is imported, described, used and deleted as on a tenant', async () => {
  const api = await startApi();
  assert.equal((await importKeyPair(api, 'my alias')).status, 201);
  const path = `KeystoreEntries('${hex('my alias')}')`;
  const shown = entityIn(await api.get(`${path}?$expand=ChainCertificates`));
  assert.match(String(shown['FingerprintSha1']), /^([0-9A-F]{2}:){19}[0-9A-F]{2}$/);
  assert.match(String(shown['FingerprintSha256']), /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.match(String(shown['FingerprintSha512']), /^([0-9A-F]{2}:){63}[0-9A-F]{2}$/);
  assert.match(String(shown['SerialNumber']), /^[0-9A-F]+$/);
  assert.match(String(shown['ValidNotBefore']), /^\/Date\(\d+\)\/$/);
  assert.match(String(shown['ValidNotAfter']), /^\/Date\(\d+\)\/$/);
  const elsewhere = ['__metadata', 'SerialNumber', 'Certificate', 'ChainCertificates'];
  const varying = ['FingerprintSha1', 'FingerprintSha256', 'FingerprintSha512'];
  const rest = omit(shown, ...elsewhere, ...varying, 'ValidNotBefore', 'ValidNotAfter');
  assert.deepEqual(rest, {
    Hexalias: '6D7920616C696173',
    Alias: 'my alias',
    Type: 'Key Pair',
    Owner: 'Tenant Administrator',
    Status: 'DEPLOYED',
    KeyType: 'EC',
    KeySize: 256,
    SignatureAlgorithm: 'SHA256/ECDSA',
    EllipticCurve: 'prime256v1',
    Validity: 'Valid',
    SubjectDN: 'CN=partner,O=Partner,C=DE',
    IssuerDN: 'CN=Test CA',
    LastModifiedBy: 'oauth_client_tester',
    LastModifiedTime: `/Date(${api.clock.now()})/`,
    CreatedBy: 'oauth_client_tester',
    CreatedTime: `/Date(${api.clock.now()})/`,
  });
  assert.deepEqual(
    (shown['ChainCertificates'] as { results: { Index: number; SubjectDN: string }[] }).results.map(
      ({ Index, SubjectDN }) => [Index, SubjectDN],
    ),
    [
      [0, 'CN=partner,O=Partner,C=DE'],
      [1, 'CN=Test CA'],
    ],
  );
  const certificate = await api.get(`${path}/Certificate/$value`);
  assert.equal(certificate.headers.get('content-type'), 'application/pkix-cert');
  assert.equal(certificate.text, files.LEAF_PEM);

  const used = await api.securityMaterial.keyPair('my alias');
  assert.match(used?.privateKey ?? '', /^-----BEGIN PRIVATE KEY-----/);
  assert.deepEqual(used?.certificates, [files.LEAF_PEM, files.CA_PEM]);
  assert.equal((await api.delete(path)).status, 202);
  assert.equal((await api.get(path)).status, 404);
  assert.equal(await api.securityMaterial.keyPair('my alias'), undefined);
});

test('no private key is in an answer, in the audit trail or readable in a row', async () => {
  const api = await startApi();
  const pem = Buffer.from(files.KEY_PEM + files.LEAF_PEM).toString('base64');
  const answers = [
    await importKeyPair(api, 'one', '?returnKeystoreEntries=true'),
    await importKeyPair(api, 'two', '', pem),
    await api.get('KeystoreEntries?$expand=Certificate,ChainCertificates'),
    await api.get('KeystoreEntries', { accept: 'application/atom+xml' }),
    await api.get(`KeystoreEntries('${hex('one')}')/Certificate/$value`),
  ];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [201, 201, 200, 200, 200],
  );
  const key = files.KEY_PEM.split('\n')[1] ?? '';
  const der = Buffer.from(files.KEY_PEM.replace(/-----.*-----/g, ''), 'base64').subarray(-40);
  const rows = api.tables.table('securitymaterial').listEntities();
  let seen = 0;
  for await (const row of rows) {
    seen += 1;
    const bytes = Buffer.concat(
      Object.values(row).map((value) =>
        value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value)),
      ),
    );
    for (const form of [key, der, 'PRIVATE KEY']) assert.equal(bytes.includes(form), false);
  }
  assert.equal(seen, 2);
  for (const text of [...answers.map((answer) => answer.text), JSON.stringify(api.trail.events)]) {
    assert.equal(text.includes(key) || text.includes('PRIVATE KEY'), false);
  }
  assert.deepEqual(
    api.trail.events.map(({ action, note }) => [action, note?.name]),
    [
      ['keystore.import', 'one'],
      ['keystore.import', 'two'],
    ],
  );
});

test('a certificate is imported by PUT, and replaced only with update=true (SAP Help, Import and Update Certificate)', async () => {
  const api = await startApi();
  const { cert } = issueCertificate({ until: Date.UTC(2029, 0, 1) });
  assert.equal((await importCertificate(api, 'ca', files.CA_PEM)).status, 201);
  const again = await importCertificate(api, 'ca', cert);
  assert.equal(again.status, 400);
  assert.match(errorIn(again).message.value, /already exists.*update=true/);
  const told = await importCertificate(
    api,
    'ca',
    cert,
    '?fingerprintVerified=true&update=true&returnKeystoreEntries=true',
  );
  assert.equal(told.status, 200);
  assert.deepEqual(
    resultsIn(told).map((entry) => [entry['Alias'], entry['Type'], entry['SubjectDN']]),
    [['ca', 'Certificate', 'CN=test']],
  );
  assert.equal(
    (await api.get(`KeystoreEntries('${hex('ca').toUpperCase()}')/Certificate/$value`)).text,
    cert,
  );
  // DER does as well.
  const der = Buffer.from(cert.replace(/-----.*-----/g, ''), 'base64');
  const sent = await api.send({
    method: 'PUT',
    path: `CertificateResources('${hex('der')}')/$value`,
    body: der,
  });
  assert.equal(sent.status, 201);
  assert.equal((await api.get('KeystoreEntries/$count')).text, '2');
  assert.equal(await api.securityMaterial.keyPair('ca'), undefined);
});

test('neither kind of entry takes the place of the other', async () => {
  const api = await startApi();
  await importKeyPair(api, 'pair');
  const refused = await importCertificate(api, 'pair', files.CA_PEM, '?update=true');
  assert.equal(refused.status, 400);
  assert.match(errorIn(refused).message.value, /is a key pair/);
  assert.ok(await api.securityMaterial.keyPair('pair'));
});

test('a key pair is renewed with update=true, and flows see another version of it', async () => {
  const api = await startApi();
  await importKeyPair(api, 'pair');
  const before = await api.securityMaterial.keyPair('pair');
  assert.equal((await importKeyPair(api, 'pair')).status, 400);
  const { key, cert } = makeLoopbackCertificate();
  assert.equal((await importKeyPair(api, 'pair', '?update=true', key + cert)).status, 200);
  const after = await api.securityMaterial.keyPair('pair');
  assert.deepEqual(after?.certificates, [cert]);
  assert.notEqual(after.version, before?.version);
});

test('several entries are deleted at once, with what is escaped in their aliases (SAP Help, Trigger Mass Deletion of Keystore Entries)', async () => {
  const api = await startApi();
  for (const alias of ['a', 'Company A; B', 'C\\D\\', 'stays']) {
    assert.equal((await importCertificate(api, alias, files.CA_PEM)).status, 201);
  }
  const remove = (Aliases: string, query = '?deleteEntries=true') =>
    api.put(`KeystoreResources('system')${query}`, { Aliases });
  assert.equal((await remove('a;absent')).status, 404);
  assert.equal((await remove('a', '')).status, 501);
  assert.equal((await api.get('KeystoreEntries/$count')).text, '4', 'nothing is deleted by halves');
  assert.equal((await remove('a;Company A\\; B;C\\\\D\\\\')).status, 200);
  assert.deepEqual(
    resultsIn(await api.get('KeystoreEntries')).map((entry) => entry['Alias']),
    ['stays'],
  );
});

test('a list of aliases is read once, in time that grows with its length, and each alias counts once', async () => {
  const api = await startApi();
  assert.equal((await importCertificate(api, 'a', files.CA_PEM)).status, 201);
  const remove = (Aliases: string) =>
    api.put("KeystoreResources('system')?deleteEntries=true", { Aliases });
  const begun = performance.now();
  assert.equal((await remove(`${'a'.repeat(100_000)}\\`)).status, 404);
  assert.equal((await remove('a;'.repeat(50_000) + 'absent')).status, 404);
  assert.ok(performance.now() - begun < 2000);
  assert.equal((await api.get('KeystoreEntries/$count')).text, '1');
  assert.equal((await remove('a;a;')).status, 200);
  assert.equal((await api.get('KeystoreEntries/$count')).text, '0');
});

test('what cannot be read is refused with what to do, and imports nothing', async () => {
  const api = await startApi();
  const cases: readonly (readonly [body: Record<string, unknown>, message: RegExp])[] = [
    [{ Resource: files.AES, Password: 'p' }, /'Alias' is missing/],
    [{ Alias: 'a', Password: 'p' }, /'Resource' is missing/],
    [{ Alias: 'a', Resource: '', Password: 'p' }, /of at most 65536 bytes/],
    [{ Alias: 'a', Resource: 'A'.repeat(100_000) }, /of at most 65536 bytes/],
    [{ Alias: 'a', Resource: files.AES, Password: 'wrong' }, /password does not open/],
    [{ Alias: 'a', Resource: files.RC2, Password: files.PASSWORD }, /RC2/],
    [{ Alias: 'a', Resource: 'AAAA' }, /0 private keys/],
    [{ Alias: 'a', Resource: files.AES, Passphrase: 'x' }, /'Passphrase' is not known/],
    [{ Alias: 'x'.repeat(251), Resource: files.AES, Password: files.PASSWORD }, /1 to 250/],
  ];
  for (const [body, message] of cases) {
    const answer = await api.post('KeyPairResources', body);
    assert.equal(answer.status, 400, String(message));
    assert.match(errorIn(answer).message.value, message);
  }
  assert.equal((await importCertificate(api, 'a', 'hello')).status, 400);
  assert.equal((await importCertificate(api, 'a', 'x'.repeat(70_000))).status, 413);
  for (const key of ["'6g'", "'616'", "''", "'ff'", '61']) {
    assert.equal((await api.get(`KeystoreEntries(${key})`)).status, 400, key);
  }
  assert.equal((await api.post('KeyPairGenerationRequests', {})).status, 501);
  assert.equal((await api.post('KeystoreResources', {})).status, 501);
  assert.equal((await api.put(`KeystoreEntries('${hex('a')}')?renameAlias=b`, {})).status, 501);
  assert.equal((await api.get('KeystoreEntries?keystoreName=KeyRenewal')).status, 404);
  assert.equal((await api.get('KeystoreEntries?keystoreName=system')).status, 200);
  assert.deepEqual(resultsIn(await api.get('KeystoreEntries')), []);
});

test('entries with all of their chains are read in as few reads as one entry', async () => {
  const api = await startApi();
  for (let i = 0; i < 5; i += 1) await importKeyPair(api, `pair ${i}`);
  const readsOf = async (path: string): Promise<number> => {
    const before = api.materialReads();
    assert.equal((await api.get(path)).status, 200);
    return api.materialReads() - before;
  };
  assert.equal(await readsOf(`KeystoreEntries('${hex('pair 1')}')`), 1);
  assert.equal(await readsOf('KeystoreEntries?$expand=Certificate,ChainCertificates'), 1);
});

test('a list of entries parses the certificate of each once', async () => {
  const api = await startApi();
  await importKeyPair(api, 'pair');
  await importCertificate(api, 'authority', files.CA_PEM);
  const { X509Certificate } = crypto;
  let parsed = 0;
  crypto.X509Certificate = class extends X509Certificate {
    constructor(encoded: ConstructorParameters<typeof X509Certificate>[0]) {
      super(encoded);
      parsed += 1;
    }
  };
  syncBuiltinESMExports();
  try {
    const entries = resultsIn(await api.get('KeystoreEntries'));
    assert.deepEqual(
      entries.map((entry) => entry['SignatureAlgorithm']),
      ['SHA256/ECDSA', 'SHA256/ECDSA'],
    );
  } finally {
    crypto.X509Certificate = X509Certificate;
    syncBuiltinESMExports();
  }
  assert.equal(parsed, 2);
});

test('a certificate whose key or time cannot be read is refused, and the others are listed', async () => {
  const api = await startApi();
  const good = Buffer.from(files.CA_PEM.replace(/-----.*-----/g, ''), 'base64');
  const changed = (what: Buffer, by: Buffer): string => {
    const at = good.indexOf(what);
    assert.ok(at > 0);
    const bad = Buffer.from(good);
    by.copy(bad, at);
    return `-----BEGIN CERTIFICATE-----\n${bad.toString('base64')}\n-----END CERTIFICATE-----\n`;
  };
  const curve = oid('1.2.840.10045.3.1.7');
  const unknownCurve = changed(curve, oid('1.2.840.10045.3.1.99'));
  const validity = good.subarray(good.indexOf(Buffer.from([0x17, 0x0d])));
  const noTime = changed(validity.subarray(0, 15), Buffer.from('\x17\rxx0101000000Z', 'latin1'));
  await importCertificate(api, 'good', files.CA_PEM);
  for (const bad of [unknownCurve, noTime]) {
    const refused = await importCertificate(api, 'bad', bad);
    assert.equal(refused.status, 400);
    assert.match(errorIn(refused).message.value, /cannot be read as X\.509/);
  }
  assert.deepEqual(
    resultsIn(await api.get('KeystoreEntries')).map((entry) => entry['Alias']),
    ['good'],
  );
});

test('keys and certificates are changed by administrators alone (SAP Help, Personas)', async () => {
  const api = await startApi();
  const as = (role: string, method: string, path: string, body?: unknown) =>
    api.send({ method, path, body, headers: { authorization: `Bearer ${role}` } });
  const developer = 'AuthGroup.IntegrationDeveloper';
  await importKeyPair(api, 'pair');
  for (const [method, path] of [
    ['POST', 'KeyPairResources'],
    ['PUT', `CertificateResources('${hex('a')}')/$value`],
    ['DELETE', `KeystoreEntries('${hex('pair')}')`],
    ['PUT', "KeystoreResources('system')?deleteEntries=true"],
    ['PUT', "/KeystoreResources('system')?deleteEntries=true"],
  ] as const) {
    assert.equal((await as(developer, method, path, { Aliases: 'pair' })).status, 403, path);
  }
  assert.equal((await as(developer, 'GET', 'KeystoreEntries')).status, 200);
  assert.ok(await api.securityMaterial.keyPair('pair'));
});
