import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { Problem } from '../../http/problem.ts';
import type { AuditNote } from '../audit/audit-entry.ts';
import type { IfMatch } from '../change-client.ts';
import type { Versioned } from '../client.ts';
import { listSubscriptions } from '../roles.ts';
import { search } from '../search.ts';
import { changeUser, deleteUser, newSessionKey, readUser } from '../users/change-user.ts';
import { generatePassword, hashPassword } from '../users/password.ts';
import type { User } from '../users/user.ts';
import { readIfMatch, requireIfMatch } from './if-match.ts';
import { type Members, readJsonObject, readOptionalJsonObject } from './json-body.ts';
import { pageReply, readPageRequest, readSearch } from './paging.ts';
import { unknownMember } from './parse-members.ts';
import { addressOf, type RegistryDeps, type RegistryReply, type Route } from './request.ts';
import {
  readPassword,
  readUserName,
  readUserSettings,
  settingMembersOf,
  type UserSettings,
  viewUser,
} from './user-members.ts';

export const userRoutes: readonly Route[] = [
  { path: 'users', operations: { GET: listUsers, POST: createUser } },
  {
    path: 'users/*',
    operations: { GET: getUser, PUT: putUser, PATCH: patchUser, DELETE: removeUser },
  },
  { path: 'users/*/password', operations: { POST: setPassword } },
];

async function listUsers(call: HttpCall, deps: RegistryDeps): Promise<HttpReply> {
  const text = readSearch(call);
  const scope = ['users', text];
  const request = readPageRequest(call, scope);
  const page = await search<User>(
    (one) => deps.users.list(one),
    text,
    ({ user, displayName, email }) => [user, displayName, email ?? ''],
    request,
  );
  return pageReply(page, scope, viewUser);
}

async function createUser(call: HttpCall, deps: RegistryDeps): Promise<RegistryReply> {
  const members = await readJsonObject(call);
  const name = readUserName(members);
  const settings = readUserSettings(members, name, ['password']);
  const password = await makePassword(members, name, deps);
  const now = deps.clock.now();
  const user: User = {
    user: name,
    ...settings,
    credential: password.credential,
    sessionKey: newSessionKey(deps.random),
    createdAt: now,
    updatedAt: now,
    lastSignInAt: undefined,
  };
  const etag = await deps.users.create(user);
  if (etag === undefined) {
    throw Problem.conflict(
      'There is a user of this name already, maybe in another case. Choose another name.',
    );
  }
  const reply = json(
    201,
    { ...viewUser(user), ...password.shown },
    { Location: addressOf('users', name), ETag: etag },
  );
  return { ...reply, audit: { name } };
}

async function getUser(_call: HttpCall, deps: RegistryDeps, name: string): Promise<HttpReply> {
  return userReply(await readUser(deps.users, name));
}

/** Replaces all settings: what is absent gets its default. The password stays. */
async function putUser(call: HttpCall, deps: RegistryDeps, name: string): Promise<RegistryReply> {
  const members = await readJsonObject(call);
  const ifMatch = await requireIfMatch(call, () => readUser(deps.users, name));
  return changeSettings(deps, name, ifMatch, () => readUserSettings(members, name));
}

/** RFC 7396: null sets a member back to its default. */
async function patchUser(call: HttpCall, deps: RegistryDeps, name: string): Promise<RegistryReply> {
  const patch = await readJsonObject(call, ['application/merge-patch+json', 'application/json']);
  const ifMatch = await requireIfMatch(call, () => readUser(deps.users, name));
  return changeSettings(deps, name, ifMatch, (user) =>
    readUserSettings(new Map([...Object.entries(settingMembersOf(user)), ...patch]), name),
  );
}

async function changeSettings(
  deps: RegistryDeps,
  name: string,
  ifMatch: IfMatch,
  settingsOf: (user: User) => UserSettings,
): Promise<RegistryReply> {
  let before: User | undefined;
  const changed = await changeUser(deps.users, name, ifMatch, (user) => {
    before = user;
    const settings = settingsOf(user);
    return {
      ...user,
      ...settings,
      sessionKey: settings.enabled ? user.sessionKey : newSessionKey(deps.random),
      updatedAt: deps.clock.now(),
    };
  });
  // Also when it was disabled before: the call that did so may have been cut short.
  if (!changed.value.enabled) await deps.userAccess.endAll(name);
  return { ...userReply(changed), audit: noteUserChange(before, changed.value) };
}

function noteUserChange(before: User | undefined, after: User): AuditNote {
  const [was, is] = [before, after].map((one) => (one === undefined ? {} : settingMembersOf(one)));
  const changed = Object.keys(is ?? {}).filter((member) => was?.[member] !== is?.[member]);
  const detail = changed.length === 0 ? 'nothing changed' : changed.join(', ');
  if (!changed.includes('enabled')) return { detail };
  return { action: after.enabled ? 'user.enable' : 'user.disable', detail };
}

async function removeUser(call: HttpCall, deps: RegistryDeps, name: string): Promise<HttpReply> {
  const ifMatch = await requireIfMatch(call, () => readUser(deps.users, name));
  const subscriptions = listSubscriptions(deps.subscriptions).map((one) => one.name);
  await deleteUser(deps, subscriptions, name, ifMatch);
  return { status: 204 };
}

/** Ends all sessions of the user. If-Match is heeded and not required. */
async function setPassword(
  call: HttpCall,
  deps: RegistryDeps,
  name: string,
): Promise<RegistryReply> {
  const members: Members = (await readOptionalJsonObject(call)) ?? new Map();
  const unknown = [...members.keys()].filter((member) => member !== 'password');
  if (unknown.length > 0) throw Problem.invalid(unknown.map(unknownMember));
  const ifMatch = readIfMatch(call) ?? 'any';
  requirePassword((await readUser(deps.users, name)).value);
  const password = await makePassword(members, name, deps);
  const changed = await changeUser(deps.users, name, ifMatch, (user) => {
    requirePassword(user);
    return {
      ...user,
      credential: password.credential,
      sessionKey: newSessionKey(deps.random),
      updatedAt: deps.clock.now(),
    };
  });
  // Whoever knew the old one may have let applications in with it.
  await deps.userAccess.endAll(name);
  return json(200, { ...viewUser(changed.value), ...password.shown }, { ETag: changed.etag });
}

function requirePassword({ credential }: User): void {
  if (credential.kind === 'password') return;
  throw Problem.conflict(
    `This user signs in at ${credential.issuer} and has no password here. Delete the user to make one with a password.`,
  );
}

/** The first password, or one in the place of a forgotten one: the user has to change it. */
async function makePassword(members: Members, user: string, deps: RegistryDeps) {
  const chosen = readPassword(members, user);
  const text = chosen ?? generatePassword(deps.random);
  return {
    credential: await hashPassword(text, true, deps.random),
    /** The one time that a password of ours is shown. */
    shown: chosen === undefined ? { password: text } : {},
  };
}

function userReply({ value, etag }: Versioned<User>): HttpReply {
  return json(200, viewUser(value), { ETag: etag });
}
