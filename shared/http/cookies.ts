import type { Cookie } from './call.ts';

/**
 * The value of a cookie that was sent (RFC 6265 section 5.4). Where several of one name are, the one
 * with the longest path comes first. Nothing but a semicolon ends a pair: a neighbour domain may set a
 * cookie whose value holds a comma and what looks like one of ours.
 */
export function readCookie(headers: Headers, name: string): string | undefined {
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals !== -1 && pair.slice(0, equals).trim() === name)
      return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/**
 * A kind of cookies of ours. Over https its name begins with `__Host-`, so that no neighbour domain
 * and no plain connection can set it (RFC 6265bis section 4.1.3.2), for which its path has to be `/`.
 */
export interface CookieKind {
  readonly name: string;
  set(value: string): Cookie;
  /** Removes it. */
  clear(): Cookie;
}

/**
 * @param isHttps how people reach this server.
 * @param path where it is sent, over http.
 */
export function cookieKind(
  name: string,
  {
    isHttps,
    path,
    ...rest
  }: {
    readonly isHttps: boolean;
    readonly path: string;
    readonly sameSite: Cookie['sameSite'];
    /** Seconds; until the browser is closed without it. */
    readonly maxAge?: number;
  },
): CookieKind {
  const full = isHttps ? `__Host-${name}` : name;
  const rules = {
    name: full,
    path: isHttps ? '/' : path,
    secure: isHttps,
    httpOnly: true,
  } as const;
  return {
    name: full,
    set: (value) => ({ ...rules, ...rest, value }),
    clear: () => ({ ...rules, ...rest, value: '', maxAge: 0 }),
  };
}
