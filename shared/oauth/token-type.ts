import type { Confirmation } from '../jwt/types.ts';

/**
 * How an access token is sent (RFC 6749 section 7.1): with a proof where it is bound to a DPoP key
 * (RFC 9449 section 5); one that is bound to a certificate like any other bearer token.
 */
export function typeOf(confirmation: Confirmation | undefined): 'Bearer' | 'DPoP' {
  return confirmation !== undefined && 'jkt' in confirmation ? 'DPoP' : 'Bearer';
}
