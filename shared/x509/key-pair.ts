import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readAll } from './der.ts';
import { KeyStoreFault } from './key-store-fault.ts';
import { Rounds, wrongPassword } from './password-encryption.ts';
import { openPrivateKeyInfo, readPkcs12 } from './pkcs12.ts';

export interface ReadKeyPair {
  readonly privateKey: KeyObject;
  /** The key's own certificate, then that of its issuer, and so on as far as they were sent. */
  readonly chain: readonly X509Certificate[];
}

/** Certificates of one chain, at most. */
const LONGEST_CHAIN = 10;
const SMALLEST_RSA = 2048;
const KEY_TYPES = ['rsa', 'ec', 'ed25519', 'ed448'];

/**
 * A private key and its certificates: PKCS #12, or PEM blocks one after the other (PKCS #8, encrypted
 * or not, PKCS #1 or SEC 1, and certificates in any order). Certificates that do not belong to the
 * key's chain are left out.
 * @throws {KeyStoreFault}
 */
export async function readKeyPair(file: Buffer, password: string): Promise<ReadKeyPair> {
  const { keys, certificates } =
    file[0] === 0x30 ? await fromPkcs12(file, password) : await fromPem(file, password);
  const [privateKey, ...more] = keys;
  if (privateKey === undefined || more.length > 0) {
    throw new KeyStoreFault(
      `The file holds ${keys.length} private keys. Send one key pair at a time.`,
    );
  }
  requireStrong(privateKey);
  const own = certificates.find((certificate) => certificate.checkPrivateKey(privateKey));
  if (own === undefined) {
    throw new KeyStoreFault(
      'None of the certificates in the file is that of the private key. Send them together.',
    );
  }
  return { privateKey, chain: chainFrom(own, certificates) };
}

/** One certificate, as DER or PEM. @throws {KeyStoreFault} */
export function readOneCertificate(file: Buffer): X509Certificate {
  const certificates = file[0] === 0x30 ? [file] : pemBlocks(file, ['CERTIFICATE']);
  const [certificate, ...more] = certificates.map((bytes) => parseCertificate(bytes));
  if (certificate === undefined || more.length > 0) {
    throw new KeyStoreFault(
      `The body holds ${certificates.length} certificates. Send one X.509 certificate as PEM or DER.`,
    );
  }
  return certificate;
}

interface Found {
  readonly keys: readonly KeyObject[];
  readonly certificates: readonly X509Certificate[];
}

async function fromPkcs12(file: Buffer, password: string): Promise<Found> {
  const { keys, certificates } = await readPkcs12(file, password);
  return { keys: keys.map(fromPkcs8), certificates: certificates.map(parseCertificate) };
}

async function fromPem(file: Buffer, password: string): Promise<Found> {
  const rounds = new Rounds();
  const encrypted = pemBlocks(file, ['ENCRYPTED PRIVATE KEY']);
  const opened: KeyObject[] = [];
  for (const block of encrypted) {
    const [info] = readAll(block) ?? [];
    if (info === undefined) throw unreadableKey();
    opened.push(fromPkcs8(await openPrivateKeyInfo(info, password, rounds)));
  }
  const plain = (label: string, type: 'pkcs8' | 'pkcs1' | 'sec1'): KeyObject[] =>
    pemBlocks(file, [label]).map((key) => parseKey(key, type));
  return {
    keys: [
      ...opened,
      ...plain('PRIVATE KEY', 'pkcs8'),
      ...plain('RSA PRIVATE KEY', 'pkcs1'),
      ...plain('EC PRIVATE KEY', 'sec1'),
    ],
    certificates: pemBlocks(file, ['CERTIFICATE', 'X509 CERTIFICATE']).map(parseCertificate),
  };
}

/** RFC 7468. Blocks with headers, as old tools encrypt keys, are none. */
function pemBlocks(file: Buffer, labels: readonly string[]): Buffer[] {
  const blocks = file
    .toString('latin1')
    .matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]+)-----END ([A-Z0-9 ]+)-----/g);
  return [...blocks]
    .filter(([, begin = '', , end]) => begin === end && labels.includes(begin))
    .map(([, , base64 = '']) => Buffer.from(base64, 'base64'));
}

/** What a password has opened: bytes that are no key were opened by a wrong one. */
function fromPkcs8(bytes: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  } catch {
    throw wrongPassword();
  }
}

function parseKey(bytes: Buffer, type: 'pkcs8' | 'pkcs1' | 'sec1'): KeyObject {
  try {
    return createPrivateKey({ key: bytes, format: 'der', type });
  } catch {
    throw unreadableKey();
  }
}

/** Key and validity are parsed when they are asked for: what is listed later has to have them. */
function parseCertificate(bytes: Buffer): X509Certificate {
  try {
    const certificate = new X509Certificate(bytes);
    const { publicKey, validFrom, validTo } = certificate;
    // Of a time that OpenSSL cannot read, validFromDate is sometimes invalid, sometimes any date at all.
    const times = [Date.parse(validFrom), Date.parse(validTo)];
    if (publicKey.type === 'public' && !times.some(Number.isNaN)) return certificate;
  } catch {
    // OpenSSL's own words help nobody.
  }
  throw new KeyStoreFault('A certificate cannot be read as X.509. Send it as PEM or DER.');
}

function requireStrong(key: KeyObject): void {
  const type = key.asymmetricKeyType ?? '';
  if (!KEY_TYPES.includes(type)) {
    throw new KeyStoreFault('The private key is neither RSA nor an elliptic curve.');
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? SMALLEST_RSA;
  if (bits >= SMALLEST_RSA) return;
  throw new KeyStoreFault(`An RSA key has at least ${SMALLEST_RSA} bits; this one has ${bits}.`);
}

function chainFrom(
  own: X509Certificate,
  certificates: readonly X509Certificate[],
): readonly X509Certificate[] {
  const chain = [own];
  for (let last = own; chain.length < LONGEST_CHAIN;) {
    const issuer = certificates.find((one) => !chain.includes(one) && hasIssued(one, last));
    if (issuer === undefined) break;
    chain.push(issuer);
    last = issuer;
  }
  return chain;
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    // A key of a kind that cannot verify.
    return false;
  }
}

function unreadableKey(): KeyStoreFault {
  return new KeyStoreFault('The private key cannot be read. Send it as PKCS #8 in PEM.');
}
