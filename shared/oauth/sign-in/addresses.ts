import { Fault } from '../../http/fault.ts';

/** Where pages for people are, and the only place where their cookies are looked at. */
export const PEOPLE_PATH = '/oauth2/api/v1/';

export const SIGN_IN = `${PEOPLE_PATH}sign-in`;
export const SIGN_OUT = `${PEOPLE_PATH}sign-out`;
export const ACCOUNT = `${PEOPLE_PATH}account`;
export const AUTHORIZE = `${PEOPLE_PATH}authorize`;

/** Where a sign-in may lead. */
const RETURN_TO: readonly string[] = [ACCOUNT, AUTHORIZE];
const LONGEST = 8000;

/**
 * Path and query where a sign-in leads, made anew from what was sent: always an address of ours that
 * changes nothing, whatever a parser could see in the text.
 * @param text undefined leads to the account.
 * @throws {Fault} 400
 */
export function readReturnTo(text: string | undefined): string {
  if (text === undefined) return ACCOUNT;
  const here = 'http://flowgate.invalid';
  if (text.length <= LONGEST && URL.canParse(text, here)) {
    const { origin, pathname, search } = new URL(text, here);
    if (origin === here && RETURN_TO.includes(pathname)) return pathname + search;
  }
  throw new Fault(
    400,
    'The address to go to after signing in is not one of this server. Go back to the application and start again.',
    { reason: 'return_to' },
  );
}

/** An address with these parameters; those that are undefined are left out. */
export function addressWith(
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, value);
  }
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}
