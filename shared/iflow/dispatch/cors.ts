import type { HttpCall, HttpReply } from '../../http/call.ts';
import type { CorsSettings } from '../flow.ts';

/** Response headers that a page may read beside those that the flow names. */
const EXPOSED = [
  'SAP_MessageProcessingLogID',
  'x-correlationid',
  'x-invocation-id',
  'Retry-After',
  'WWW-Authenticate',
  'X-CSRF-Token',
];

/** A preflight of a browser: whoever sends it has no credentials to show. */
export function isPreflight(call: HttpCall): boolean {
  return (
    call.method === 'OPTIONS' &&
    call.headers.has('origin') &&
    call.headers.has('access-control-request-method')
  );
}

/**
 * Answers a preflight for an address whose flow allows the origin; another one is told no more than
 * about an address that nothing is deployed at.
 */
export function answerPreflight(
  call: HttpCall,
  cors: CorsSettings | undefined,
  allow: string,
): HttpReply {
  const headers = { Allow: allow, Vary: 'Origin' };
  const origin = allowedOrigin(call, cors);
  if (cors === undefined || origin === undefined) return { status: 204, headers };
  const asked = call.headers.get('access-control-request-headers') ?? '';
  const named = cors.headers.length > 0 ? cors.headers.join(', ') : headerNames(asked);
  return {
    status: 204,
    headers: {
      ...headers,
      ...originHeaders(origin, cors),
      'Access-Control-Allow-Methods': cors.methods.join(', '),
      ...(named === '' ? {} : { 'Access-Control-Allow-Headers': named }),
      'Access-Control-Max-Age': String(cors.maxAge),
    },
  };
}

/**
 * Lets a page of an allowed origin read the answer. Another origin gets the answer all the same,
 * without the header: proxies add `Origin` to calls of no browser.
 */
export function corsHeaders(
  call: HttpCall,
  cors: CorsSettings | undefined,
): Readonly<Record<string, string>> {
  if (cors === undefined) return {};
  const origin = allowedOrigin(call, cors);
  if (origin === undefined) return { Vary: 'Origin' };
  return {
    ...originHeaders(origin, cors),
    'Access-Control-Expose-Headers': [...EXPOSED, ...cors.exposedHeaders].join(', '),
    Vary: 'Origin',
  };
}

/**
 * A flow's answer, for browsers' pages as its settings have it: they alone decide, and not what a
 * receiver says of pages in an answer that the flow hands on.
 */
export function withCors(
  reply: HttpReply,
  call: HttpCall,
  cors: CorsSettings | undefined,
): HttpReply {
  if (cors === undefined) return reply;
  const kept: Record<string, string> = {};
  const varying: string[] = [];
  for (const [name, value] of Object.entries(reply.headers ?? {})) {
    const lower = name.toLowerCase();
    if (lower === 'vary') varying.push(value);
    else if (!lower.startsWith('access-control-')) kept[name] = value;
  }
  const added = corsHeaders(call, cors);
  const Vary = [...varying, added['Vary']].join(', ');
  return { ...reply, headers: { ...kept, ...added, Vary } };
}

function allowedOrigin(call: HttpCall, cors: CorsSettings | undefined): string | undefined {
  const origin = call.headers.get('origin');
  if (origin === null || cors === undefined) return undefined;
  if (cors.origins.includes(origin)) return origin;
  return cors.origins.includes('*') ? '*' : undefined;
}

function originHeaders(
  origin: string,
  { allowCredentials }: CorsSettings,
): Readonly<Record<string, string>> {
  return {
    'Access-Control-Allow-Origin': origin,
    ...(allowCredentials ? { 'Access-Control-Allow-Credentials': 'true' } : {}),
  };
}

/** What a browser asks for goes into a response header: names only. */
function headerNames(asked: string): string {
  const names = asked.split(',', 101).map((name) => name.trim());
  return names.length <= 100 &&
    names.every((name) => /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/.test(name))
    ? names.join(', ')
    : '';
}
