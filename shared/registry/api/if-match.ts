import type { HttpCall } from '../../http/call.ts';
import { matchesIfNoneMatch } from '../../http/conditional.ts';
import { Problem } from '../../http/problem.ts';
import type { IfMatch } from '../change-client.ts';

/**
 * Reads If-Match (RFC 9110 section 13.1.1); undefined if it was not sent. A weak entity tag never
 * matches (section 8.8.3.2).
 * @throws {Problem} 400 for what is neither `*` nor entity tags.
 */
export function readIfMatch(call: HttpCall): IfMatch | undefined {
  const header = call.headers.get('if-match')?.trim();
  if (header === undefined) return undefined;
  if (header === '*') return 'any';
  const tags = header.split(',').map((tag) => tag.trim());
  if (tags.every((tag) => /^(W\/)?"[\x21\x23-\x7e]*"$/.test(tag))) return tags;
  throw new Problem(
    400,
    'invalid_if_match',
    'If-Match is the ETag as it was received, with its quotation marks, or *.',
  );
}

/**
 * What a change has to carry. Also heeds If-None-Match, after If-Match (RFC 9110 section 13.2.2).
 * @param read throws 404 before 428: what is not there needs no ETag.
 * @throws {Problem} 428, 412, and what `read` throws.
 */
export async function requireIfMatch(
  call: HttpCall,
  read: () => Promise<{ readonly etag: string }>,
): Promise<IfMatch> {
  const ifMatch = readIfMatch(call);
  if (ifMatch !== undefined && !call.headers.has('if-none-match')) return ifMatch;
  const { etag } = await read();
  if (ifMatch === undefined) throw Problem.preconditionRequired();
  if (matchesIfNoneMatch(call.headers, etag)) throw Problem.preconditionFailed();
  return ifMatch;
}
