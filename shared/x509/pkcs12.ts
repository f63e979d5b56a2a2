import { createHmac, timingSafeEqual } from 'node:crypto';
import { type DerValue, readAll, readChildren } from './der.ts';
import { KeyStoreFault } from './key-store-fault.ts';
import {
  decryptWithPassword,
  deriveByPkcs12,
  malformed,
  octets,
  oid,
  readCount,
  Rounds,
  sequence,
  wrongPassword,
} from './password-encryption.ts';

const SEQUENCE = 0x30;
const EXPLICIT = 0xa0;
/** An octet string, [0] in the place of its own tag. */
const IMPLICIT = 0x80;

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const KEY_BAG = '1.2.840.113549.1.12.10.1.1';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';

/** Digests of the MAC, with the bytes of each. */
const DIGESTS: Readonly<Record<string, { readonly name: string; readonly bytes: number }>> = {
  '1.3.14.3.2.26': { name: 'sha1', bytes: 20 },
  '2.16.840.1.101.3.4.2.4': { name: 'sha224', bytes: 28 },
  '2.16.840.1.101.3.4.2.1': { name: 'sha256', bytes: 32 },
  '2.16.840.1.101.3.4.2.2': { name: 'sha384', bytes: 48 },
  '2.16.840.1.101.3.4.2.3': { name: 'sha512', bytes: 64 },
};

/** Of safes, and of bags in all safes. */
const MOST_PARTS = 50;

export interface Pkcs12 {
  /** PKCS #8, DER. */
  readonly keys: readonly Buffer[];
  /** DER. */
  readonly certificates: readonly Buffer[];
}

/**
 * The private keys and certificates of a PKCS #12 file (RFC 7292), whose integrity and privacy rest on
 * one password, as those of every common tool do.
 * @throws {KeyStoreFault}
 */
export async function readPkcs12(file: Buffer, password: string): Promise<Pkcs12> {
  const rounds = new Rounds();
  const [version, authSafe, mac] = readChildren(file, SEQUENCE) ?? [];
  if (version?.content.equals(Buffer.from([3])) !== true) throw malformed();
  const safes = octets(contentOf(authSafe, DATA));
  if (mac !== undefined) await checkMac(mac, safes, password, rounds);
  const keys: Buffer[] = [];
  const certificates: Buffer[] = [];
  let parts = 0;
  for (const safe of sequenceOf(safes)) {
    for (const bag of sequenceOf(await openSafe(safe, password, rounds))) {
      parts += 1;
      if (parts > MOST_PARTS)
        throw new KeyStoreFault(`The file has more than ${MOST_PARTS} parts.`);
      const [id, value] = sequence(bag);
      const content = inner(value);
      switch (oid(id)) {
        case KEY_BAG:
          keys.push(content.bytes);
          break;
        case SHROUDED_KEY_BAG:
          keys.push(await openPrivateKeyInfo(content, password, rounds));
          break;
        case CERTIFICATE_BAG: {
          const [type, certificate] = sequence(content);
          if (oid(type) === X509_CERTIFICATE) certificates.push(octets(inner(certificate)));
          break;
        }
        default:
        // Other bags hold neither keys nor certificates.
      }
    }
  }
  return { keys, certificates };
}

/** RFC 5958 section 3: an encrypted private key. @returns PKCS #8. @throws {KeyStoreFault} */
export async function openPrivateKeyInfo(
  encrypted: DerValue,
  password: string,
  rounds: Rounds,
): Promise<Buffer> {
  const [algorithm, data] = sequence(encrypted);
  if (algorithm === undefined) throw malformed();
  return decryptWithPassword(algorithm.content, octets(data), password, rounds);
}

async function openSafe(safe: DerValue, password: string, rounds: Rounds): Promise<Buffer> {
  const [type] = sequence(safe);
  if (oid(type) === DATA) return octets(contentOf(safe, DATA));
  const [, encrypted] = sequence(contentOf(safe, ENCRYPTED_DATA));
  const [, algorithm, data] = sequence(encrypted);
  if (algorithm === undefined || data?.tag !== IMPLICIT) throw malformed();
  return decryptWithPassword(algorithm.content, data.content, password, rounds);
}

/** RFC 7292 section 5.1: without a right MAC nothing in the file is looked at. */
async function checkMac(
  mac: DerValue,
  safes: Buffer,
  password: string,
  rounds: Rounds,
): Promise<void> {
  const [info, salt, count] = sequence(mac);
  const [algorithm, expected] = sequence(info);
  const [name] = sequence(algorithm);
  const digest = DIGESTS[oid(name)];
  if (digest === undefined) {
    throw new KeyStoreFault(
      `The file has a MAC of a kind that is not read here (${oid(name)}). Write it anew with openssl pkcs12 -export.`,
    );
  }
  const given = {
    digest: digest.name,
    password,
    salt: octets(salt),
    count: count === undefined ? 1 : readCount(count),
    rounds,
  };
  const key = await deriveByPkcs12(given, 'mac', digest.bytes);
  const found = createHmac(digest.name, key).update(safes).digest();
  const told = octets(expected);
  if (told.length !== found.length || !timingSafeEqual(told, found)) throw wrongPassword();
}

/** What a ContentInfo of that type holds. */
function contentOf(value: DerValue | undefined, type: string): DerValue {
  const [id, content] = sequence(value);
  if (oid(id) !== type) throw malformed();
  return inner(content);
}

/** What an explicit tag [0] holds. */
function inner(value: DerValue | undefined): DerValue {
  const [content, ...more] = value?.tag === EXPLICIT ? (readAll(value.content) ?? []) : [];
  if (content === undefined || more.length > 0) throw malformed();
  return content;
}

function sequenceOf(bytes: Buffer): readonly DerValue[] {
  const members = readChildren(bytes, SEQUENCE);
  if (members === undefined || members.length > MOST_PARTS) throw malformed();
  return members;
}
