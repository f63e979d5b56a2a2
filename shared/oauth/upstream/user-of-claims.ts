import type { ForeignClaims } from '../../jwt/foreign-token.ts';
import { isUserName } from '../../registry/users/user.ts';

export interface UserMapping {
  /** The claim of the ID token that names the user. */
  readonly claim: string;
  /** Goes before it. */
  readonly prefix: string;
}

/** What a person is called here, going by an ID token that was verified. */
export interface NamedPerson {
  readonly user: string;
  readonly displayName: string;
  readonly email: string | undefined;
}

/**
 * undefined where the claim is not there or makes no user name: never one of a client's. An address that
 * the provider has not verified could be anybody's, so it names nobody.
 */
export function nameOfClaims(
  claims: ForeignClaims,
  { claim, prefix }: UserMapping,
): NamedPerson | undefined {
  const value = claims[claim];
  const isVerified = claims['email_verified'] === true || claims['email_verified'] === 'true';
  if (typeof value !== 'string' || (claim === 'email' && !isVerified)) return undefined;
  const user = prefix + value;
  if (!isUserName(user)) return undefined;
  const { name, email } = claims;
  return {
    user,
    displayName: typeof name === 'string' ? tidy(name) || user : user,
    email: typeof email === 'string' && isVerified && isShortText(email) ? email : undefined,
  };
}

const tidy = (text: string): string =>
  Array.from(
    text
      .toWellFormed()
      .replace(/\p{Cc}/gu, ' ')
      .trim(),
  )
    .slice(0, 200)
    .join('');

const isShortText = (text: string): boolean =>
  text.length <= 254 && !/[\s\p{Cc}\p{Cs}]/u.test(text);
