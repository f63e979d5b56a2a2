import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { Problem } from '../../http/problem.ts';
import type { Assignment } from '../role-store.ts';
import { findRole, findSubscription, unknownRole } from '../roles.ts';
import { pageReply, readPageRequest } from './paging.ts';
import type { RegistryDeps, Route } from './request.ts';

const LONGEST_USER = 256;

export const assignmentRoutes: readonly Route[] = [
  { path: 'subscriptions/*/roles/*/users', operations: { GET: listUsers } },
  {
    path: 'subscriptions/*/roles/*/users/*',
    operations: { GET: getAssignment, PUT: assign, DELETE: unassign },
  },
  { path: 'subscriptions/*/users/*/roles', operations: { GET: listRolesOfUser } },
];

async function listUsers(
  call: HttpCall,
  deps: RegistryDeps,
  name: string,
  roleName: string,
): Promise<HttpReply> {
  const subscription = findSubscription(deps.subscriptions, name);
  const { role } = await findRole(deps.roles, subscription, roleName);
  const scope = ['users', subscription.name, role];
  const request = readPageRequest(call, scope);
  const page = await deps.roles.listUsers(subscription.name, role, request);
  return pageReply(page, scope, viewAssignment);
}

/** A user without roles is no error: any name may be given one. */
async function listRolesOfUser(
  call: HttpCall,
  deps: RegistryDeps,
  name: string,
  user: string,
): Promise<HttpReply> {
  const subscription = findSubscription(deps.subscriptions, name);
  requireUserName(user);
  const scope = ['roles-of', subscription.name, user];
  const request = readPageRequest(call, scope);
  const page = await deps.roles.listRolesOf(subscription.name, user, request);
  return pageReply(page, scope, viewAssignment);
}

async function getAssignment(
  _call: HttpCall,
  deps: RegistryDeps,
  name: string,
  roleName: string,
  user: string,
): Promise<HttpReply> {
  const subscription = findSubscription(deps.subscriptions, name);
  requireUserName(user);
  const { role } = await findRole(deps.roles, subscription, roleName);
  const found = await deps.roles.readAssignment(subscription.name, role, user);
  if (found === undefined) {
    throw Problem.notFound(
      'The user does not have this role. User names are case-sensitive; a client acts as oauth_client_<client_id>.',
    );
  }
  return json(200, viewAssignment(found));
}

async function assign(
  _call: HttpCall,
  deps: RegistryDeps,
  name: string,
  roleName: string,
  user: string,
): Promise<HttpReply> {
  const subscription = findSubscription(deps.subscriptions, name);
  requireUserName(user);
  const { role, kind } = await findRole(deps.roles, subscription, roleName);
  const assignment = { role, user, assignedAt: deps.clock.now() };
  if (!(await deps.roles.assign(subscription.name, assignment, kind))) {
    throw await unknownRole(deps.roles, subscription, role);
  }
  return { status: 204 };
}

async function unassign(
  _call: HttpCall,
  deps: RegistryDeps,
  name: string,
  roleName: string,
  user: string,
): Promise<HttpReply> {
  const subscription = findSubscription(deps.subscriptions, name);
  requireUserName(user);
  const { role } = await findRole(deps.roles, subscription, roleName);
  await deps.roles.unassign(subscription.name, role, user);
  return { status: 204 };
}

/** Any text may name a user; other systems' names come with slashes, blanks and emoji. */
function requireUserName(user: string): void {
  if (Array.from(user).length <= LONGEST_USER) return;
  throw Problem.invalid([
    { pointer: '', detail: `A user name has 1 to ${LONGEST_USER} characters.` },
  ]);
}

function viewAssignment({ user, role, assignedAt }: Assignment): Record<string, unknown> {
  return { user, role, assigned_at: new Date(assignedAt).toISOString() };
}
