import type { Handler, HttpCall, HttpReply } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import { type Parameters, readParameters } from '../../http/form.ts';
import type { AuditTrail } from '../../registry/audit/audit-trail.ts';
import type { UserStore } from '../../registry/users/user-store.ts';
import { byMethod, PAGE_BODY, SECRET_FIELDS } from '../pages/by-method.ts';
import type { FormError } from '../pages/fields.ts';
import type { AccountGrants } from './account-grants.ts';
import { accountPage } from './account-page.ts';
import { ACCOUNT, addressWith, SIGN_IN } from './addresses.ts';
import { createUserAuthenticator, type UserAuthenticationDeps } from './authenticate-user.ts';
import { changeOwnPassword, type PasswordChangeDeps } from './change-own-password.ts';
import type { OpenSession, Sessions } from './sessions.ts';
import { requireFormOf } from './sign-in.ts';
import { goOnPage, passwordPage, seeOther } from './sign-in-pages.ts';

export interface AccountDeps extends UserAuthenticationDeps, PasswordChangeDeps {
  readonly users: UserStore;
  readonly sessions: Sessions;
  readonly grants: AccountGrants;
  readonly audit: Pick<AuditTrail, 'note' | 'change'>;
}

/**
 * `/oauth2/api/v1/account`: what a user sees of its own account. `…/password` changes the password,
 * `…/grants` ends what a client was allowed.
 */
export function createAccountEndpoint(deps: AccountDeps): Handler {
  const authenticate = createUserAuthenticator(deps);

  /** Who is not signed in goes there first, and comes back to the account. */
  const signedIn = async (
    call: HttpCall,
    answer: (session: OpenSession) => Promise<HttpReply> | HttpReply,
  ): Promise<HttpReply> => {
    const session = await deps.sessions.find(call);
    if (session === undefined || session.mustChangePassword) {
      return seeOther(addressWith(SIGN_IN, { return_to: ACCOUNT }));
    }
    call.annotate({ user: session.user });
    return answer(session);
  };

  const sentForm = (
    call: HttpCall,
    answer: (session: OpenSession, form: Parameters) => Promise<HttpReply>,
  ): Promise<HttpReply> =>
    signedIn(call, async (session) => {
      const form = await readParameters(call, PAGE_BODY, SECRET_FIELDS);
      requireFormOf(session, form);
      return answer(session, form);
    });

  const getAccount: Handler = (call) =>
    signedIn(call, async (session) => {
      const ended = call.url.searchParams.get('ended') !== null;
      return accountPage(session, await deps.grants.list(session.user), ended);
    });

  const formOf = ({ csrf, user }: OpenSession) => ({ action: `${ACCOUNT}/password`, csrf, user });

  const getPassword: Handler = (call) =>
    signedIn(call, (session) => {
      requirePassword(session);
      return passwordPage(formOf(session), false);
    });

  const postPassword: Handler = (call) =>
    sentForm(call, async (session, form) => {
      requirePassword(session);
      const refuse = (error: FormError, more: { status?: number } = {}): HttpReply =>
        passwordPage({ ...formOf(session), status: 400, ...more, error }, false);
      const judgement = await authenticate(call, session.user, form.get('password') ?? '');
      if (judgement.verdict !== 'accepted') {
        const slowed = judgement.slowed;
        note(call, session.user, slowed?.reason ?? judgement.verdict);
        if (slowed !== undefined) throw slowed;
        return refuse({ text: 'The password now is another one.', fields: ['password'] });
      }
      const changed = await changeOwnPassword(session.account, form, deps);
      if ('text' in changed) return refuse(changed);
      note(call, session.user);
      const cookie = await deps.sessions.begin(call, changed, deps.clock.now());
      return goOnPage('Your password is changed', ACCOUNT, [cookie]);
    });

  const postGrants: Handler = (call) =>
    sentForm(call, async (session, form) => {
      const grantId = form.get('grant') ?? '';
      const event = {
        action: 'grant.end',
        actor: session.user,
        object: { type: 'grant', name: grantId },
        call,
      };
      await deps.audit.change(event, async () => {
        // Of another user's it tells no more than of one that was never there.
        if (await deps.grants.end(session.user, grantId)) return;
        throw new Fault(404, 'That access has ended already.', { reason: 'not_found' });
      });
      return seeOther(addressWith(ACCOUNT, { ended: '1' }));
    });

  const note = (call: HttpCall, user: string, reason?: string): void => {
    if (reason !== undefined) call.annotate({ reason });
    deps.audit.note({
      action: 'user.password',
      actor: user,
      object: { type: 'user', name: user },
      call,
      ...(reason === undefined ? {} : { outcome: 'failure' as const, reason }),
    });
  };

  return (call) => {
    switch (call.url.pathname.slice(ACCOUNT.length).replace(/\/$/, '')) {
      case '':
        return byMethod(call, { GET: getAccount });
      case '/password':
        return byMethod(call, { GET: getPassword, POST: postPassword });
      case '/grants':
        return byMethod(call, { GET: () => seeOther(ACCOUNT), POST: postGrants });
    }
    throw new Fault(404, 'There is no such page.', { reason: 'not_found' });
  };
}

function requirePassword({ account: { credential } }: OpenSession): void {
  if (credential.kind === 'password') return;
  throw new Fault(
    409,
    `You sign in at ${credential.issuer} and have no password here. Change it there.`,
    { reason: 'no_password' },
  );
}
