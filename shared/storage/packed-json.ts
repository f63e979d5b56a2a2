/**
 * A binary property holds 64 KiB and a row 1 MiB, which Azurite counts in base64: eleven chunks stay
 * below, with room for keys.
 */
const CHUNK = 64 * 1024;
const MOST_CHUNKS = 11;

/** Bytes of one packed row, at most. */
export const ROW_CAPACITY = CHUNK * MOST_CHUNKS;

/**
 * Spreads bytes over the binary properties `c0`, `c1`… of one row.
 * @throws {RangeError} above {@link ROW_CAPACITY}; whoever calls has bounded its content before.
 */
export function packBytes(bytes: Uint8Array): Record<string, Uint8Array> {
  if (bytes.length > ROW_CAPACITY) throw new RangeError(`A row cannot hold ${bytes.length} bytes`);
  const properties: Record<string, Uint8Array> = {};
  for (let i = 0; i === 0 || i * CHUNK < bytes.length; i += 1) {
    properties[`c${i}`] = bytes.subarray(i * CHUNK, (i + 1) * CHUNK);
  }
  return properties;
}

export function unpackBytes(row: Readonly<Record<string, unknown>>): Buffer {
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < MOST_CHUNKS; i += 1) {
    const chunk = row[`c${i}`];
    if (!(chunk instanceof Uint8Array)) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function packJson(value: unknown): Record<string, Uint8Array> {
  return packBytes(Buffer.from(JSON.stringify(value), 'utf8'));
}

/** Reads back what {@link packJson} wrote; only rows that this code has written are given to it. */
export function unpackJson(row: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(unpackBytes(row).toString('utf8'));
}
