import type { HttpReply } from './call.ts';

/**
 * Seconds that a browser may keep a preflight's answer. What the server knows of origins is up to 25 s
 * old: with this, an origin that is taken away is allowed for 30 s at most.
 */
const PREFLIGHT_MAX_AGE = 5;

/** Response headers that a page may read beside those that every page may. */
const EXPOSED = ['WWW-Authenticate', 'DPoP-Nonce', 'Retry-After', 'x-invocation-id'];

/** Which origins a client of ours lists, whichever client that is. */
export interface AllowedOrigins {
  isAllowed(origin: string): Promise<boolean>;
}

/**
 * Answers a CORS preflight: an origin that is allowed may send the request; whether it may read the
 * answer is decided with that ({@link corsHeaders}). Another one is told nothing, and its browser
 * does not send the request. No client can be known: a preflight carries no credentials.
 */
export async function answerPreflight(
  headers: Headers,
  allowed: { readonly methods: readonly string[]; readonly headers: readonly string[] },
  origins: AllowedOrigins,
): Promise<HttpReply> {
  const origin = headers.get('origin');
  return {
    status: 204,
    headers: {
      Allow: [...allowed.methods, 'OPTIONS'].join(', '),
      ...(origin === null || !(await origins.isAllowed(origin))
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
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': EXPOSED.join(', '),
    Vary: 'Origin',
  };
}
