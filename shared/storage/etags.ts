/**
 * The strong HTTP entity tag (RFC 9110 section 8.8.3) for a row's ETag. The service's own is a weak
 * one with quotes inside; base64url of it is safe in any header.
 */
export function toHttpEtag(storageEtag: string | undefined): string {
  if (storageEtag === undefined) throw new Error('The storage service sent no ETag.');
  return `"${Buffer.from(storageEtag, 'latin1').toString('base64url')}"`;
}

/** The row's ETag for an HTTP one; undefined if it cannot have come from {@link toHttpEtag}. */
export function toStorageEtag(httpEtag: string): string | undefined {
  const encoded = /^"([A-Za-z0-9_-]{1,200})"$/.exec(httpEtag)?.[1];
  if (encoded === undefined) return undefined;
  const etag = Buffer.from(encoded, 'base64url').toString('latin1');
  // Only what may stand in a header (RFC 9110 section 8.8.3), so that no caller can end it early.
  return /^(W\/)?"[\x21\x23-\x7e]*"$/.test(etag) ? etag : undefined;
}
