/**
 * An MPL id in the form that SAP Cloud Integration uses: 28 characters of URL-safe base64 for a
 * zero byte, the second of the start (big-endian) and 16 random bytes. Sorting by id sorts by second.
 */
export function makeMessageGuid(nowMs: number, randomBytes: (size: number) => Uint8Array): string {
  const bytes = Buffer.alloc(21);
  bytes.writeUInt32BE(Math.floor(nowMs / 1000), 1);
  bytes.set(randomBytes(16), 5);
  return bytes.toString('base64url');
}

/** The second that an MPL id begins with, in milliseconds; undefined for anything else. */
export function startOfMessageGuid(guid: string): number | undefined {
  if (!/^A[A-Za-z0-9_-]{27}$/.test(guid)) return undefined;
  const bytes = Buffer.from(guid, 'base64url');
  return bytes[0] === 0 ? bytes.readUInt32BE(1) * 1000 : undefined;
}
