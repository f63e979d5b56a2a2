import type { HttpReply } from '../../http/call.ts';

/** RFC 8252 section 7.3: addresses of the person's own machine, by number. */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?(?=[/?]|$)/;

/**
 * Whether a redirect URI is one that the client has registered: the same, character by character
 * (RFC 9700 section 4.1.3). Only the port of a loopback address may differ, since an app on the
 * person's machine takes the port that is free (RFC 8252 section 7.3).
 */
export function isRegistered(uri: string, registered: readonly string[]): boolean {
  if (registered.includes(uri)) return true;
  const anyPort = withoutLoopbackPort(uri);
  return anyPort !== undefined && registered.some((one) => withoutLoopbackPort(one) === anyPort);
}

/** A loopback address with its port left out; undefined for every other. */
function withoutLoopbackPort(uri: string): string | undefined {
  const match = LOOPBACK.exec(uri);
  if (match === null) return undefined;
  const [whole, host = '', port] = match;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return undefined;
  return host + uri.slice(whole.length);
}

/**
 * Sends the browser to `uri` with members added to its query. Always by GET, whatever it came with
 * (RFC 9700 section 4.12), and without telling where it comes from (section 4.2.4).
 * @param uri without fragment.
 */
export function redirectTo(
  uri: string,
  members: Readonly<Record<string, string | undefined>>,
): HttpReply {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) query.set(name, value);
  }
  const joint = !uri.includes('?') ? '?' : /[?&]$/.test(uri) ? '' : '&';
  return {
    status: 303,
    headers: {
      Location: `${uri}${joint}${query.toString()}`,
      'Cache-Control': 'no-store',
      Pragma: 'no-cache',
      'Referrer-Policy': 'no-referrer',
    },
  };
}
