import type { Handler, HttpCall, HttpReply } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import { type Parameters, readParameters } from '../../http/form.ts';
import type { AuditTrail } from '../../registry/audit/audit-trail.ts';
import type { User } from '../../registry/users/user.ts';
import type { UserStore } from '../../registry/users/user-store.ts';
import { byMethod, PAGE_BODY, SECRET_FIELDS } from '../pages/by-method.ts';
import type { FormError } from '../pages/fields.ts';
import { addressWith, readReturnTo, SIGN_IN } from './addresses.ts';
import { createUserAuthenticator, type UserAuthenticationDeps } from './authenticate-user.ts';
import { changeOwnPassword, type PasswordChangeDeps } from './change-own-password.ts';
import type { FormTokens } from './form-token.ts';
import type { OpenSession, Sessions } from './sessions.ts';
import { requireFormOf } from './sign-in.ts';
import { goOnPage, passwordPage, seeOther, type SignInForm, signInPage } from './sign-in-pages.ts';
import type { UpstreamSignIn } from './upstream-endpoint.ts';

export interface SignInDeps extends UserAuthenticationDeps, PasswordChangeDeps {
  readonly users: UserStore;
  readonly sessions: Sessions;
  readonly formTokens: FormTokens;
  readonly audit: Pick<AuditTrail, 'note'>;
  /** Undefined where no upstream provider is set. */
  readonly upstream: UpstreamSignIn | undefined;
}

/** What asks for the form although somebody has signed in (OpenID Connect Core section 3.1.2.1). */
const ASKS_AGAIN = ['login', 'select_account'];

/**
 * `/oauth2/api/v1/sign-in`: by password, as a form. `…/password` is where a first password is changed,
 * before the session counts as signed in; `…/upstream` and `…/callback` lead to the upstream provider
 * and back.
 */
export function createSignInEndpoint(deps: SignInDeps): Handler {
  const authenticate = createUserAuthenticator(deps);
  const { sessions, formTokens, upstream } = deps;

  const showForm = (
    call: HttpCall,
    form: Pick<SignInForm, 'returnTo' | 'user' | 'prompt'>,
    refusal: {
      readonly error?: FormError;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ): HttpReply => {
    const { token, cookie } = formTokens.give(call);
    return signInPage({
      ...form,
      ...refusal,
      csrf: token,
      upstream: upstream?.name,
      cookies: [cookie],
    });
  };

  const getForm: Handler = async (call) => {
    const query = await readParameters(call, 0, SECRET_FIELDS);
    const returnTo = readReturnTo(query.get('return_to'));
    const session = await sessions.find(call);
    if (session?.mustChangePassword === true) return toPasswordChange(returnTo);
    const prompt = readPrompt(query);
    if (session !== undefined && prompt === undefined) return seeOther(returnTo);
    const user = query.get('login_hint') ?? session?.user ?? '';
    return showForm(call, { returnTo, user, prompt });
  };

  const postForm: Handler = async (call) => {
    const form = await readParameters(call, PAGE_BODY, SECRET_FIELDS);
    const shown = {
      returnTo: readReturnTo(form.get('return_to')),
      user: (form.get('username') ?? '').trim(),
      prompt: readPrompt(form),
    };
    const password = form.get('password') ?? '';
    if (!formTokens.isGood(call, form)) {
      const text =
        'This form was not sent from the page that this browser has last loaded here. Sign in again; cookies have to be allowed.';
      return showForm(call, shown, { status: 403, error: { text, fields: [] } });
    }
    if (shown.user === '' || password === '') {
      const fields = ['username', 'password'];
      const error = { text: 'Fill in user name and password.', fields };
      return showForm(call, shown, { status: 400, error });
    }
    const judgement = await authenticate(call, shown.user, password);
    if (judgement.verdict === 'accepted') return begin(call, judgement.user, shown.returnTo);
    noteRefusal(call, judgement.user, judgement.slowed?.reason ?? judgement.verdict);
    if (judgement.slowed !== undefined) {
      const seconds = judgement.slowed.headers['Retry-After'] ?? '60';
      const text = `Too many sign-ins with this user name have failed. Wait ${seconds} seconds and try again.`;
      const { headers } = judgement.slowed;
      return showForm(call, shown, { status: 429, headers, error: { text, fields: ['password'] } });
    }
    const text =
      'User name and password do not belong to an account that may sign in. Check both and try again.';
    const error = { text, fields: ['username', 'password'] };
    return showForm(call, shown, { status: 400, error });
  };

  const begin = async (call: HttpCall, user: User, returnTo: string): Promise<HttpReply> => {
    const now = deps.clock.now();
    const cookie = await sessions.begin(call, user, now);
    await deps.users.noteSignIn(user.user, now);
    call.annotate({ user: user.user });
    note(call, 'user.sign_in', user.user);
    const { credential } = user;
    return credential.kind === 'password' && credential.mustChange
      ? toPasswordChange(returnTo, [cookie])
      : goOnPage('You are signed in', returnTo, [cookie]);
  };

  const toPasswordChange = (returnTo: string, cookies: HttpReply['cookies'] = []): HttpReply =>
    seeOther(addressWith(`${SIGN_IN}/password`, { return_to: returnTo }), cookies);

  /** The session of who has to change the password; where to go instead if there is none. */
  const firstPassword = async (
    call: HttpCall,
    sent: Parameters,
    show: (session: OpenSession, returnTo: string) => Promise<HttpReply> | HttpReply,
  ): Promise<HttpReply> => {
    const returnTo = readReturnTo(sent.get('return_to'));
    const session = await sessions.find(call);
    if (session === undefined) return seeOther(addressWith(SIGN_IN, { return_to: returnTo }));
    return session.mustChangePassword ? show(session, returnTo) : seeOther(returnTo);
  };

  const formOf = (session: OpenSession, returnTo: string) => ({
    action: `${SIGN_IN}/password`,
    csrf: session.csrf,
    user: session.user,
    returnTo,
  });

  const getPassword: Handler = async (call) =>
    firstPassword(call, await readParameters(call, 0, SECRET_FIELDS), (session, returnTo) =>
      passwordPage(formOf(session, returnTo), true),
    );

  const postPassword: Handler = async (call) => {
    const form = await readParameters(call, PAGE_BODY, SECRET_FIELDS);
    return firstPassword(call, form, async (session, returnTo) => {
      requireFormOf(session, form);
      const changed = await changeOwnPassword(session.account, form, deps);
      if ('text' in changed) {
        return passwordPage({ ...formOf(session, returnTo), status: 400, error: changed }, true);
      }
      note(call, 'user.password', session.user);
      const cookie = await sessions.begin(call, changed, session.authTime * 1000);
      return goOnPage('Your password is changed', returnTo, [cookie]);
    });
  };

  const note = (call: HttpCall, action: string, user: string): void =>
    deps.audit.note({ action, actor: user, object: { type: 'user', name: user }, call });

  const noteRefusal = (call: HttpCall, user: User | undefined, reason: string): void => {
    call.annotate({ reason });
    deps.audit.note({
      action: 'user.sign_in',
      actor: '',
      object: { type: 'user', name: user?.user ?? '' },
      call,
      outcome: 'failure',
      reason,
    });
  };

  return (call) => {
    switch (call.url.pathname.slice(SIGN_IN.length).replace(/\/$/, '')) {
      case '':
        return byMethod(call, { GET: getForm, POST: postForm });
      case '/password':
        return byMethod(call, { GET: getPassword, POST: postPassword });
      case '/upstream':
        if (upstream !== undefined) return byMethod(call, { GET: upstream.start });
        break;
      case '/callback':
        if (upstream !== undefined) return byMethod(call, { GET: upstream.callback });
    }
    throw new Fault(404, 'There is no such page.', { reason: 'not_found' });
  };
}

/** `login` for every wish to be asked again. */
function readPrompt(sent: Parameters): 'login' | undefined {
  const wishes = (sent.get('prompt') ?? '').split(' ');
  return wishes.some((one) => ASKS_AGAIN.includes(one)) ? 'login' : undefined;
}
