import { promisify } from 'node:util';
import { crc32, inflateRaw, inflateRawSync } from 'node:zlib';
import { BundleFault } from './fault.ts';

/** Bytes of the zip itself. */
export const MAX_COMPRESSED_BYTES = 40 * 1024 * 1024;
/** Bytes of all entries together, unpacked. */
export const MAX_INFLATED_BYTES = 200 * 1024 * 1024;
export const MAX_ENTRIES = 10_000;

const inflateBehind = promisify(inflateRaw);

/** One file as the zip holds it; `packed` is a view into the zip. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: 0 | 8;
  readonly crc: number;
  /** Unpacked length in bytes. */
  readonly size: number;
  readonly packed: Uint8Array;
  /** MS-DOS time and date, as stored. */
  readonly modified: number;
}

/**
 * The entries of a zip by name (APPNOTE.TXT 6.3), directories left out, nothing unpacked. The
 * central directory is the only source: most of SAP's exports have no sizes in the local headers.
 * Every limit is checked on the directory's figures, and {@link inflate} holds an entry to them.
 * @param limit bytes of the zip.
 * @throws {BundleFault}
 */
export function readZip(zip: Uint8Array, limit = MAX_COMPRESSED_BYTES): Map<string, ZipEntry> {
  if (zip.length > limit) {
    throw new BundleFault([`The zip has more than ${limit / 1024 / 1024} MB.`]);
  }
  const bytes = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
  const directory = findDirectory(bytes);
  const entries = new Map<string, ZipEntry>();
  let total = 0;
  for (const at of records(bytes, directory)) {
    const entry = readEntry(bytes, at, directory.start);
    if (entry.name.endsWith('/')) continue;
    if (entries.has(entry.name)) {
      throw new BundleFault([`The zip has two files named ${shown(entry.name)}.`]);
    }
    total += entry.size;
    if (total > MAX_INFLATED_BYTES) {
      throw new BundleFault([
        `The zip unpacks to more than ${MAX_INFLATED_BYTES / 1024 / 1024} MB.`,
      ]);
    }
    entries.set(entry.name, entry);
  }
  return entries;
}

/**
 * The names in a zip as they stand there, good for telling what it is and nothing else.
 * @throws {BundleFault}
 */
export function listNames(zip: Uint8Array): string[] {
  const bytes = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
  return [...records(bytes, findDirectory(bytes))].map((at) => rawName(bytes, at));
}

/** Unpacks one entry. @throws {BundleFault} when it is not what the directory says. */
export function inflate(entry: ZipEntry): Uint8Array {
  if (entry.method === 0) return checkContent(entry, entry.packed);
  try {
    return checkContent(entry, inflateRawSync(entry.packed, outputOf(entry)));
  } catch (cause) {
    throw wrongContent(entry, cause);
  }
}

/** The same without holding up others: what a package has in it may be large. */
export async function inflateInWorker(entry: ZipEntry): Promise<Uint8Array> {
  if (entry.method === 0) return checkContent(entry, entry.packed);
  try {
    return checkContent(entry, await inflateBehind(entry.packed, outputOf(entry)));
  } catch (cause) {
    throw wrongContent(entry, cause);
  }
}

/** One byte more than announced is enough to see that there is more; zlib takes no 0. */
const outputOf = ({ size }: ZipEntry) => ({ maxOutputLength: size + 1 });

function checkContent(entry: ZipEntry, data: Uint8Array): Uint8Array {
  if (data.length !== entry.size || crc32(data) !== entry.crc) throw wrongContent(entry);
  return data;
}

interface Directory {
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

/** Where the records of the central directory begin. */
function* records(bytes: Buffer, { count, start, end }: Directory): Generator<number> {
  if (count > MAX_ENTRIES) throw new BundleFault([`The zip has more than ${MAX_ENTRIES} files.`]);
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || bytes.readUInt32LE(at) !== 0x02014b50) throw damaged();
    const length =
      46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (at + length > end) throw damaged();
    yield at;
    at += length;
  }
}

/** The end of central directory record is last, but for a comment of at most 65,535 bytes. */
function findDirectory(bytes: Buffer): Directory {
  const lowest = Math.max(0, bytes.length - 22 - 0xffff);
  for (let at = bytes.length - 22; at >= lowest; at--) {
    if (bytes.readUInt32LE(at) !== 0x06054b50) continue;
    if (at + 22 + bytes.readUInt16LE(at + 20) !== bytes.length) continue;
    const disks = bytes.readUInt16LE(at + 4) + bytes.readUInt16LE(at + 6);
    const count = bytes.readUInt16LE(at + 10);
    const size = bytes.readUInt32LE(at + 12);
    const start = bytes.readUInt32LE(at + 16);
    if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) {
      throw new BundleFault(['The zip is in ZIP64 format. Pack it as a plain zip.']);
    }
    if (disks !== 0 || count !== bytes.readUInt16LE(at + 8)) {
      throw new BundleFault(['The zip is split over several files. Pack it as one.']);
    }
    if (start + size > at) throw damaged();
    return { count, start, end: start + size };
  }
  throw new BundleFault(['This is not a zip, or its end is missing. Export it once more.']);
}

function readEntry(bytes: Buffer, at: number, directory: number): ZipEntry {
  const flags = bytes.readUInt16LE(at + 8);
  const method = bytes.readUInt16LE(at + 10);
  const packedSize = bytes.readUInt32LE(at + 20);
  const size = bytes.readUInt32LE(at + 24);
  const local = bytes.readUInt32LE(at + 42);
  const name = checkName(rawName(bytes, at));
  if ((flags & 0x2041) !== 0) {
    throw new BundleFault([`${shown(name)} in the zip is encrypted. Pack it without a password.`]);
  }
  if (method !== 0 && method !== 8) {
    throw new BundleFault([
      `${shown(name)} in the zip is packed with method ${method}. Use deflate.`,
    ]);
  }
  if (packedSize === 0xffffffff || size === 0xffffffff || local === 0xffffffff) {
    throw new BundleFault(['The zip is in ZIP64 format. Pack it as a plain zip.']);
  }
  if (local + 30 > directory || bytes.readUInt32LE(local) !== 0x04034b50) throw damaged();
  const data = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  if (data + packedSize > directory) throw damaged();
  return {
    name,
    method,
    crc: bytes.readUInt32LE(at + 16),
    size,
    packed: bytes.subarray(data, data + packedSize),
    modified: bytes.readUInt32LE(at + 12),
  };
}

function rawName(bytes: Buffer, at: number): string {
  const raw = bytes.subarray(at + 46, at + 46 + bytes.readUInt16LE(at + 28));
  const utf8 = raw.toString('utf8');
  // Names without the UTF-8 flag are in some older code page; any reading serves to name the file.
  return utf8.includes('\uFFFD') ? raw.toString('latin1') : utf8;
}

function checkName(name: string): string {
  const unsafe =
    name === '' ||
    name.startsWith('/') ||
    /[\\:\p{Cc}]/u.test(name) ||
    name.split('/').some((segment) => segment === '..' || segment === '.');
  if (unsafe) {
    throw new BundleFault([`The zip has a file with an unsafe name: ${shown(name)}.`]);
  }
  return name;
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 200));
}

function damaged(): BundleFault {
  return new BundleFault(['The zip is damaged. Export it once more.']);
}

function wrongContent(entry: ZipEntry, cause?: unknown): BundleFault {
  return new BundleFault(
    [`${shown(entry.name)} in the zip is damaged. Export it once more.`],
    cause,
  );
}
