/**
 * Whether `htu` names the address that a request came to (RFC 9449 section 4.3 number 9): compared
 * without query and fragment, after the normalisation of RFC 3986 sections 6.2.2 and 6.2.3.
 *
 * The address of a request is never read off the request: its host is what the caller wrote, and its
 * scheme is lost behind the front end. It is one of our public bases with the path of the request.
 * @param bases public addresses of this server, without trailing slash.
 * @param pathname of the request's URL.
 */
export function isTarget(htu: string, bases: readonly string[], pathname: string): boolean {
  if (htu.length > LONGEST_URI || !/^https?:\/\//i.test(htu) || !URL.canParse(htu)) return false;
  const sent = new URL(htu);
  if (sent.username !== '' || sent.password !== '') return false;
  const target = normalise(sent);
  return bases.some((base) => normalise(new URL(base + pathname)) === target);
}

/** Characters. */
const LONGEST_URI = 4096;

/** URL has done all but this to it: what need not be escaped is not, and escapes are upper case. */
function normalise({ origin, pathname }: URL): string {
  const path = pathname.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
  });
  return origin + path;
}
