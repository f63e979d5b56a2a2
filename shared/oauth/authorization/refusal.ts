import type { Surface } from '../../http/endpoint.ts';
import { Fault } from '../../http/fault.ts';
import { describe, type OAuthError } from '../errors.ts';
import { pageSurface } from '../pages/page-surface.ts';
import type { RedirectTarget } from './authorization-request.ts';
import { redirectTo } from './redirect-uri.ts';

/** A refusal that the client hears of: the browser takes it there (RFC 6749 section 4.1.2.1). */
export class AuthorizationRefusal extends Fault {
  readonly #location: Parameters<typeof redirectTo>;

  /** @param issuer goes along as `iss` (RFC 9207), so that a client knows who has refused. */
  constructor(error: OAuthError, { redirectUri, state }: RedirectTarget, issuer: string) {
    super(303, error.message, { reason: error.reason, cause: error.cause });
    const members = { error: error.code, error_description: describe(error.message) };
    this.#location = [redirectUri, { ...members, state, iss: issuer }];
  }

  toReply(): ReturnType<typeof redirectTo> {
    return redirectTo(...this.#location);
  }
}

/**
 * Errors of the authorization endpoint: to the client where it is known that it is the client, else,
 * and where the fault is ours, a page for the person.
 */
export const authorizationSurface: Surface = {
  toReply: (fault, call) =>
    fault instanceof AuthorizationRefusal ? fault.toReply() : pageSurface.toReply(fault, call),
};
