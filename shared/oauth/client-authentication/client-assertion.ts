import type { Parameters } from '../../http/form.ts';
import { type ForeignClaims, FOREIGN_LEEWAY } from '../../jwt/foreign-token.ts';
import { OAuthError } from '../errors.ts';

/** RFC 7523 section 2.2. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Endpoints whose addresses older clients send as `aud`, in the place of the issuer (RFC 7523
 * section 3 number 3).
 */
const ENDPOINTS = ['token', 'introspect', 'revoke', 'par'];

/**
 * What stands for this server in `aud`: the issuer first, which draft-ietf-oauth-rfc7523bis and
 * FAPI 2.0 want.
 * @param bases public addresses of this server, without trailing slash; the first is the issuer.
 */
export function audiencesOf(bases: readonly string[]): readonly string[] {
  const below = (base: string): string[] => [
    ...ENDPOINTS.map((name) => `${base}/oauth2/api/v1/${name}`),
    `${base}/oauth/token`,
  ];
  return [...bases.slice(0, 1), ...bases.flatMap(below)];
}

/** Seconds that an assertion may be good for: its `jti` is kept for that long. */
export const LONGEST_LIFE = 3600;
const LONGEST_JTI = 256;

/** The claims of an assertion that could be good; its signature has not been looked at. */
export interface AssertionClaims {
  readonly clientId: string;
  readonly jti: string;
  /** Epoch seconds. */
  readonly exp: number;
}

/** @returns the assertion that the request carries; undefined without one. */
export function assertionIn(parameters: Parameters): string | undefined {
  const assertion = parameters.get('client_assertion');
  const type = parameters.get('client_assertion_type');
  if (assertion === undefined && type === undefined) return undefined;
  if (type !== ASSERTION_TYPE) {
    throw unreadable('assertion_type', `client_assertion_type has to be ${ASSERTION_TYPE}.`);
  }
  if (assertion === undefined) {
    throw unreadable('assertion_missing', 'client_assertion_type came without client_assertion.');
  }
  return assertion;
}

/**
 * What is wrong with an assertion whoever has signed it (RFC 7523 section 3). It is told in full:
 * none of it depends on what is registered.
 * @param audiences that stand for this server.
 * @param now epoch seconds.
 * @throws {OAuthError}
 */
export function readAssertionClaims(
  { iss, sub, aud, exp, nbf, iat, jti }: ForeignClaims,
  audiences: readonly string[],
  now: number,
): AssertionClaims {
  if (typeof sub !== 'string' || sub === '' || iss !== sub) {
    throw unreadable(
      'assertion_client',
      'iss and sub of the client_assertion both have to be the client_id.',
    );
  }
  // One that is also for another server is one that the other could use here.
  const named: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (named.length === 0 || !named.every((one) => audiences.some((ours) => ours === one))) {
    throw unreadable(
      'assertion_audience',
      `aud of the client_assertion has to be ${audiences[0] ?? ''}, this server's issuer, and nothing else.`,
    );
  }
  if (!isTime(exp)) {
    throw unreadable('assertion_exp', 'The client_assertion has no exp that is a number.');
  }
  if (now >= exp + FOREIGN_LEEWAY) {
    throw unreadable(
      'assertion_expired',
      `The client_assertion has expired: its exp is ${exp}, and the server's time is ${now}. Make a new one for each request.`,
    );
  }
  if (exp > now + LONGEST_LIFE + FOREIGN_LEEWAY) {
    throw unreadable(
      'assertion_exp',
      `The exp of the client_assertion is more than ${LONGEST_LIFE} s ahead. A minute is enough.`,
    );
  }
  for (const [name, time] of [
    ['nbf', nbf],
    ['iat', iat],
  ] as const) {
    if (time === undefined || (isTime(time) && time <= now + FOREIGN_LEEWAY)) continue;
    throw unreadable(
      `assertion_${name}`,
      `The ${name} of the client_assertion is no number, or ahead of the server's time, ${now}.`,
    );
  }
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI) {
    throw unreadable(
      'assertion_jti',
      `The client_assertion has no jti of 1 to ${LONGEST_JTI} characters. Make one up for each.`,
    );
  }
  return { clientId: sub, jti, exp };
}

/** Without the challenge, which would ask for another way to authenticate. */
export const unreadable = (reason: string, text: string): OAuthError =>
  OAuthError.unreadableClient(reason, text, false);

/** RFC 7519 section 2: a NumericDate may have a fraction. */
const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);
