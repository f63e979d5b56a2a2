const CLIENT_ID = /^[A-Za-z0-9._~-]{1,100}$/;

/**
 * Whether `text` can be a client id: 1 to 100 of the characters that RFC 3986 section 2.3 never
 * encodes. `.` and `..` are dot segments (section 5.2.4), which no URL can address.
 */
export function isClientId(text: string): boolean {
  return CLIENT_ID.test(text) && text !== '.' && text !== '..';
}
