import type { Client } from '../registry/client.ts';
import { OAuthError } from './errors.ts';

/** RFC 6749 section 3.3. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
/** Characters of scopes that an error names. */
const LONGEST_LIST = 300;

/**
 * The scope to grant: what is asked for, or the client's default when it asks for none. A blank scope
 * asks for none.
 * @returns scopes joined by a space; '' for none.
 * @throws {OAuthError} `invalid_scope`
 */
export function grantScope(
  asked: string | undefined,
  { scopes: registered, defaultScopes }: Pick<Client, 'scopes' | 'defaultScopes'>,
): string {
  const unlessAsked = defaultScopes ?? registered;
  if (asked === undefined) return unlessAsked.join(' ');
  const scopes = [...new Set(asked.split(' ').filter((scope) => scope !== ''))];
  if (scopes.length === 0) return unlessAsked.join(' ');
  if (!scopes.every((scope) => SCOPE_TOKEN.test(scope))) {
    throw OAuthError.invalidScope(
      'scope_grammar',
      'scope must be a list of scopes with one space between them, in printable ASCII without quotation marks and backslashes.',
    );
  }
  const excess = scopes.filter((scope) => !registered.includes(scope));
  if (excess.length > 0) {
    throw OAuthError.invalidScope(
      'scope_not_registered',
      `The client is not registered for: ${cut(excess.join(' '))}. Leave scope out to get the client's default.`,
    );
  }
  return scopes.join(' ');
}

const cut = (text: string): string =>
  text.length <= LONGEST_LIST ? text : `${text.slice(0, LONGEST_LIST)}...`;
