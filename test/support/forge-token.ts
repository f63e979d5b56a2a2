import { sign, type KeyObject } from 'node:crypto';

/** A JWS in compact form whose header and payload hold exactly what they are given: bytes, text, or JSON. */
export function forgeToken(
  header: unknown,
  payload: unknown,
  signer: (input: string) => Buffer,
): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signer(input).toString('base64url')}`;
}

/** ES256 (RFC 7518 section 3.4), or with `der` the encoding that it forbids. */
export function es256(
  key: KeyObject,
  dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363',
): (input: string) => Buffer {
  return (input) => sign('sha256', Buffer.from(input), { key, dsaEncoding });
}

function encode(value: unknown): string {
  const bytes = Buffer.isBuffer(value)
    ? value
    : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return bytes.toString('base64url');
}
