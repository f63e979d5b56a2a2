import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Cookie, HttpCall } from '../../http/call.ts';
import { cookieKind, readCookie } from '../../http/cookies.ts';
import type { Parameters } from '../../http/form.ts';
import type { RandomBytes } from '../../registry/secrets.ts';
import { PEOPLE_PATH } from './addresses.ts';

/**
 * Ties the sign-in form to the browser that it was given to, while there is no session: else another
 * site could sign a browser in as somebody else (login CSRF).
 */
export interface FormTokens {
  /** The token for a form, and the cookie that has to be set with it. */
  give(call: HttpCall): { readonly token: string; readonly cookie: Cookie };
  /** Whether the form came from the browser that has the cookie. */
  isGood(call: HttpCall, form: Parameters): boolean;
}

/** @param key 32 bytes: a cookie that a neighbour has planted comes without the token that goes with it. */
export function createFormTokens(deps: {
  readonly key: Buffer;
  readonly random: RandomBytes;
  readonly isHttps: boolean;
}): FormTokens {
  const kind = cookieKind('flowgate-form', {
    isHttps: deps.isHttps,
    path: PEOPLE_PATH,
    sameSite: 'Lax',
  });
  const valueOf = (call: HttpCall): string | undefined => {
    const value = readCookie(call.headers, kind.name);
    return value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined;
  };
  const tokenOf = (value: string): string =>
    createHmac('sha256', deps.key).update(value).digest('base64url');

  return {
    give(call) {
      // Kept while the browser has one, so that forms in several tabs are all good.
      const value = valueOf(call) ?? deps.random(32).toString('base64url');
      return { token: tokenOf(value), cookie: kind.set(value) };
    },
    isGood(call, form) {
      const value = valueOf(call);
      if (value === undefined) return false;
      const [expected, sent] = [Buffer.from(tokenOf(value)), Buffer.from(form.get('csrf') ?? '')];
      return expected.length === sent.length && timingSafeEqual(expected, sent);
    },
  };
}
