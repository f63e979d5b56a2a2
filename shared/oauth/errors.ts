import { json } from '../http/call.ts';
import type { Surface } from '../http/endpoint.ts';
import { Fault, type FaultOptions } from '../http/fault.ts';
import { BearerFault } from './gate.ts';

/** RFC 6749 section 5.2. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  /** RFC 8707 section 2. */
  | 'invalid_target'
  /** RFC 9449 sections 5 and 8. */
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  /** RFC 6749 section 4.1.2.1. */
  | 'access_denied'
  | 'unsupported_response_type'
  /** OpenID Connect Core section 3.1.2.6. */
  | 'login_required'
  | 'consent_required'
  /** RFC 9101 section 7, RFC 9126 section 2.3. */
  | 'invalid_request_uri'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  /** RFC 7009 section 2.2.1. */
  | 'unsupported_token_type'
  /** RFC 7591 section 3.2.2. */
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata';

/** RFC 6749 section 5.1: neither tokens nor errors about them are kept anywhere on the way. */
export const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' } as const;

const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="flowgate", charset="UTF-8"' } as const;

/** A refusal of the token endpoint, one named factory per code. */
export class OAuthError extends Fault {
  readonly code: OAuthErrorCode;

  constructor(code: OAuthErrorCode, description: string, options: FaultOptions) {
    super(code === 'invalid_client' ? 401 : 400, description, options);
    this.code = code;
  }

  /** A parameter is missing, repeated, contradicting or malformed. */
  static invalidRequest(reason: string, description: string): OAuthError {
    return new OAuthError('invalid_request', description, { reason });
  }

  /**
   * The client did not prove who it is. One text, so that it does not tell an unknown client from a
   * wrong secret; `reason` is for the log.
   * @param advice what to check, by what was presented.
   * @param challenge with `WWW-Authenticate`: when the Authorization header was used. A client that
   *   put its secret into the body would take the challenge for a demand to use the header.
   */
  static invalidClient(reason: string, advice: string, challenge: boolean): OAuthError {
    return new OAuthError('invalid_client', `Client authentication failed. ${advice}`, {
      reason,
      headers: challenge ? CHALLENGE : {},
    });
  }

  /**
   * The request holds no credentials that could be looked at, and the text says what to send.
   * @param challenge as for {@link OAuthError.invalidClient}.
   */
  static unreadableClient(reason: string, description: string, challenge = true): OAuthError {
    return new OAuthError('invalid_client', description, {
      reason,
      headers: challenge ? CHALLENGE : {},
    });
  }

  /** The client is known but not registered for this grant. */
  static unauthorizedClient(grantType: string): OAuthError {
    return new OAuthError(
      'unauthorized_client',
      `The client is not registered for grant_type ${grantType}. Add it to the grant_types of the client.`,
      { reason: 'grant_not_registered' },
    );
  }

  /** RFC 6749 section 4.4: not for a client that cannot prove who it is. */
  static unprovenClient(grantType: string): OAuthError {
    return new OAuthError(
      'unauthorized_client',
      `The client is registered with token_endpoint_auth_method none, so it cannot use grant_type ${grantType}: that takes a client that authenticates.`,
      { reason: 'grant_needs_authentication' },
    );
  }

  /** Nobody may use this grant here. */
  static unsupportedGrantType(supported: readonly string[], refused?: string): OAuthError {
    const what =
      refused === undefined
        ? 'This server has no such grant_type.'
        : `The grant_type ${refused} is not safe and not offered (RFC 9700 section 2).`;
    return new OAuthError('unsupported_grant_type', `${what} It has ${supported.join(', ')}.`, {
      reason: 'unsupported_grant_type',
    });
  }

  /** An authorization code, refresh token or assertion that is not good, or not this client's. */
  static invalidGrant(reason: string, description: string): OAuthError {
    return new OAuthError('invalid_grant', description, { reason });
  }

  /** RFC 8707 section 2: a resource that tokens of this client are not for. */
  static invalidTarget(reason: string, description: string): OAuthError {
    return new OAuthError('invalid_target', description, { reason });
  }

  /** RFC 9449 section 5: the proof of a token request is not good, or missing. */
  static invalidDpopProof(description: string, check: string): OAuthError {
    return new OAuthError('invalid_dpop_proof', description, { reason: `dpop_proof_${check}` });
  }

  static invalidScope(reason: string, description: string): OAuthError {
    return new OAuthError('invalid_scope', description, { reason });
  }

  override with(headers: Readonly<Record<string, string>>): OAuthError {
    return new OAuthError(this.code, this.message, {
      reason: this.reason,
      headers: { ...this.headers, ...headers },
      cause: this.cause,
    });
  }
}

/** The code for a fault that has none of its own; the last two are those of section 4.1.2.1. */
export function codeOfStatus(
  status: number,
): 'invalid_request' | 'server_error' | 'temporarily_unavailable' {
  if (status === 429 || status === 503) return 'temporarily_unavailable';
  return status >= 500 ? 'server_error' : 'invalid_request';
}

/** Some addresses of this API take a bearer token in the place of client credentials. */
function codeOf(fault: Fault): string {
  if (fault instanceof OAuthError) return fault.code;
  return fault instanceof BearerFault ? fault.error : codeOfStatus(fault.status);
}

/** Errors as JSON by RFC 6749 section 5.2. */
export const oauthSurface: Surface = {
  toReply(fault) {
    const error = codeOf(fault);
    return json(fault.status, { error, error_description: describe(fault.message) }, NO_STORE);
  },
};

/** Section 5.2 allows printable ASCII without the quotation mark and the backslash. */
export function describe(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?');
}
