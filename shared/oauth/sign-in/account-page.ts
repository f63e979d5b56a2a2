import type { HttpReply } from '../../http/call.ts';
import { hidden } from '../pages/fields.ts';
import { type Html, html } from '../pages/html.ts';
import { page } from '../pages/page.ts';
import type { AccountGrant } from './account-grants.ts';
import { ACCOUNT } from './addresses.ts';
import { type OpenSession, UNKNOWN_TIME } from './sessions.ts';
import { signOutForm } from './sign-out-endpoint.ts';

/** @param ended an access was ended just now. */
export function accountPage(
  session: OpenSession,
  grants: readonly AccountGrant[],
  ended: boolean,
): HttpReply {
  const { account, csrf } = session;
  const { credential } = account;
  return page({
    title: 'Your account',
    body: html`${ended && html`<p role="status">The access has ended.</p>`}
      <dl>
        <dt>User name</dt>
        <dd>${account.user}</dd>
        ${account.displayName !== account.user && entry('Name', account.displayName)}
        ${account.email !== undefined && entry('E-mail', account.email)}
        ${session.authTime !== UNKNOWN_TIME && entry('Signed in', time(session.authTime * 1000))}
        ${credential.kind === 'upstream' && entry('Account of', credential.issuer)}
      </dl>
      ${
        credential.kind === 'password' &&
        html`<p><a href="${ACCOUNT}/password">Change your password</a></p>`
      }
      <h2>Applications with access</h2>
      ${
        grants.length === 0
          ? html`<p>No application acts for you.</p>`
          : html`<ul class="list">
              ${grants.map((grant) => grantItem(grant, csrf))}
            </ul>`
      }
      ${signOutForm(csrf)}`,
  });
}

function grantItem(grant: AccountGrant, csrf: string): Html {
  const nameId = `g-${grant.grantId}`;
  const scopes = grant.scopes.length === 0 ? 'nothing in particular' : grant.scopes.join(', ');
  return html`<li>
    <strong id="${nameId}">${grant.clientName}</strong>
    <p class="hint">
      May: ${scopes}. Since
      ${time(grant.since)}${
        grant.lastUsedAt !== undefined && html`, last used ${time(grant.lastUsedAt)}`
      }.
    </p>
    <form method="post" action="${ACCOUNT}/grants">
      ${hidden('csrf', csrf)}${hidden('grant', grant.grantId)}
      <button class="secondary" aria-describedby="${nameId}">End access</button>
    </form>
  </li>`;
}

const entry = (term: string, value: string | Html): Html =>
  html`<dt>${term}</dt>
    <dd>${value}</dd>`;

function time(ms: number): Html {
  const iso = new Date(ms).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;
}
