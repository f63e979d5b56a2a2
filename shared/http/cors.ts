import type { HttpReply } from './call.ts';

/** Seconds that a browser may keep a preflight's answer; browsers cap it themselves. */
const PREFLIGHT_MAX_AGE = 3600;

/**
 * Answers a CORS preflight. It needs no client (none can be known: a preflight carries no
 * credentials) and so allows any origin to ask; whether the answer may be read is decided with the
 * actual request ({@link corsHeaders}).
 */
export function answerPreflight(
  headers: Headers,
  allowed: { readonly methods: readonly string[]; readonly headers: readonly string[] },
): HttpReply {
  const origin = headers.get('origin');
  return {
    status: 204,
    headers: {
      Allow: [...allowed.methods, 'OPTIONS'].join(', '),
      ...(origin === null
        ? {}
        : {
            'Access-Control-Allow-Origin': origin,
            'Access-Control-Allow-Methods': allowed.methods.join(', '),
            'Access-Control-Allow-Headers': allowed.headers.join(', '),
            'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE),
          }),
      Vary: 'Origin',
    },
  };
}

/**
 * Lets a browser page of an allowed origin read the answer. Another origin gets the answer all the
 * same, without the header: proxies add `Origin` to calls of no browser. Cookies and other
 * credentials of the browser are never allowed.
 */
export function corsHeaders(
  headers: Headers,
  allowedOrigins: readonly string[],
): Readonly<Record<string, string>> {
  const origin = headers.get('origin');
  if (origin === null || !allowedOrigins.includes(origin)) return { Vary: 'Origin' };
  return { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' };
}
