import { hash } from 'node:crypto';
import type { HttpCall, HttpReply } from './call.ts';
import { matchesIfNoneMatch } from './conditional.ts';
import { Fault } from './fault.ts';

/**
 * Answers GET and HEAD for a JSON document that anybody may read, from any origin, and keep for
 * `maxAge` seconds; 304 for the one that the caller has (RFC 9110 section 13.1.2).
 * @throws {Fault} 405
 */
export async function answerPublicDocument(
  call: HttpCall,
  maxAge: number,
  read: () => unknown,
): Promise<HttpReply> {
  if (call.method !== 'GET' && call.method !== 'HEAD')
    throw Fault.methodNotAllowed(['GET', 'HEAD']);
  const body = JSON.stringify(await read());
  const etag = `"${hash('sha256', body, 'base64url')}"`;
  const headers = {
    'Content-Type': 'application/json',
    'Cache-Control': `public, max-age=${maxAge}`,
    ETag: etag,
    'Access-Control-Allow-Origin': '*',
  };
  if (matchesIfNoneMatch(call.headers, etag)) return { status: 304, headers };
  return call.method === 'HEAD' ? { status: 200, headers } : { status: 200, headers, body };
}
