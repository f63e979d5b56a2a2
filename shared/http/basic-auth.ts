import { isUtf8 } from 'node:buffer';
import { decodeFormValue } from './form.ts';

export interface BasicCredentials {
  readonly user: string;
  /** What the password may mean, the likeliest first; at least one. */
  readonly passwords: readonly string[];
}

/**
 * Reads Basic credentials (RFC 7617). RFC 6749 section 2.3.1 has both values form-encoded first;
 * SAP's clients and curl send them as they are. So there are two readings of each: as sent, and
 * form-decoded.
 * @param isUser tells which reading of the user name can be one.
 * @returns undefined for anything but `Basic`, base64 of UTF-8, and a colon in it.
 */
export function readBasic(
  authorization: string,
  isUser: (text: string) => boolean,
): BasicCredentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  if (!isUtf8(bytes)) return undefined;
  const pair = bytes.toString('utf8');
  const colon = pair.indexOf(':');
  if (colon === -1) return undefined;
  const sentUser = pair.slice(0, colon);
  const user = isUser(sentUser) ? sentUser : (decodeFormValue(sentUser) ?? sentUser);
  const sent = pair.slice(colon + 1);
  const decoded = decodeFormValue(sent);
  return { user, passwords: decoded === undefined || decoded === sent ? [sent] : [sent, decoded] };
}
