import { hash } from 'node:crypto';

/** Characters of the part that names the user; 96 bits of a hash. */
const USER_PART = 16;

/**
 * Makes the id of a grant: a part that all grants of the user begin with, so that they are kept
 * together and yet found by id, and 128 random bits.
 */
export function newGrantId(user: string, random: (bytes: number) => Buffer): string {
  return userPartOf(user) + random(16).toString('base64url');
}

/** What the ids of all grants of a user begin with. */
export function userPartOf(user: string): string {
  return hash('sha256', user, 'base64url').slice(0, USER_PART);
}

/** The two parts of an id; undefined for what cannot be one. */
export function splitGrantId(
  grantId: string,
): { readonly userPart: string; readonly rest: string } | undefined {
  if (!/^[A-Za-z0-9_-]{38}$/.test(grantId)) return undefined;
  return { userPart: grantId.slice(0, USER_PART), rest: grantId.slice(USER_PART) };
}
