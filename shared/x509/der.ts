/** One value in the distinguished encoding rules (X.690). */
export interface DerValue {
  /** The identifier octet: class, whether it is made of others, number. */
  readonly tag: number;
  readonly content: Buffer;
  /** With tag and length. */
  readonly bytes: Buffer;
}

/** What lies one after the other in `bytes`; undefined unless they are exactly that. */
export function readAll(bytes: Buffer): readonly DerValue[] | undefined {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const value = readAt(bytes, at);
    if (value === undefined) return undefined;
    values.push(value);
    at += value.bytes.length;
  }
  return values;
}

/** The values in the one that `bytes` hold, which has to have that tag. */
export function readChildren(bytes: Buffer, tag: number): readonly DerValue[] | undefined {
  const [value, ...more] = readAll(bytes) ?? [];
  if (value?.tag !== tag || more.length > 0) return undefined;
  return readAll(value.content);
}

/** Certificates have no tags of several octets and no lengths beyond four. */
function readAt(bytes: Buffer, at: number): DerValue | undefined {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  const more = first < 0x80 ? 0 : first & 0x7f;
  const begin = at + 2 + more;
  if (first === 0x80 || more > 4 || begin > bytes.length) return undefined;
  const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
  const end = begin + length;
  if (end > bytes.length) return undefined;
  return { tag, content: bytes.subarray(begin, end), bytes: bytes.subarray(at, end) };
}

/** Dotted decimals (X.690 section 8.19); '' for what is none. */
export function readOid(content: Buffer): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(number)) return '';
    if ((byte & 0x80) === 0) {
      numbers.push(number);
      number = 0;
    }
  }
  const [first, ...rest] = numbers;
  if (first === undefined) return '';
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}
