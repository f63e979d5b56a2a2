import type { Handler } from '../../http/call.ts';
import { readParameters } from '../../http/form.ts';
import type { AuditTrail } from '../../registry/audit/audit-trail.ts';
import { byMethod, PAGE_BODY, SECRET_FIELDS } from '../pages/by-method.ts';
import { hidden } from '../pages/fields.ts';
import { html } from '../pages/html.ts';
import { page } from '../pages/page.ts';
import { SIGN_IN, SIGN_OUT } from './addresses.ts';
import type { Sessions } from './sessions.ts';
import { requireFormOf } from './sign-in.ts';
import { messagePage } from './sign-in-pages.ts';

/** `/oauth2/api/v1/sign-out`: a button by GET, and what it does by POST. */
export function createSignOutEndpoint(deps: {
  readonly sessions: Sessions;
  readonly audit: Pick<AuditTrail, 'note'>;
}): Handler {
  const { sessions, audit } = deps;
  const signedOut = messagePage('Signed out', 'You are signed out of Flowgate in this browser.', {
    note: html`<p><a href="${SIGN_IN}">Sign in</a></p>`,
  });

  return (call) =>
    byMethod(call, {
      GET: async () => {
        const session = await sessions.find(call);
        if (session === undefined) return signedOut;
        return page({
          title: 'Sign out',
          body: html`<p>You are signed in as ${session.user}.</p>
            ${signOutForm(session.csrf)}`,
        });
      },
      POST: async () => {
        const form = await readParameters(call, PAGE_BODY, SECRET_FIELDS);
        const session = await sessions.find(call);
        if (session !== undefined) {
          requireFormOf(session, form);
          const { user } = session;
          audit.note({
            action: 'user.sign_out',
            actor: user,
            object: { type: 'user', name: user },
            call,
          });
        }
        return { ...signedOut, cookies: [await sessions.end(call)] };
      },
    });
}

export const signOutForm = (csrf: string) =>
  html`<form method="post" action="${SIGN_OUT}">
    ${hidden('csrf', csrf)}<button class="secondary">Sign out</button>
  </form>`;
