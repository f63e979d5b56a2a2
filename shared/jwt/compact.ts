import { isUtf8 } from 'node:buffer';

/** Characters of a token. Our own have under 8,000; HTTP servers refuse headers above 16 KiB. */
export const MAX_TOKEN_LENGTH = 16_384;

type Members = Readonly<Record<string, unknown>>;

/** A JWS in compact form (RFC 7515 section 7.1), taken apart; nothing of it has been verified. */
export interface CompactToken {
  readonly header: Members;
  readonly payload: Buffer;
  readonly signature: Buffer;
}

/**
 * Takes a token apart. Nothing in its header is fetched or used as a key (`jku`, `jwk`, `x5u`, `x5c`).
 * @param refuse makes the error for a check that failed, named by its argument.
 */
export function readCompact(token: string, refuse: (check: string) => Error): CompactToken {
  const parts = token.split('.', 4);
  const [header, payload, signature] = parts;
  if (
    parts.length !== 3 ||
    header === undefined ||
    payload === undefined ||
    signature === undefined
  ) {
    throw refuse('form');
  }
  const compact = {
    header: readObject(decodeText(header, refuse), refuse),
    payload: decodeText(payload, refuse),
    signature: decodeCanonical(signature, refuse),
  };
  // RFC 7515 section 4.1.11: an extension that we do not know must be refused, and we know none.
  if ('crit' in compact.header) throw refuse('crit');
  return compact;
}

export function readObject(bytes: Buffer, refuse: (check: string) => Error): Members {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw refuse('json');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse('json');
  return value as Members;
}

/** RFC 8725 section 3.7: read as text, bytes that are not UTF-8 would pass for other characters. */
function decodeText(part: string, refuse: (check: string) => Error): Buffer {
  const bytes = decodeCanonical(part, refuse);
  if (!isUtf8(bytes)) throw refuse('utf8');
  return bytes;
}

/** One token has one spelling: no padding, no stray bits in the last character (RFC 4648 3.5). */
function decodeCanonical(part: string, refuse: (check: string) => Error): Buffer {
  const bytes = Buffer.from(part, 'base64url');
  if (part === '' || bytes.toString('base64url') !== part) throw refuse('encoding');
  return bytes;
}
