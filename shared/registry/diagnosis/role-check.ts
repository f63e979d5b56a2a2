import type { Subscriptions } from '../../config/subscriptions.ts';
import { addressOf } from '../api/request.ts';
import { userOfClient } from '../client.ts';
import type { RoleStore } from '../role-store.ts';
import { findSubscription, isRoleName, listRoles } from '../roles.ts';
import { type Check, fail, pass } from './check.ts';

/** Users of one role that are looked through for one that differs in case, at most. */
export const MOST_USERS = 2000;

/** What the registry holds about a role and the user who needs it. */
export interface RoleFindings {
  readonly role: string;
  readonly clientId: string;
  readonly subscriptions: Subscriptions;
  /** The user's roles in the runtime. */
  readonly assigned: ReadonlySet<string>;
  /** The user's roles in the management node. */
  readonly inManagement: ReadonlySet<string>;
  /** Roles in the runtime of a user that is called like the client, without prefix. */
  readonly ofClientId: ReadonlySet<string>;
  /** A user with the role whose name differs from the right one, or from the client's, in case. */
  readonly miscasedUser: string | undefined;
  /** Names of all roles of the runtime. */
  readonly roles: readonly string[];
}

export async function readRoleFindings(
  store: RoleStore,
  subscriptions: Subscriptions,
  clientId: string,
  role: string,
): Promise<RoleFindings> {
  const { iflmap, tmn } = subscriptions;
  const user = userOfClient(clientId);
  const [assigned, inManagement, ofClientId, miscasedUser, roles] = await Promise.all([
    store.rolesOf(iflmap, user),
    store.rolesOf(tmn, user),
    store.rolesOf(iflmap, clientId),
    findMiscasedUser(store, iflmap, clientId, role),
    listRoles(store, findSubscription(subscriptions, iflmap)),
  ]);
  const names = roles.map((one) => one.role);
  return {
    role,
    clientId,
    subscriptions,
    assigned,
    inManagement,
    ofClientId,
    miscasedUser,
    roles: names,
  };
}

async function findMiscasedUser(
  store: RoleStore,
  subscription: string,
  clientId: string,
  role: string,
): Promise<string | undefined> {
  const right = [userOfClient(clientId), clientId];
  const { items } = await store.listUsers(subscription, role, { limit: MOST_USERS });
  return items
    .map(({ user }) => user)
    .find(
      (user) =>
        !right.includes(user) && right.some((one) => one.toLowerCase() === user.toLowerCase()),
    );
}

export function checkRole(findings: RoleFindings): Check {
  const { role, clientId, subscriptions, assigned } = findings;
  const user = userOfClient(clientId);
  if (assigned.has(role)) {
    return pass(
      'role_assigned',
      `The user ${user} has the role ${role} in ${subscriptions.iflmap}.`,
    );
  }
  const lacks = `The iFlow wants the role ${role}, which the user ${user} does not have in ${subscriptions.iflmap}.`;
  const [detail, remedy] = explain(findings, user);
  return fail('role_assigned', detail === '' ? lacks : `${lacks} ${detail}`, remedy);
}

function explain(findings: RoleFindings, user: string): readonly [detail: string, remedy: string] {
  const { role, clientId, subscriptions, assigned, inManagement, ofClientId } = findings;
  const { iflmap, tmn } = subscriptions;
  const rolePath = addressOf('subscriptions', iflmap, 'roles', role);
  const userPath = `${rolePath}/users/${encodeURIComponent(user)}`;
  const instead = (wrong: string): string =>
    `Assign it with PUT ${userPath} and take the other one back with DELETE ${wrong}.`;

  if (!findings.roles.includes(role)) {
    const near = findings.roles.find((one) => isMiscased(one, role));
    if (near !== undefined) {
      return [
        `There is no such role there; role names are case-sensitive, and there is ${near}.`,
        `Set the User Role of the HTTPS sender to ${near} and deploy the iFlow again, or make the role with PUT ${rolePath} and assign it with PUT ${userPath}.`,
      ];
    }
    if (!isRoleName(role)) {
      return [
        'No role can have that name: one has 1 to 100 of the characters A-Z a-z 0-9 _ . -.',
        'Set the User Role of the HTTPS sender to a role that exists, such as ESBMessaging.send, and deploy the iFlow again.',
      ];
    }
    return [
      'There is no such role there.',
      `Make it with PUT ${rolePath}, then assign it with PUT ${userPath}.`,
    ];
  }
  if (ofClientId.has(role)) {
    return [
      `It is assigned to ${clientId}, without the prefix: the user of the client is ${user}.`,
      instead(`${rolePath}/users/${encodeURIComponent(clientId)}`),
    ];
  }
  if (findings.miscasedUser !== undefined) {
    return [
      `It is assigned to ${findings.miscasedUser}, which differs in case: user names are case-sensitive.`,
      instead(`${rolePath}/users/${encodeURIComponent(findings.miscasedUser)}`),
    ];
  }
  const miscased = [...assigned].find((one) => isMiscased(one, role));
  if (miscased !== undefined) {
    const wrong = addressOf('subscriptions', iflmap, 'roles', miscased, 'users', user);
    return [
      `The user has ${miscased}, which differs in case: role names are case-sensitive.`,
      instead(wrong),
    ];
  }
  if ([...inManagement].some((one) => one.toLowerCase() === role.toLowerCase())) {
    return [
      `The user has it in ${tmn}, the management node, where iFlows do not look.`,
      `Assign it with PUT ${userPath}.`,
    ];
  }
  return ['', `Assign it with PUT ${userPath}.`];
}

const isMiscased = (one: string, other: string): boolean =>
  one !== other && one.toLowerCase() === other.toLowerCase();
