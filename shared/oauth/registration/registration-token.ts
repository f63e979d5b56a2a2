import type { HttpCall } from '../../http/call.ts';
import type { AuditNote } from '../../registry/audit/audit-entry.ts';
import { BearerFault } from '../gate.ts';
import type { Throttle } from '../throttle.ts';

/**
 * The bearer token of a registration call (RFC 6750 section 2.1): an initial access token, or a
 * registration access token.
 * @param what the token is, for a caller that has sent none.
 * @throws {BearerFault} 401
 */
export function readRegistrationToken(call: HttpCall, what: string): string {
  const authorization = call.headers.get('authorization') ?? '';
  const token = /^Bearer +([A-Za-z0-9._~+/-]{1,200}=*)$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw new BearerFault(
    'missing_token',
    `The request carries no ${what}. Send it in the header Authorization: Bearer.`,
  );
}

/**
 * Counts a refused token like a failed sign-in of its sender, and writes it into the trail.
 * @param clientId whose token was asked for; '' where no client is named.
 * @returns what to throw: the refusal, or the 429 in its place.
 */
export async function refuseToken(
  call: HttpCall,
  clientId: string,
  refusal: BearerFault,
  deps: { readonly throttle: Throttle; readonly note: (note: AuditNote) => void },
): Promise<Error> {
  deps.note({ outcome: 'failure', reason: refusal.reason });
  if (refusal.reason !== 'invalid_token') return refusal;
  return (await deps.throttle.countFailure(call, clientId)) ?? refusal;
}
