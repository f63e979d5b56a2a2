/** Cookies of one session, per origin and user (RFC 6265 section 5). */
export interface CookieJar {
  /** The header `Cookie` for a request; '' for none. */
  cookiesFor(url: URL, user: string): string;
  /** Takes the values of `Set-Cookie`. */
  take(url: URL, user: string, setCookies: readonly string[]): void;
}

interface Cookie {
  readonly pair: string;
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

const MAX_ORIGINS = 50;
const MAX_COOKIES = 50;
const MAX_COOKIE_CHARACTERS = 4096;
/** Common servers take no more in all headers. */
const MAX_HEADER_CHARACTERS = 8192;

/**
 * A cookie goes back to the origin that has set it, and to no other host whatever its `Domain` says;
 * not to the same origin for another user of it.
 */
export function makeCookieJar(now: () => number): CookieJar {
  const origins = new Map<string, Map<string, Cookie>>();
  const keyOf = (url: URL, user: string): string => `${url.origin}\n${user}`;
  return {
    cookiesFor(url, user) {
      const cookies = origins.get(keyOf(url, user));
      if (cookies === undefined) return '';
      const fitting = [...cookies.values()]
        .filter(({ path, expires }) => expires > now() && isWithin(url.pathname, path))
        .sort((a, b) => b.path.length - a.path.length);
      let header = '';
      for (const { pair } of fitting) {
        if (header.length + pair.length > MAX_HEADER_CHARACTERS) break;
        header += header === '' ? pair : `; ${pair}`;
      }
      return header;
    },
    take(url, user, setCookies) {
      const key = keyOf(url, user);
      const cookies = origins.get(key) ?? new Map<string, Cookie>();
      // What has expired takes no room from others.
      for (const [id, { expires }] of cookies) if (expires <= now()) cookies.delete(id);
      for (const text of setCookies) {
        const cookie = readCookie(text, url, now());
        if (cookie === undefined) continue;
        const id = `${cookie.path}\n${cookie.pair.slice(0, cookie.pair.indexOf('='))}`;
        cookies.delete(id);
        if (cookie.expires > now() && cookies.size < MAX_COOKIES) cookies.set(id, cookie);
      }
      if (origins.size < MAX_ORIGINS || origins.has(key)) origins.set(key, cookies);
    },
  };
}

function readCookie(text: string, url: URL, now: number): Cookie | undefined {
  if (text.length > MAX_COOKIE_CHARACTERS) return undefined;
  const [first = '', ...attributes] = text.split(';').map((part) => part.trim());
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+=[\x20-\x3a\x3c-\x7e]*$/.test(first)) return undefined;
  let expires = Infinity;
  let isAgeSaid = false;
  let path = defaultPath(url.pathname);
  for (const attribute of attributes) {
    const at = attribute.indexOf('=');
    const name = (at < 0 ? attribute : attribute.slice(0, at)).trim().toLowerCase();
    const value = at < 0 ? '' : attribute.slice(at + 1).trim();
    if (name === 'max-age' && /^-?\d{1,12}$/.test(value)) {
      expires = now + Number(value) * 1000;
      isAgeSaid = true;
    } else if (name === 'expires' && !isAgeSaid) {
      const at = Date.parse(value);
      if (!Number.isNaN(at)) expires = at;
    } else if (name === 'path' && value.startsWith('/')) path = value;
    else if (name === 'secure' && url.protocol !== 'https:') return undefined;
  }
  return { pair: first, path, expires };
}

/** RFC 6265 section 5.1.4. */
function defaultPath(pathname: string): string {
  return pathname.slice(0, Math.max(1, pathname.lastIndexOf('/')));
}

function isWithin(pathname: string, path: string): boolean {
  if (!pathname.startsWith(path)) return false;
  return path.endsWith('/') || pathname.length === path.length || pathname[path.length] === '/';
}
