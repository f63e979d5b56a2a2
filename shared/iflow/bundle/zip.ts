import { crc32, deflateRawSync } from 'node:zlib';
import type { ZipEntry } from './unzip.ts';

/** 1980-01-01 00:00, the first moment a zip can name: the same content makes the same zip. */
const NO_TIME = 0x0021_0000;

/** Packs a file for {@link writeZip}. */
export function deflateEntry(name: string, content: string | Uint8Array): ZipEntry {
  const data = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return {
    name,
    method: 8,
    crc: crc32(data),
    size: data.length,
    packed: deflateRawSync(data),
    modified: NO_TIME,
  };
}

/** Takes a file in as it is, for {@link writeZip}: what is packed already gets no smaller. */
export function storeEntry(name: string, content: Uint8Array): ZipEntry {
  const { length } = content;
  return {
    name,
    method: 0,
    crc: crc32(content),
    size: length,
    packed: content,
    modified: NO_TIME,
  };
}

/** Writes a zip of entries in that order; packed data is copied as it is. */
export function writeZip(entries: Iterable<ZipEntry>): Uint8Array {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name, 'utf8');
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed: deflate
    common.writeUInt16LE(0x0800, 2); // names are UTF-8
    common.writeUInt16LE(entry.method, 4);
    common.writeUInt32LE(entry.modified, 6);
    common.writeUInt32LE(entry.crc, 10);
    common.writeUInt32LE(entry.packed.length, 14);
    common.writeUInt32LE(entry.size, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([uint32(0x04034b50), common, name, entry.packed]);
    // Made by version 2.0 on MS-DOS; no comment, first disk, no attributes.
    const rest = Buffer.concat([Buffer.alloc(10), uint32(offset)]);
    directory.push(Buffer.concat([uint32(0x02014b50), Buffer.from([20, 0]), common, rest, name]));
    files.push(local);
    offset += local.length;
  }
  const size = directory.reduce((sum, record) => sum + record.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, ...directory, end]);
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value);
  return buffer;
}
