/** Headers that a request has of its own, or that would change whom it reaches or how it is read. */
const OWN =
  /^(?:accept|accept-encoding|authorization|connection|content-.*|cookie|expect|host|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade)$/i;

/** Whether a name is that of a header, and of one that may be added to a request (RFC 9110 section 5.1). */
export function isCustomHeader(name: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/.test(name) && !OWN.test(name);
}

/** Whether a value can be sent (RFC 9110 section 5.5). */
export function isHeaderValue(value: string): boolean {
  return /^[\x20-\x7e\xa0-\xff]*$/.test(value);
}
