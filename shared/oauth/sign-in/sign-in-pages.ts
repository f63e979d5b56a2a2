import type { Cookie, HttpReply } from '../../http/call.ts';
import { errorSummary, field, type FormError, hidden } from '../pages/fields.ts';
import { type Html, html } from '../pages/html.ts';
import { page } from '../pages/page.ts';
import { addressWith, SIGN_IN } from './addresses.ts';

/** Characters of a user name, and code units of the longest password. */
const LONGEST_USER = 200;
const LONGEST_PASSWORD = 512;

export interface SignInForm {
  readonly csrf: string;
  readonly returnTo: string;
  /** What has been typed, or is suggested. */
  readonly user: string;
  /** `login` where who has signed in is to show it again. */
  readonly prompt: string | undefined;
  /** Of the upstream provider; undefined without one. */
  readonly upstream: string | undefined;
  readonly error?: FormError;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies: readonly Cookie[];
}

export function signInPage(form: SignInForm): HttpReply {
  const { error, upstream, returnTo, user, prompt } = form;
  const inputs = [
    field(
      {
        name: 'username',
        label: 'User name',
        type: 'text',
        autocomplete: 'username',
        maxLength: LONGEST_USER,
        value: user,
        first: user === '',
      },
      error,
    ),
    field(
      {
        name: 'password',
        label: 'Password',
        type: 'password',
        autocomplete: 'current-password',
        maxLength: LONGEST_PASSWORD,
        first: user !== '',
      },
      error,
    ),
  ];
  const other =
    upstream !== undefined &&
    html`<hr />
      <a
        class="button secondary"
        href="${addressWith(`${SIGN_IN}/upstream`, { return_to: returnTo, login_hint: user || undefined, prompt })}"
        >Sign in with ${upstream}</a
      >`;
  return page({
    ...pick(form),
    title: 'Sign in',
    isRefused: error !== undefined,
    body: html`${errorSummary(error)}
      <form method="post" action="${SIGN_IN}">
        ${hidden('csrf', form.csrf)} ${hidden('return_to', returnTo)}
        ${prompt !== undefined && hidden('prompt', prompt)} ${inputs}
        <button>Sign in</button>
      </form>
      ${other}`,
  });
}

export interface PasswordForm {
  readonly csrf: string;
  readonly action: string;
  readonly user: string;
  /** Where to go afterwards; only for the first password. */
  readonly returnTo?: string;
  readonly error?: FormError;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @param isForced somebody else knows the password: it was just shown, so it is not asked for again. */
export function passwordPage(form: PasswordForm, isForced: boolean): HttpReply {
  const { error, returnTo } = form;
  const current = field(
    {
      name: 'password',
      label: 'Password now',
      type: 'password',
      autocomplete: 'current-password',
      maxLength: LONGEST_PASSWORD,
      first: true,
    },
    error,
  );
  const chosen = [
    field(
      {
        name: 'new_password',
        label: 'New password',
        type: 'password',
        autocomplete: 'new-password',
        maxLength: LONGEST_PASSWORD,
        hint: '12 to 256 characters, without your user name. A few words that nobody would guess are good.',
        first: isForced,
      },
      error,
    ),
    field(
      {
        name: 'new_password_again',
        label: 'New password again',
        type: 'password',
        autocomplete: 'new-password',
        maxLength: LONGEST_PASSWORD,
      },
      error,
    ),
  ];
  return page({
    ...pick(form),
    title: isForced ? 'Choose your password' : 'Change your password',
    isRefused: error !== undefined,
    body: html`${errorSummary(error)}
      ${isForced && html`<p>The password you have signed in with was set by an administrator. Choose one that only you know.</p>`}
      <form method="post" action="${form.action}">
        ${hidden('csrf', form.csrf)} ${returnTo !== undefined && hidden('return_to', returnTo)}
        <input type="text" name="username" value="${form.user}" autocomplete="username" hidden />
        ${!isForced && current} ${chosen}
        <button>Change the password</button>
      </form>`,
  });
}

/**
 * The browser goes on by itself. It is no redirect, which Chromium would count to the form that was
 * sent: where it leads, to a client's redirect URI maybe, the page of the form need not know.
 */
export function goOnPage(title: string, goOnTo: string, cookies: readonly Cookie[]): HttpReply {
  return page({
    title,
    goOnTo,
    cookies,
    body: html`<p><a href="${goOnTo}">Go on</a></p>`,
  });
}

/** @param note what follows the text. */
export function messagePage(
  title: string,
  text: string,
  { cookies = [], note = html`` }: { cookies?: readonly Cookie[]; note?: Html } = {},
): HttpReply {
  return page({
    title,
    cookies,
    body: html`<p role="status">${text}</p>
      ${note}`,
  });
}

/** To another address of ours, or a provider's, by GET. */
export function seeOther(location: string, cookies: readonly Cookie[] = []): HttpReply {
  return { status: 303, headers: { Location: location, 'Cache-Control': 'no-store' }, cookies };
}

function pick({
  status,
  headers,
  cookies,
}: {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: readonly Cookie[];
}) {
  return {
    ...(status === undefined ? {} : { status }),
    ...(headers === undefined ? {} : { headers }),
    ...(cookies === undefined ? {} : { cookies }),
  };
}
