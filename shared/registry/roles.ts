import type { Application, Subscriptions } from '../config/subscriptions.ts';
import { Problem } from '../http/problem.ts';
import { PREDEFINED_ROLES } from './client.ts';
import type { RoleStore } from './role-store.ts';

/** Custom roles of one subscription, at most: a user's roles are part of its tokens. */
export const MOST_CUSTOM_ROLES = 500;

export interface Subscription {
  readonly name: string;
  readonly application: Application;
}

export interface Role {
  readonly role: string;
  readonly kind: 'predefined' | 'custom';
  readonly description: string;
}

export function listSubscriptions(subscriptions: Subscriptions): readonly Subscription[] {
  return [
    { name: subscriptions.iflmap, application: 'iflmap' },
    { name: subscriptions.tmn, application: 'tmn' },
  ];
}

/** @throws {Problem} 404, naming a subscription that differs only in case. */
export function findSubscription(subscriptions: Subscriptions, name: string): Subscription {
  const all = listSubscriptions(subscriptions);
  const found = all.find((one) => one.name === name);
  if (found !== undefined) return found;
  const near = nearestOf(
    all.map((one) => one.name),
    name,
  );
  const names = all.map((one) => one.name).join(' and ');
  throw Problem.notFound(`There is no such subscription. ${near ?? `There are ${names}.`}`);
}

/** All roles of a subscription by name, predefined ones included. */
export async function listRoles(
  store: RoleStore,
  subscription: Subscription,
): Promise<readonly Role[]> {
  const custom = await store.listRoles(subscription.name);
  return [
    ...predefinedOf(subscription),
    ...custom.map(({ role, description }): Role => ({ role, description, kind: 'custom' })),
  ].sort((a, b) => (a.role < b.role ? -1 : 1));
}

/** @throws {Problem} 404, naming a role that differs only in case. */
export async function findRole(
  store: RoleStore,
  subscription: Subscription,
  name: string,
): Promise<Role> {
  const predefined = predefinedOf(subscription).find((one) => one.role === name);
  if (predefined !== undefined) return predefined;
  if (isRoleName(name)) {
    const custom = await store.readRole(subscription.name, name);
    if (custom !== undefined) return { ...custom, kind: 'custom' };
  }
  throw await unknownRole(store, subscription, name);
}

export async function unknownRole(
  store: RoleStore,
  subscription: Subscription,
  name: string,
): Promise<Problem> {
  const all = await listRoles(store, subscription);
  const near = nearestOf(
    all.map((one) => one.role),
    name,
  );
  const advice = near ?? 'GET the roles of the subscription, or PUT this one to make it.';
  return Problem.notFound(`The subscription ${subscription.name} has no such role. ${advice}`);
}

/** Characters that every SAP system takes in a role name, and `-`. */
export function isRoleName(name: string): boolean {
  return /^[A-Za-z0-9_.-]{1,100}$/.test(name);
}

export function predefinedOf(subscription: Subscription): readonly Role[] {
  return PREDEFINED_ROLES.filter((one) => one.application === subscription.application).map(
    ({ role, description }) => ({ role, description, kind: 'predefined' }),
  );
}

/** A sentence that names what differs from `name` only in case. */
export function nearestOf(names: readonly string[], name: string): string | undefined {
  const near = names.find((one) => one.toLowerCase() === name.toLowerCase());
  return near === undefined ? undefined : `Names are case-sensitive: there is ${near}.`;
}
