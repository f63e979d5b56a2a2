/**
 * Whether If-None-Match names the entity tag of what is there: weak comparison (RFC 9110 sections
 * 13.1.2 and 8.8.3.2) with every tag of the list; `*` is any.
 */
export function matchesIfNoneMatch(headers: Headers, etag: string): boolean {
  const ifNoneMatch = headers.get('if-none-match');
  if (ifNoneMatch === null) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(etag);
}
