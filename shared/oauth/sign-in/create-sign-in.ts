import { addressWith, SIGN_IN } from './addresses.ts';
import type { Sessions } from './sessions.ts';
import type { SignIn } from './sign-in.ts';
import { seeOther } from './sign-in-pages.ts';

/** What the authorization endpoint needs of signing in. */
export function createSignIn(sessions: Pick<Sessions, 'find'>): SignIn {
  return {
    async whoIs(call) {
      const session = await sessions.find(call);
      if (session === undefined || session.mustChangePassword) return undefined;
      const { user, authTime, csrf } = session;
      return { user, authTime, csrf };
    },
    ask: (_call, returnTo, { prompt, loginHint }) =>
      seeOther(addressWith(SIGN_IN, { return_to: returnTo, prompt, login_hint: loginHint })),
  };
}
