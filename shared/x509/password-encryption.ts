import { createDecipheriv, hash, pbkdf2 } from 'node:crypto';
import { setImmediate as turnOfOthers } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type DerValue, readAll, readChildren, readOid } from './der.ts';
import { KeyStoreFault } from './key-store-fault.ts';

/** Rounds of key derivation that one file may cost, all together: whoever makes it chooses them. */
const MOST_ROUNDS = 500_000;

/** Counts the rounds of one file. */
export class Rounds {
  #left = MOST_ROUNDS;

  /** @throws {KeyStoreFault} */
  spend(rounds: number): void {
    this.#left -= rounds;
    if (this.#left >= 0) return;
    throw new KeyStoreFault(
      `The file asks for more than ${MOST_ROUNDS} rounds of key derivation. Write it anew with fewer, such as openssl's default.`,
    );
  }
}

const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const INTEGER = 0x02;

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const SHA1_3DES = '1.2.840.113549.1.12.1.3';

/** Pseudo-random functions of PBKDF2 (RFC 8018 appendix B.1), by digest. */
const PRFS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

const CIPHERS: Readonly<Record<string, { readonly name: string; readonly keyBytes: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyBytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyBytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyBytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyBytes: 24 },
};

const derive = promisify(pbkdf2);

/**
 * Decrypts what is encrypted under a password: by PBES2 (RFC 8018 section 6.2), or by SHA-1 and 3DES
 * (RFC 7292 appendix C), which older tools write.
 * @param algorithm the content of an AlgorithmIdentifier.
 * @throws {KeyStoreFault}
 */
export async function decryptWithPassword(
  algorithm: Buffer,
  encrypted: Buffer,
  password: string,
  rounds: Rounds,
): Promise<Buffer> {
  const [id, parameters] = readAll(algorithm) ?? [];
  const name = id === undefined ? '' : readOid(id.content);
  if (parameters === undefined || (name !== PBES2 && name !== SHA1_3DES)) throw refuse(name);
  const { cipher, key, iv } =
    name === PBES2
      ? await deriveByPbes2(parameters, password, rounds)
      : await deriveForTripleDes(parameters, password, rounds);
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return Buffer.concat([decipher.update(encrypted), decipher.final()]);
  } catch {
    throw wrongPassword();
  }
}

export function wrongPassword(): KeyStoreFault {
  return new KeyStoreFault('The password does not open the file, or the file is damaged.');
}

interface Derived {
  readonly cipher: string;
  readonly key: Buffer;
  readonly iv: Buffer;
}

async function deriveByPbes2(
  parameters: DerValue,
  password: string,
  rounds: Rounds,
): Promise<Derived> {
  const [kdf, encryption] = sequence(parameters);
  const [kdfId, kdfParameters] = sequence(kdf);
  const [cipherId, iv] = sequence(encryption);
  const cipher = CIPHERS[oid(cipherId)];
  if (oid(kdfId) !== PBKDF2 || cipher === undefined) throw refuse(oid(cipherId));
  const [salt, count, ...more] = sequence(kdfParameters);
  // The length of the key is left out, or that of the cipher.
  const prf = more.find(({ tag }) => tag === SEQUENCE);
  const digest = prf === undefined ? 'sha1' : PRFS[oid(sequence(prf)[0])];
  if (digest === undefined) throw refuse(oid(sequence(prf)[0]));
  const times = readCount(count);
  rounds.spend(times);
  const bytes = octets(salt);
  const key = await derive(Buffer.from(password, 'utf8'), bytes, times, cipher.keyBytes, digest);
  return { cipher: cipher.name, key, iv: octets(iv) };
}

async function deriveForTripleDes(
  parameters: DerValue,
  password: string,
  rounds: Rounds,
): Promise<Derived> {
  const [salt, count] = sequence(parameters);
  const given = { digest: 'sha1', password, salt: octets(salt), count: readCount(count), rounds };
  const key = await deriveByPkcs12(given, 'key', 24);
  return { cipher: 'des-ede3-cbc', key, iv: await deriveByPkcs12(given, 'iv', 8) };
}

/** Some milliseconds of work, after which others on the event loop have theirs. */
const ROUNDS_IN_A_TURN = 5000;

/** RFC 7292 appendix B.3: what is derived for different uses differs. */
const USES = { key: 1, iv: 2, mac: 3 };

/** The key derivation of RFC 7292 appendix B.2. */
export async function deriveByPkcs12(
  given: {
    readonly digest: string;
    readonly password: string;
    readonly salt: Buffer;
    readonly count: number;
    readonly rounds: Rounds;
  },
  use: keyof typeof USES,
  length: number,
): Promise<Buffer> {
  const { digest, salt, count } = given;
  const block = digest === 'sha384' || digest === 'sha512' ? 128 : 64;
  // A BMPString with two bytes of zero at its end.
  const password = Buffer.from(`${given.password}\0`, 'utf16le').swap16();
  const blocks = Buffer.concat([fill(salt, block), fill(password, block)]);
  const derived: Buffer[] = [];
  for (let bytes = 0; bytes < length;) {
    given.rounds.spend(count);
    let part = hash(digest, Buffer.concat([Buffer.alloc(block, USES[use]), blocks]), 'buffer');
    for (let round = 1; round < count; round += 1) {
      part = hash(digest, part, 'buffer');
      if (round % ROUNDS_IN_A_TURN === 0) await turnOfOthers();
    }
    derived.push(part);
    bytes += part.length;
    addToEach(blocks, fill(part, block).subarray(0, block), block);
  }
  return Buffer.concat(derived).subarray(0, length);
}

/** Repeated until it fills whole blocks; nothing stays nothing. */
function fill(bytes: Buffer, block: number): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
}

/** Adds `addend` and one to each block, as numbers. */
function addToEach(blocks: Buffer, addend: Buffer, block: number): void {
  for (let from = 0; from < blocks.length; from += block) {
    let carry = 1;
    for (let at = block - 1; at >= 0; at -= 1) {
      const sum = (blocks[from + at] ?? 0) + (addend[at] ?? 0) + carry;
      blocks[from + at] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}

/** What a sequence is made of. @throws {KeyStoreFault} for anything else. */
export function sequence(value: DerValue | undefined): readonly DerValue[] {
  const members = value && readChildren(value.bytes, SEQUENCE);
  if (members === undefined) throw malformed();
  return members;
}

/** @throws {KeyStoreFault} */
export function octets(value: DerValue | undefined): Buffer {
  if (value?.tag !== OCTET_STRING) throw malformed();
  return value.content;
}

export const oid = (value: DerValue | undefined): string =>
  value === undefined ? '' : readOid(value.content);

/** A number of rounds. @throws {KeyStoreFault} */
export function readCount(value: DerValue | undefined): number {
  if (value?.tag !== INTEGER || value.content.length === 0 || value.content.length > 6) {
    throw malformed();
  }
  const count = value.content.readIntBE(0, value.content.length);
  if (count < 1) throw malformed();
  return count;
}

export function malformed(): KeyStoreFault {
  return new KeyStoreFault(
    'The file cannot be read as PKCS #12 in DER. Write it anew with openssl pkcs12 -export, or send the private key and its certificates as PEM.',
  );
}

function refuse(name: string): KeyStoreFault {
  return new KeyStoreFault(
    `The file is encrypted in a way that is not read here${name === '' ? '' : ` (${name})`}, such as the RC2 of old tools. Write it anew with openssl pkcs12 -export, which takes AES, or send the private key and its certificates as PEM.`,
  );
}
