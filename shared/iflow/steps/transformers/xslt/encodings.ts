import type { ResultEncoding } from './xslt.ts';

const ENCODINGS: ReadonlyMap<string, ResultEncoding> = new Map([
  ['', 'utf-8'],
  ['utf-8', 'utf-8'],
  ['iso-8859-1', 'iso-8859-1'],
  ['us-ascii', 'us-ascii'],
  ['utf-16', 'utf-16'],
]);

/** What `xsl:output` asks for. The processor writes what an encoding has not as references. */
export function resultEncoding(name: string): ResultEncoding | undefined {
  return ENCODINGS.get(name.toLowerCase());
}

/** The bytes of a result. */
export function encodeResult(text: string, encoding: ResultEncoding): Uint8Array {
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8');
  if (encoding === 'utf-16') return Buffer.from(`\uFEFF${text}`, 'utf16le').swap16();
  // XML and HTML have references for other characters; a text has none, and they become `?`.
  const last = encoding === 'us-ascii' ? 0x7f : 0xff;
  const known = text.replace(last === 0x7f ? /[^\0-\x7F]/gu : /[^\0-\xFF]/gu, '?');
  return Buffer.from(known, 'latin1');
}
