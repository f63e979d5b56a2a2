import { timingSafeEqual } from 'node:crypto';
import type { HttpCall, HttpReply } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import type { Parameters } from '../../http/form.ts';

/** A person who has signed in, as the session of a call says. */
export interface SignedIn {
  /** Roles are assigned to this name; never begins with `oauth_client_`. */
  readonly user: string;
  /** When the person has shown who it is, in seconds since the epoch (`auth_time`); 0 if nobody knows. */
  readonly authTime: number;
  /** Goes into every form as the field `csrf`; see {@link requireFormOf}. */
  readonly csrf: string;
}

export interface SignIn {
  /** Who has signed in with this browser; undefined for nobody, also while a first password is to be changed. */
  whoIs(call: HttpCall): Promise<SignedIn | undefined>;
  /**
   * Sends the browser to sign in, and from there back.
   * @param returnTo path and query of an address of ours under `/oauth2/api/v1/` that takes GET.
   * @param wish `prompt` as in OpenID Connect Core section 3.1.2.1: with `login` also who has signed in
   *   is asked again.
   */
  ask(
    call: HttpCall,
    returnTo: string,
    wish: { readonly prompt?: string | undefined; readonly loginHint?: string | undefined },
  ): HttpReply;
}

/**
 * Lets a form in that came with a page of this session, and no other: another site can send a form
 * but cannot read its token.
 * @throws {Fault} 403
 */
export function requireFormOf({ csrf }: Pick<SignedIn, 'csrf'>, form: Parameters): void {
  const [expected, sent] = [Buffer.from(csrf), Buffer.from(form.get('csrf') ?? '')];
  if (expected.length === sent.length && timingSafeEqual(expected, sent)) return;
  throw new Fault(
    403,
    'This form belongs to a session that has ended. Go back, load the page again, and send it from there.',
    { reason: 'csrf' },
  );
}
