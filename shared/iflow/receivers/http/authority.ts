export interface Authority {
  readonly scheme: 'http' | 'https';
  /** Host and port, as they are written. */
  readonly authority: string;
  /** Whether something follows it: then it is whole. */
  readonly isComplete: boolean;
}

/** Scheme and authority (RFC 3986 section 3) of a text that begins a URL; undefined if it does not. */
export function authorityOf(text: string): Authority | undefined {
  const found = /^(https?):\/\/([^/?#\\]*)(.?)/is.exec(text);
  if (found === null) return undefined;
  const [, scheme = '', authority = '', next = ''] = found;
  return {
    scheme: scheme.toLowerCase() === 'https' ? 'https' : 'http',
    authority,
    isComplete: next !== '',
  };
}
