import type { AuditNote, AuditObject } from '../audit/audit-entry.ts';
import type { Client } from '../client.ts';
import type { TrustedIssuer } from '../issuers/issuer.ts';
import { settingMembers } from './client-members.ts';
import { issuerMembers } from './issuer-members.ts';

/** What the trail says of a change before it is begun. */
export interface AuditedChange {
  readonly action: string;
  readonly object: AuditObject;
  readonly detail?: string;
}

const client = (name: string): AuditObject => ({ type: 'client', name });
const issuer = (name: string): AuditObject => ({ type: 'issuer', name });
const role = (name: string): AuditObject => ({ type: 'role', name });
const user = (name: string): AuditObject => ({ type: 'user', name });

/** By method and path of a route: what it changes, given the values of the path. */
const CHANGES: Readonly<Record<string, (...values: string[]) => AuditedChange>> = {
  'POST clients': () => ({ action: 'client.create', object: client('') }),
  'PUT clients/*': (id = '') => ({ action: 'client.change', object: client(id) }),
  'PATCH clients/*': (id = '') => ({ action: 'client.change', object: client(id) }),
  'DELETE clients/*': (id = '') => ({ action: 'client.delete', object: client(id) }),
  'POST clients/*/secrets': (id = '') => ({ action: 'secret.add', object: client(id) }),
  'PATCH clients/*/secrets/*': (id = '', secret = '') => ({
    action: 'secret.change',
    object: client(id),
    detail: `secret ${secret}`,
  }),
  'DELETE clients/*/secrets/*': (id = '', secret = '') => ({
    action: 'secret.delete',
    object: client(id),
    detail: `secret ${secret}`,
  }),
  'POST initial-access-tokens': () => ({
    action: 'initial_access_token.create',
    object: { type: 'initial_access_token', name: '' },
  }),
  'DELETE initial-access-tokens/*': (id = '') => ({
    action: 'initial_access_token.delete',
    object: { type: 'initial_access_token', name: id },
  }),
  'POST clients/*/secrets/rotation': (id = '') => ({
    action: 'secret.rotation.start',
    object: client(id),
  }),
  'POST clients/*/secrets/rotation/complete': (id = '') => ({
    action: 'secret.rotation.complete',
    object: client(id),
  }),
  'DELETE clients/*/secrets/rotation': (id = '') => ({
    action: 'secret.rotation.cancel',
    object: client(id),
  }),
  'DELETE clients/*/tokens': (id = '') => ({ action: 'client.revoke_tokens', object: client(id) }),
  'DELETE tokens/*': (jti = '') => ({
    action: 'token.revoke',
    object: { type: 'token', name: jti },
  }),
  'POST issuers': () => ({ action: 'issuer.create', object: issuer('') }),
  'PUT issuers/*': (id = '') => ({ action: 'issuer.change', object: issuer(id) }),
  'PATCH issuers/*': (id = '') => ({ action: 'issuer.change', object: issuer(id) }),
  'POST issuers/*/diagnosis': (id = '') => ({ action: 'issuer.diagnose', object: issuer(id) }),
  'DELETE issuers/*': (id = '') => ({ action: 'issuer.delete', object: issuer(id) }),
  'PUT subscriptions/*/roles/*': (subscription = '', name = '') => ({
    action: 'role.change',
    object: role(name),
    detail: `in ${subscription}`,
  }),
  'DELETE subscriptions/*/roles/*': (subscription = '', name = '') => ({
    action: 'role.delete',
    object: role(name),
    detail: `in ${subscription}`,
  }),
  'PUT subscriptions/*/roles/*/users/*': (subscription = '', name = '', holder = '') => ({
    action: 'role.assign',
    object: user(holder),
    detail: `${name} in ${subscription}`,
  }),
  'DELETE subscriptions/*/roles/*/users/*': (subscription = '', name = '', holder = '') => ({
    action: 'role.unassign',
    object: user(holder),
    detail: `${name} in ${subscription}`,
  }),
  'POST users': () => ({ action: 'user.create', object: user('') }),
  'PUT users/*': (name = '') => ({ action: 'user.change', object: user(name) }),
  'PATCH users/*': (name = '') => ({ action: 'user.change', object: user(name) }),
  'DELETE users/*': (name = '') => ({ action: 'user.delete', object: user(name) }),
  'DELETE users/*/grants/*': (name = '', grant = '') => ({
    action: 'grant.end',
    object: { type: 'grant', name: grant },
    detail: `of ${name}`,
  }),
  'POST users/*/password': (name = '') => ({ action: 'user.password', object: user(name) }),
};

/** A changing operation that is not in the table is listed by its method and path. */
export function auditedChange(
  method: string,
  path: string,
  values: readonly string[],
): AuditedChange {
  const known = CHANGES[`${method} ${path}`];
  if (known !== undefined) return known(...values);
  return {
    action: `registry.${method.toLowerCase()}`,
    object: { type: path, name: values.join('/') },
  };
}

/** Which settings of a client have changed; enabling and disabling are actions of their own. */
export function noteClientChange(before: Client | undefined, after: Client): AuditNote {
  return noteChange('client', before && settingMembers(before), settingMembers(after));
}

/** As {@link noteClientChange}. */
export function noteIssuerChange(
  before: TrustedIssuer | undefined,
  after: TrustedIssuer,
): AuditNote {
  return noteChange('issuer', before && issuerMembers(before), issuerMembers(after));
}

function noteChange(
  what: string,
  was: Readonly<Record<string, unknown>> = {},
  is: Readonly<Record<string, unknown>>,
): AuditNote {
  const changed = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]),
  );
  const detail = changed.length === 0 ? 'nothing changed' : changed.join(', ');
  if (!changed.includes('enabled')) return { detail };
  return { action: is['enabled'] === true ? `${what}.enable` : `${what}.disable`, detail };
}
