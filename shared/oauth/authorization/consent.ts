import { consentedAs, type Consents } from '../consents.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

/** Whether the person has to be asked before the client gets a code. */
export async function isConsentNeeded(
  request: AuthorizationRequest,
  user: string,
  consents: Pick<Consents, 'find'>,
): Promise<boolean> {
  const { client, scopes, prompt } = request;
  if (prompt.has('consent')) return true;
  if (client.skipConsent) return false;
  if (!isConsentKept(request)) return true;
  const allowed = await consents.find(user, consentedAs(client));
  return allowed === undefined || !scopes.every((scope) => allowed.has(scope));
}

/**
 * Whether the person's answer counts for the next time as well. Not where any app on the person's
 * machine could pass for this one: a client that proves nothing, at an address that proves nothing
 * (RFC 8252 section 8.6).
 */
export function isConsentKept({ client, redirectUri }: AuthorizationRequest): boolean {
  return client.tokenEndpointAuthMethod !== 'none' || redirectUri.startsWith('https:');
}
