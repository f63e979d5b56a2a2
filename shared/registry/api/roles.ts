import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import { Problem, type ProblemDetail } from '../../http/problem.ts';
import {
  findRole,
  findSubscription,
  isRoleName,
  listRoles,
  MOST_CUSTOM_ROLES,
  predefinedOf,
  type Role,
  unknownRole,
} from '../roles.ts';
import { readOptionalJsonObject } from './json-body.ts';
import { pageOf, pageReply, readPageRequest } from './paging.ts';
import { unknownMember } from './parse-members.ts';
import { addressOf, type RegistryDeps, type RegistryReply, type Route } from './request.ts';

const LONGEST_DESCRIPTION = 500;

export const roleRoutes: readonly Route[] = [
  { path: 'subscriptions/*/roles', operations: { GET: getRoles } },
  {
    path: 'subscriptions/*/roles/*',
    operations: { GET: getRole, PUT: putRole, DELETE: removeRole },
  },
];

async function getRoles(call: HttpCall, deps: RegistryDeps, name: string): Promise<HttpReply> {
  const subscription = findSubscription(deps.subscriptions, name);
  const scope = ['roles', subscription.name];
  const request = readPageRequest(call, scope);
  const all = await listRoles(deps.roles, subscription);
  return pageReply(
    pageOf(all, (one) => one.role, request),
    scope,
    viewRole,
  );
}

async function getRole(
  _call: HttpCall,
  deps: RegistryDeps,
  name: string,
  role: string,
): Promise<HttpReply> {
  const subscription = findSubscription(deps.subscriptions, name);
  return json(200, viewRole(await findRole(deps.roles, subscription, role)));
}

/** Makes a custom role; again replaces its description. */
async function putRole(
  call: HttpCall,
  deps: RegistryDeps,
  name: string,
  role: string,
): Promise<RegistryReply> {
  const subscription = findSubscription(deps.subscriptions, name);
  refusePredefined(predefinedOf(subscription), role);
  if (!isRoleName(role)) {
    throw Problem.invalid([
      { pointer: '', detail: 'A role name has 1 to 100 of the characters A-Z a-z 0-9 _ . -.' },
    ]);
  }
  const description = await readDescription(call);
  const custom = { role, description, createdAt: deps.clock.now() };
  const view = viewRole({ ...custom, kind: 'custom' });
  const before = await deps.roles.readRole(subscription.name, role);
  if (before !== undefined && call.headers.get('if-none-match')?.trim() === '*') {
    throw Problem.preconditionFailed();
  }
  if (before === undefined) {
    const others = await deps.roles.listRoles(subscription.name);
    if (others.length >= MOST_CUSTOM_ROLES) {
      throw Problem.conflict(
        `A subscription has at most ${MOST_CUSTOM_ROLES} roles of its own. Delete one that is not used.`,
      );
    }
    if (await deps.roles.createRole(subscription.name, custom)) {
      const location = addressOf('subscriptions', subscription.name, 'roles', role);
      return { ...json(201, view, { Location: location }), audit: { action: 'role.create' } };
    }
  }
  const createdAt = before?.createdAt ?? custom.createdAt;
  if (await deps.roles.replaceRole(subscription.name, { ...custom, createdAt })) {
    return json(200, view);
  }
  throw Problem.conflict('The role was deleted by someone else at the same moment. Send it again.');
}

/** Takes the role's assignments along. */
async function removeRole(
  _call: HttpCall,
  deps: RegistryDeps,
  name: string,
  role: string,
): Promise<HttpReply> {
  const subscription = findSubscription(deps.subscriptions, name);
  refusePredefined(predefinedOf(subscription), role);
  if (!isRoleName(role) || !(await deps.roles.deleteRole(subscription.name, role))) {
    throw await unknownRole(deps.roles, subscription, role);
  }
  return { status: 204 };
}

function refusePredefined(predefined: readonly Role[], role: string): void {
  if (!predefined.some((one) => one.role === role)) return;
  throw Problem.conflict('A predefined role can be assigned, but neither changed nor deleted.');
}

async function readDescription(call: HttpCall): Promise<string> {
  const members = (await readOptionalJsonObject(call)) ?? new Map<string, unknown>();
  // `role` and `type` come back as GET returned them; the name is the address's.
  const known = ['role', 'type', 'description'];
  const errors: ProblemDetail[] = [...members.keys()]
    .filter((name) => !known.includes(name))
    .map(unknownMember);
  const description = members.get('description') ?? '';
  if (
    typeof description !== 'string' ||
    Array.from(description).length > LONGEST_DESCRIPTION ||
    /[\p{Cc}\p{Cs}]/u.test(description)
  ) {
    errors.push({
      pointer: '/description',
      detail: `description is one line of text with at most ${LONGEST_DESCRIPTION} characters.`,
    });
    throw Problem.invalid(errors);
  }
  if (errors.length > 0) throw Problem.invalid(errors);
  return description;
}

function viewRole({ role, kind, description }: Role): Record<string, unknown> {
  return { role, type: kind === 'predefined' ? 'PREDEFINED' : 'CUSTOM', description };
}
