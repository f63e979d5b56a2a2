import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { readKeyPair, readOneCertificate } from '../../shared/x509/key-pair.ts';
import { KeyStoreFault } from '../../shared/x509/key-store-fault.ts';
import { deriveByPkcs12, Rounds } from '../../shared/x509/password-encryption.ts';
import { der, issueCertificate, oid } from '../support/certificate.ts';
import * as files from './key-files.ts';

const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');
const isFault = (message: RegExp) => (error: unknown) =>
  error instanceof KeyStoreFault && message.test(error.message);

for (const [what, file, password, chain] of [
  ['AES, as OpenSSL 3 writes it', files.AES, files.PASSWORD, ['partner', 'Test CA']],
  [
    'SHA-1 and 3DES, as older tools write it',
    files.TRIPLE_DES,
    files.PASSWORD,
    ['partner', 'Test CA'],
  ],
  ['a MAC of SHA-512 and an empty password', files.SHA512_EMPTY_PASSWORD, '', ['partner']],
  ['no encryption', files.NOT_ENCRYPTED, files.PASSWORD, ['partner']],
  ["Java's keytool", files.KEYTOOL, 'secret1', ['java']],
] as const) {
  test(`PKCS #12 with ${what} gives the key and its chain (RFC 7292)`, async () => {
    const read = await readKeyPair(bytes(file), password);
    assert.ok(read.chain[0]?.checkPrivateKey(read.privateKey));
    assert.deepEqual(
      read.chain.map(({ subject }) => /CN=(.*)/.exec(subject)?.[1]),
      chain,
    );
  });
}

for (const [what, key, password] of [
  ['PKCS #8', files.KEY_PEM, ''],
  ['encrypted PKCS #8', files.KEY_ENCRYPTED_PEM, files.PASSWORD],
  ['SEC 1', files.KEY_SEC1_PEM, ''],
] as const) {
  test(`PEM with ${what} and certificates in any order gives the key and its chain (RFC 7468)`, async () => {
    const stranger = issueCertificate().cert;
    const file = Buffer.from([files.CA_PEM, stranger, key, files.LEAF_PEM].join('some words\n'));
    const { privateKey, chain } = await readKeyPair(file, password);
    assert.ok(privateKey.equals(createPrivateKey(files.KEY_PEM)));
    assert.deepEqual(
      chain.map((certificate) => certificate.toString()),
      [files.LEAF_PEM, files.CA_PEM],
    );
  });
}

test('a wrong password is told from a file that is read otherwise, before anything in it is believed', async () => {
  for (const file of [files.AES, files.TRIPLE_DES, files.KEYTOOL]) {
    await assert.rejects(readKeyPair(bytes(file), 'wrong'), isFault(/password does not open/));
  }
  const pem = Buffer.from(files.KEY_ENCRYPTED_PEM + files.LEAF_PEM);
  await assert.rejects(readKeyPair(pem, 'wrong'), isFault(/password does not open/));
  const changed = bytes(files.AES);
  changed.writeUInt8(changed.readUInt8(400) ^ 1, 400);
  await assert.rejects(readKeyPair(changed, files.PASSWORD), isFault(/damaged|cannot be read/));
});

test('what is not read is refused by name, with what to do', async () => {
  await assert.rejects(
    readKeyPair(bytes(files.RC2), files.PASSWORD),
    isFault(/1\.2\.840\.113549\.1\.12\.1\.6.*RC2.*openssl pkcs12 -export/),
  );
  await assert.rejects(readKeyPair(bytes(files.NO_KEY), files.PASSWORD), isFault(/0 private keys/));
  const two = Buffer.from(files.KEY_PEM + files.KEY_PEM + files.LEAF_PEM);
  await assert.rejects(readKeyPair(two, ''), isFault(/2 private keys/));
  const apart = Buffer.from(files.KEY_PEM + files.CA_PEM);
  await assert.rejects(readKeyPair(apart, ''), isFault(/None of the certificates/));
  const old =
    '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n';
  await assert.rejects(readKeyPair(Buffer.from(old), ''), isFault(/0 private keys/));
  const broken = files.KEY_PEM.replace(/M/, 'A');
  await assert.rejects(readKeyPair(Buffer.from(broken), ''), isFault(/cannot be read/));
  assert.throws(() => readOneCertificate(Buffer.from('hello')), isFault(/holds 0 certificates/));
  const both = Buffer.from(files.LEAF_PEM + files.CA_PEM);
  assert.throws(() => readOneCertificate(both), isFault(/holds 2 certificates/));
  assert.throws(
    () => readOneCertificate(Buffer.from([0x30, 0])),
    isFault(/cannot be read as X\.509/),
  );
});

test('keys that are too weak to be used are refused', async () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const file = weak.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() + files.LEAF_PEM;
  await assert.rejects(readKeyPair(Buffer.from(file), ''), isFault(/at least 2048 bits.*1024/));
});

test('the work that a file asks for is bounded, whoever has made it', async () => {
  const startedAt = performance.now();
  await assert.rejects(readKeyPair(bytes(files.SLOW), files.PASSWORD), isFault(/500000 rounds/));
  // As many rounds as fit a number, for the key derivation of either kind.
  const count = der(0x02, Buffer.from([0x7f, 0xff, 0xff, 0xff]));
  const salt = der(0x04, Buffer.alloc(8));
  const sequence = (...contents: Buffer[]) => der(0x30, ...contents);
  const pbkdf2 = sequence(oid('1.2.840.113549.1.5.12'), sequence(salt, count));
  const aes = sequence(oid('2.16.840.1.101.3.4.1.42'), der(0x04, Buffer.alloc(16)));
  const algorithms = [
    sequence(oid('1.2.840.113549.1.5.13'), sequence(pbkdf2, aes)),
    sequence(oid('1.2.840.113549.1.12.1.3'), sequence(salt, count)),
  ];
  for (const algorithm of algorithms) {
    const info = sequence(algorithm, der(0x04, Buffer.alloc(16))).toString('base64');
    const pem = `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${info}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
    await assert.rejects(readKeyPair(Buffer.from(pem), 'x'), isFault(/500000 rounds/));
  }
  assert.ok(performance.now() - startedAt < 2000);
});

test('others have their turn while a key is derived in many rounds (RFC 7292 appendix B.2)', async () => {
  let turns = 0;
  const others = setInterval(() => (turns += 1), 1);
  const count = 200_000;
  const given = { digest: 'sha1', password: 'x', salt: Buffer.alloc(8), count };
  await deriveByPkcs12({ ...given, rounds: new Rounds() }, 'key', 20);
  clearInterval(others);
  assert.ok(turns >= 10, `${turns}`);
});

test('a file that is cut off or changed is refused, and never gives another key or another error', async () => {
  const whole = bytes(files.AES);
  const { privateKey } = await readKeyPair(whole, files.PASSWORD);
  let refused = 0;
  for (let at = 0; at < whole.length; at += 7) {
    await assert.rejects(readKeyPair(whole.subarray(0, at), files.PASSWORD), KeyStoreFault);
    const changed = Buffer.from(whole);
    changed.writeUInt8(changed.readUInt8(at) ^ 0xff, at);
    try {
      // Parameters of the MAC's digest, which are always empty, are not looked at.
      assert.ok((await readKeyPair(changed, files.PASSWORD)).privateKey.equals(privateKey));
    } catch (error) {
      assert.ok(error instanceof KeyStoreFault, `at ${at}: ${String(error)}`);
      refused += 1;
    }
  }
  assert.ok(refused > whole.length / 7 - 5, `${refused}`);
});
