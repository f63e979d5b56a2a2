import { type DerValue, readAll, readChildren, readOid } from './der.ts';

/**
 * A name in one spelling: its relative names from the last to the first as RFC 4514 writes them, each
 * the attributes that it has, sorted, as `<dotted type>=<text>`, or `<dotted type>#<DER in hexadecimal>`
 * for a value that is no text. Texts are compared to the letter.
 */
export type DistinguishedName = readonly (readonly string[])[];

/** RFC 4514 section 3, and the other types that CAs put into subjects. */
const TYPES: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  TITLE: '2.5.4.12',
  POSTALCODE: '2.5.4.17',
  GN: '2.5.4.42',
  GIVENNAME: '2.5.4.42',
  SURNAME: '2.5.4.4',
  ORGANIZATIONIDENTIFIER: '2.5.4.97',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  EMAILADDRESS: '1.2.840.113549.1.9.1',
  E: '1.2.840.113549.1.9.1',
};

export function isSameName(one: DistinguishedName, other: DistinguishedName): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The name that DER encodes (RFC 5280 section 4.1.2.4); undefined for what is none. */
export function nameOf(encoded: Buffer): DistinguishedName | undefined {
  const sets = readChildren(encoded, SEQUENCE);
  const name = sets?.map((set) => readAll(set.content)?.map(readAttribute).sort()) ?? [undefined];
  return isWhole(name) ? name.reverse() : undefined;
}

/** '' for what is none. */
function readAttribute({ content }: DerValue): string {
  const [type, value, ...more] = readAll(content) ?? [];
  if (type?.tag !== OID || value === undefined || more.length > 0) return '';
  return readOid(type.content) + valueOf(value);
}

const isWhole = (name: readonly (string[] | undefined)[]): name is string[][] =>
  name.every((relative) => relative !== undefined && relative.length > 0 && !relative.includes(''));

/**
 * The name that text in the form of RFC 4514 tells, with spaces allowed around its separators, as most
 * tools write it; undefined for what is none.
 */
export function parseName(text: string): DistinguishedName | undefined {
  const name = split(text, ',').map((relative) => split(relative, '+').map(parseAttribute).sort());
  return isWhole(name) ? name : undefined;
}

/** Cut at every separator that is not escaped. */
function split(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  for (const [token] of text.matchAll(/\\?[\s\S]/gu)) {
    if (token === separator) {
      parts.push(part);
      part = '';
    } else part += token;
  }
  return [...parts, part];
}

/** '' for what is none. */
function parseAttribute(text: string): string {
  const [, type = '', written = ''] = /^ *([A-Za-z0-9.-]+) *= *([\s\S]*)$/.exec(text) ?? [];
  const id = /^\d+(\.\d+)+$/.test(type) ? type : TYPES[type.toUpperCase()];
  const value = parseValue(written);
  return id === undefined || value === undefined ? '' : id + value;
}

/** RFC 4514 sections 2.4 and 3; a space at the end counts only if it is escaped. */
function parseValue(written: string): string | undefined {
  if (written.startsWith('#')) {
    const [value, ...more] = readAll(Buffer.from(written.slice(1).trimEnd(), 'hex')) ?? [];
    return value === undefined || more.length > 0 ? undefined : valueOf(value);
  }
  const bytes: Buffer[] = [];
  let length = 0;
  for (const [token] of written.matchAll(/\\[0-9a-f]{2}|\\?[\s\S]/giu)) {
    // Neither a quoted value of RFC 1779 nor a separator that a later one forgot to escape.
    if (/^["+,;<>\\]$/.test(token)) return undefined;
    const isHex = /^\\[0-9a-f]{2}$/i.test(token);
    bytes.push(isHex ? Buffer.from(token.slice(1), 'hex') : Buffer.from(token.replace(/^\\/, '')));
    if (token !== ' ') length = bytes.length;
  }
  const text = decode('utf-8', Buffer.concat(bytes.slice(0, length)));
  return text === undefined ? undefined : `=${text}`;
}

const SEQUENCE = 0x30;
const OID = 0x06;

/** The types of strings that names have (RFC 5280 section 4.1.2.4), and how they are read. */
const STRINGS: Readonly<Record<number, string>> = {
  0x0c: 'utf-8',
  0x13: 'utf-8', // PrintableString
  0x14: 'latin1', // TeletexString
  0x16: 'utf-8', // IA5String
  0x1e: 'utf-16be', // BMPString
};

function valueOf({ tag, content, bytes }: DerValue): string {
  const encoding = STRINGS[tag];
  const text = encoding === undefined ? undefined : decode(encoding, content);
  return text === undefined ? `#${bytes.toString('hex')}` : `=${text}`;
}

function decode(encoding: string, bytes: Buffer): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
