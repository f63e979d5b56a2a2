import type { HttpCall } from '../http/call.ts';
import { Fault } from '../http/fault.ts';
import { FOREIGN_ALGORITHMS } from '../jwt/public-keys.ts';
import type { AccessTokenClaims } from '../jwt/types.ts';

/** Whoever has shown a good token for a subscription. */
export interface Caller {
  /** Role assignments are made to this name. */
  readonly user: string;
  /** For a user of a trusted issuer no registered client: the issuer's id, a colon, and its client. */
  readonly clientId: string;
  readonly subscription: string;
  readonly claims: AccessTokenClaims;
  /** Roles that the token's issuer gives by its rules, beside those that are assigned to the user. */
  readonly givenRoles?: ReadonlySet<string>;
}

/** Checks the bearer token of a call (RFC 6750) against what the registry says now. */
export interface BearerGate {
  /**
   * The caller, if the token is good, for this subscription and not revoked, and its client is still
   * there, enabled, of that subscription and not registered anew since (all as of at most 25 s ago; a
   * refusal for the client's sake rests on nothing older than `REFUSE_ON_MS`). Cookies are never looked
   * at.
   * @throws {BearerFault} 401
   */
  authenticate(call: HttpCall, subscription: string): Promise<Caller>;
  /**
   * Passes if the caller has at least one of the roles. Before refusing, assignments older than
   * `REFUSE_ON_MS` are read again, so that a role just given works at once.
   * @throws {BearerFault} 403 `missing_role`
   */
  requireRole(caller: Caller, oneOf: readonly string[]): Promise<void>;
  /** Whether {@link BearerGate.requireRole} would pass. */
  hasRole(caller: Caller, oneOf: readonly string[]): Promise<boolean>;
}

export type BearerReason =
  | 'missing_token'
  | 'invalid_token'
  | 'expired'
  | 'wrong_subscription'
  | 'revoked'
  | 'client_disabled'
  | 'missing_role'
  | 'access_policy'
  | 'csrf_required';

/** A refusal with its RFC 6750 challenge; `error` is the code of section 3.1. */
export class BearerFault extends Fault {
  readonly error: 'invalid_request' | 'invalid_token' | 'insufficient_scope' | 'invalid_dpop_proof';
  declare readonly reason: BearerReason;
  /** Whose token was refused; '' unless its signature was good. */
  readonly user: string;

  constructor(
    reason: BearerReason,
    detail: string,
    options: {
      readonly user?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
      /** The challenge of RFC 9449 section 7.1 in the place of that of RFC 6750. */
      readonly dpop?: 'invalid_token' | 'invalid_dpop_proof';
    } = {},
  ) {
    const error = options.dpop ?? errorOf(reason);
    super(error === 'insufficient_scope' ? 403 : 401, detail, {
      reason,
      headers: {
        'WWW-Authenticate': challenge(reason, error, detail, options.dpop !== undefined),
        ...options.headers,
      },
      cause: options.cause,
    });
    this.error = error;
    this.user = options.user ?? '';
  }

  override with(headers: Readonly<Record<string, string>>): BearerFault {
    const { error } = this;
    const isDpop = this.headers['WWW-Authenticate']?.startsWith('DPoP') === true;
    return new BearerFault(this.reason, this.message, {
      user: this.user,
      headers: { ...this.headers, ...headers },
      cause: this.cause,
      ...(isDpop && (error === 'invalid_token' || error === 'invalid_dpop_proof')
        ? { dpop: error }
        : {}),
    });
  }

  /** A client of any API finds the names that RFC 6750 section 3.1 has for its refusal. */
  override problemMembers(): Readonly<Record<string, unknown>> {
    return { error: this.error, error_description: this.message };
  }
}

function errorOf(reason: BearerReason): BearerFault['error'] {
  switch (reason) {
    case 'missing_role':
    case 'access_policy':
    case 'csrf_required':
      return 'insufficient_scope';
    default:
      return 'invalid_token';
  }
}

/** Characters of `error_description` in a header; the body has all of it. */
const LONGEST_DESCRIPTION = 500;

/** RFC 6750 section 3.1: a request without any token gets a challenge without an error code. */
function challenge(
  reason: BearerReason,
  error: BearerFault['error'],
  detail: string,
  dpop: boolean,
): string {
  if (reason === 'missing_token') return 'Bearer realm="flowgate"';
  const text = detail
    .slice(0, LONGEST_DESCRIPTION)
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/["\\]/g, "'");
  const told = `realm="flowgate", error="${error}", error_description="${text}"`;
  return dpop ? `DPoP ${told}, algs="${FOREIGN_ALGORITHMS.join(' ')}"` : `Bearer ${told}`;
}
