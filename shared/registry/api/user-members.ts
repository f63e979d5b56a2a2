import * as z from 'zod/mini';
import { Problem, type ProblemDetail } from '../../http/problem.ts';
import { findFaultInPassword } from '../users/password.ts';
import { isUserName, type User } from '../users/user.ts';
import { text } from './client-members.ts';
import type { Members } from './json-body.ts';
import { parseMembers } from './parse-members.ts';

/** What of a user an administrator decides. */
export type UserSettings = Pick<User, 'displayName' | 'email' | 'enabled'>;

export function schemaOfUser(user: string) {
  const displayName = text(200, 'display_name').check(
    z.refine((name) => name.trim() !== '', 'display_name is not blank.'),
  );
  const email = z.string('email is text.').check(
    z.maxLength(254, 'email has at most 254 characters.'),
    z.regex(/^[^\s@]+@[^\s@]+$/, 'email is an address such as a.b@example.com.'),
    z.refine((value) => !/[\p{Cc}\p{Cs}]/u.test(value), 'email has no control characters.'),
  );
  return z.object({
    display_name: z._default(displayName, user),
    email: z.optional(email),
    enabled: z._default(z.boolean('enabled is true or false.'), true),
  });
}

/** Set by the registry: accepted and ignored, so that what GET returned can be sent back. */
export const USER_READ_ONLY = [
  'user',
  'must_change_password',
  'upstream_issuer',
  'upstream_subject',
  'created_at',
  'updated_at',
  'last_sign_in_at',
];

/**
 * Reads the settings of a user; what is absent or null gets its default.
 * @param alsoKnown members that the caller of this function reads by itself.
 * @throws {Problem} 422 with every invalid member
 */
export function readUserSettings(
  members: Members,
  user: string,
  alsoKnown: readonly string[] = [],
): UserSettings {
  const errors: ProblemDetail[] = [];
  if (members.has('password') && !alsoKnown.includes('password')) {
    errors.push({
      pointer: '/password',
      detail: 'A password is not changed with its user: POST it to …/users/{user}/password.',
    });
  }
  const named = members.get('user');
  if (named !== undefined && named !== null && named !== user) {
    errors.push({
      pointer: '/user',
      detail: 'A user name cannot be changed. Make another user and delete this one.',
    });
  }
  const ignored = [...USER_READ_ONLY, ...alsoKnown, 'password'];
  const data = parseMembers(schemaOfUser(user), members, ignored, errors);
  const { display_name: displayName, email, enabled } = data;
  return { displayName, email, enabled };
}

/** @throws {Problem} 422 */
export function readUserName(members: Members): string {
  const name = members.get('user');
  if (typeof name === 'string' && isUserName(name)) return name;
  throw Problem.invalid([
    {
      pointer: '/user',
      detail:
        'user is the name to sign in with: 1 to 200 of the characters A-Z a-z 0-9 . _ @ + -, beginning with a letter or digit. It does not begin with oauth_client_, which is for clients, and is not system.',
    },
  ]);
}

/** A chosen password; undefined: make one. @throws {Problem} 422 */
export function readPassword(members: Members, user: string): string | undefined {
  const chosen = members.get('password') ?? undefined;
  if (chosen === undefined) return undefined;
  const fault =
    typeof chosen === 'string' ? findFaultInPassword(chosen, user) : 'A password is text.';
  if (typeof chosen === 'string' && fault === undefined) return chosen;
  throw Problem.invalid([
    {
      pointer: '/password',
      detail: `${fault ?? 'A password is text.'} Leave it out to have a strong one made.`,
    },
  ]);
}

export function settingMembersOf(user: UserSettings): Record<string, unknown> {
  return { display_name: user.displayName, email: user.email ?? null, enabled: user.enabled };
}

/** A user as callers see it: never a password, never a hash. */
export function viewUser(user: User): Record<string, unknown> {
  const { credential } = user;
  const isUpstream = credential.kind === 'upstream';
  return {
    user: user.user,
    ...settingMembersOf(user),
    must_change_password: !isUpstream && credential.mustChange,
    upstream_issuer: isUpstream ? credential.issuer : null,
    upstream_subject: isUpstream ? credential.subject : null,
    created_at: timeOf(user.createdAt),
    updated_at: timeOf(user.updatedAt),
    last_sign_in_at: user.lastSignInAt === undefined ? null : timeOf(user.lastSignInAt),
  };
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
