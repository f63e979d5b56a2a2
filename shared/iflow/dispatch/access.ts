import { REFUSE_ON_MS } from '../../cache/stale-cache.ts';
import { BearerFault, type BearerGate, type Caller } from '../../oauth/gate.ts';
import type { AllowList } from '../../registry/access-policies/allow-list.ts';
import type { AccessPolicyDirectory } from '../../registry/access-policies/directory.ts';
import type { Deployment } from '../deployment/deployment.ts';

/**
 * Passes where no access policy applies to the iFlow, or the caller has the role of one that does, or
 * is a client that one names. Before refusing, policies and assignments older than `REFUSE_ON_MS` are
 * read again, so that what was just granted works at once.
 * @param caller undefined for whoever shows a certificate and no token, and so has no role.
 * @throws {BearerFault} 403 `access_policy`
 */
export async function requireAccess(
  deps: {
    readonly accessPolicies: Pick<AccessPolicyDirectory, 'allowListOf'>;
    readonly gate: Pick<BearerGate, 'hasRole'>;
  },
  deployment: Deployment,
  caller: Caller | undefined,
): Promise<void> {
  const { accessPolicies, gate } = deps;
  const passes = async (list: AllowList | undefined): Promise<boolean> => {
    if (list === undefined) return true;
    if (caller === undefined) return false;
    const { clientIds, roles } = list;
    return clientIds.includes(caller.clientId) || gate.hasRole(caller, roles);
  };
  if (await passes(await accessPolicies.allowListOf(deployment))) return;
  const list = await accessPolicies.allowListOf(deployment, REFUSE_ON_MS);
  if (list === undefined || (await passes(list))) return;
  throw new BearerFault('access_policy', explain(deployment, caller, list), {
    user: caller?.user ?? '',
  });
}

/** Which other clients may call is not the caller's to know. */
function explain({ id }: Deployment, caller: Caller | undefined, { roles }: AllowList): string {
  const guarded = `Access policies guard the iFlow ${id}.`;
  if (caller === undefined) {
    return `${guarded} They let in roles and clients, so a call needs an access token.`;
  }
  const { user, clientId, subscription } = caller;
  if (roles.length === 0) {
    return `${guarded} They let in certain clients alone, and ${clientId} is none of them. Add an access policy for client:${clientId}.`;
  }
  const named = roles.length === 1 ? 'the role' : 'one of the roles';
  return `${guarded} They want ${named} ${roles.join(', ')}, which the user ${user} does not have in subscription ${subscription}. Assign it under /registry/v1/subscriptions/${subscription}/roles/${roles[0] ?? ''}/users/${user}.`;
}
