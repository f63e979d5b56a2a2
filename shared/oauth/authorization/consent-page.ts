import type { HttpReply } from '../../http/call.ts';
import type { Parameters } from '../../http/form.ts';
import { html } from '../pages/html.ts';
import { page } from '../pages/page.ts';
import { AUTHORIZE } from '../sign-in/addresses.ts';
import type { SignedIn } from '../sign-in/sign-in.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import { toQuery } from './request-parameters.ts';

/**
 * Asks a person whether the client may act for it. The form sends the request again, which is then
 * checked again: nothing of the page is trusted.
 * @param fields the request, as the browser has brought it.
 */
export function consentPage(
  { client, scopes, redirectUri }: AuthorizationRequest,
  { user, csrf }: SignedIn,
  fields: Parameters,
): HttpReply {
  const hidden = [...toQuery(fields), ['csrf', csrf] as const];
  const another = toQuery(new Map([...fields, [SWITCH_USER, '1']])).toString();
  return page({
    title: `Allow ${client.clientName}?`,
    formTargets: [redirectUri],
    body: html`<p>
        <strong>${client.clientName}</strong> wants to act for you in ${client.subscription}.
      </p>
      <dl>
        <dt>You are</dt>
        <dd>${user} · <a href="${AUTHORIZE}?${another}">Sign in as somebody else</a></dd>
        <dt>The application is</dt>
        <dd>${client.clientId}${client.description !== '' && html`: ${client.description}`}</dd>
        <dt>It goes on at</dt>
        <dd>${placeOf(redirectUri)}</dd>
      </dl>
      ${
        scopes.length === 0
          ? html`<p>It asks for no scopes: your roles decide what it can do.</p>`
          : html`<h2>It asks for</h2>
              <ul>
                ${scopes.map((scope) => html`<li>${scope}</li>`)}
              </ul>`
      }
      <form method="post" action="${AUTHORIZE}">
        ${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <button name="decision" value="allow">Allow</button>
        <button name="decision" value="deny" class="secondary">Do not allow</button>
      </form>`,
  });
}

/** The parameter of the link for somebody who is signed in as the wrong user. */
export const SWITCH_USER = 'switch_user';

/** What a person can recognize of an address; a private scheme (RFC 8252 section 7.1) has no host. */
function placeOf(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri);
  return host === '' ? protocol : host;
}
