import type { Subscriptions } from '../../config/subscriptions.ts';
import type { AccessPolicyStore } from '../access-policies/access-policy.ts';
import { type AllowList, compilePolicies } from '../access-policies/allow-list.ts';
import { addressOf } from '../api/request.ts';
import { userOfClient } from '../client.ts';
import type { RoleStore } from '../role-store.ts';
import { findSubscription, listRoles } from '../roles.ts';
import { type Check, fail, pass } from './check.ts';
import type { ServedAddress } from './flow-trace.ts';

/** What storage holds about who may call an iFlow, and about a client. */
interface AccessFindings {
  /** Undefined where no policy applies. */
  readonly list: AllowList | undefined;
  readonly clientId: string;
  readonly iflmap: string;
  /** The roles of the client's user; undefined for one that calls for others only. */
  readonly assigned: ReadonlySet<string> | undefined;
  /** Names of all roles of the runtime. */
  readonly roles: readonly string[];
}

export async function readAccessFindings(
  deps: {
    readonly accessPolicies: Pick<AccessPolicyStore, 'read'>;
    readonly roles: RoleStore;
    readonly subscriptions: Subscriptions;
  },
  clientId: string,
  speaksForItself: boolean,
  { iflow: id, name, packageId, packageName }: ServedAddress,
): Promise<AccessFindings> {
  const { iflmap } = deps.subscriptions;
  const [{ value }, assigned, roles] = await Promise.all([
    deps.accessPolicies.read(),
    speaksForItself ? deps.roles.rolesOf(iflmap, userOfClient(clientId)) : undefined,
    listRoles(deps.roles, findSubscription(deps.subscriptions, iflmap)),
  ]);
  const list = (await compilePolicies(value))({ id, name, packageId, packageName });
  return { list, clientId, iflmap, assigned, roles: roles.map(({ role }) => role) };
}

/**
 * Whether access policies let the client in. @returns undefined where that depends on who signs in.
 */
export function checkAccess({ iflow }: ServedAddress, findings: AccessFindings): Check | undefined {
  const { list, clientId, iflmap, assigned } = findings;
  if (list === undefined) {
    return pass(
      'access_policy',
      `No access policy applies to the iFlow ${iflow}: its role decides.`,
    );
  }
  if (list.clientIds.includes(clientId)) {
    return pass(
      'access_policy',
      `An access policy of the iFlow ${iflow} names client:${clientId}.`,
    );
  }
  if (assigned === undefined && list.roles.length > 0) return undefined;
  const user = userOfClient(clientId);
  const role = list.roles.find((one) => assigned?.has(one) === true);
  if (role !== undefined) {
    return pass(
      'access_policy',
      `The user ${user} has the role ${role} in ${iflmap}, which an access policy of the iFlow ${iflow} wants.`,
    );
  }
  const names = [...list.roles, ...list.clientIds.map((id) => `client:${id}`)];
  return fail(
    'access_policy',
    `Access policies let ${names.join(', ')} call the iFlow ${iflow}; the user ${user} has no such role in ${iflmap}, and the client ${clientId} is not named.`,
    remedyOf(findings, list, user),
  );
}

function remedyOf(
  { clientId, iflmap, roles }: AccessFindings,
  list: AllowList,
  user: string,
): string {
  const [role] = list.roles;
  if (role === undefined) {
    return `Add an access policy with POST /api/v1/AccessPolicies, the RoleName client:${clientId} and an artifact reference to the iFlow.`;
  }
  const rolePath = addressOf('subscriptions', iflmap, 'roles', role);
  const assign = `ssign it with PUT ${rolePath}/users/${encodeURIComponent(user)}.`;
  return roles.includes(role)
    ? `A${assign}`
    : `There is no role ${role} yet: make it with PUT ${rolePath}, then a${assign}`;
}
