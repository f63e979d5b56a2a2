import { createHash } from 'node:crypto';

/** Encoded keys above this length are cut and hashed; a key may have 512 UTF-16 units in all. */
const LONGEST_PART = 200;

/**
 * Encodes a caller's text for use as (part of) a partition or row key. Table storage refuses
 * `/ \ # ?` and control characters in keys, answers some of them with 500 on a read, and joins
 * nothing: `%`, `|` and `!` are encoded too so that parts can be joined with `|`. Distinct texts
 * give distinct keys, case included. Long texts end in their SHA-256.
 */
export function encodeKey(text: string): string {
  let encoded = '';
  for (const unit of text) {
    encoded += /^[A-Za-z0-9._~@ +=,:;()$&*-]$/.test(unit) ? unit : escapeUnit(unit);
  }
  if (encoded.length <= LONGEST_PART) return encoded;
  // In UTF-16, since UTF-8 has one form for all lone surrogates.
  const digest = createHash('sha256').update(text, 'utf16le').digest('base64url');
  return `${encoded.slice(0, LONGEST_PART - digest.length - 1)}!${digest}`;
}

function escapeUnit(character: string): string {
  let escaped = '';
  for (let i = 0; i < character.length; i += 1) {
    escaped += `%${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}

/** Joins encoded parts. */
export function joinKey(...parts: readonly string[]): string {
  return parts.map(encodeKey).join('|');
}

/** The end of the range of row keys that begin with `prefix`: `ge prefix and lt upTo(prefix)`. */
export function upTo(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1);
  return prefix.slice(0, -1) + String.fromCharCode(last + 1);
}
