import type { HttpCall } from '../http/call.ts';
import { type Parameters, readParameters } from '../http/form.ts';

/** Bytes of the body of a request to the token or introspection endpoint. */
export const MAX_BODY = 64 * 1024;

/** RFC 8707 section 2, RFC 8693 section 2.1. */
export const REPEATABLE_PARAMETERS: ReadonlySet<string> = new Set(['resource', 'audience']);

/** RFC 6749 section 2.3.1 and RFC 9700 section 4.3.2: none of these in an address. */
export const SECRET_PARAMETERS: ReadonlySet<string> = new Set([
  'client_secret',
  'client_assertion',
  'assertion',
  'subject_token',
  'actor_token',
  'access_token',
  'refresh_token',
  'token',
  'code',
  'code_verifier',
  'password',
]);

/** The parameters of a token request, or of an authorization request that is pushed. */
export function readRequest(call: HttpCall): Promise<Parameters> {
  return readParameters(call, MAX_BODY, SECRET_PARAMETERS, REPEATABLE_PARAMETERS);
}
