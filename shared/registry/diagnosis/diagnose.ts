import type { Clock } from '../../config/clock.ts';
import type { Subscriptions } from '../../config/subscriptions.ts';
import type { AccessPolicyStore } from '../access-policies/access-policy.ts';
import type { Client } from '../client.ts';
import type { ClientStore } from '../client-store.ts';
import { isClientId } from '../client-id.ts';
import type { RoleStore } from '../role-store.ts';
import { searchClients } from '../search-clients.ts';
import type { Check, Diagnosis } from './check.ts';
import { checkClient, checkSubscription, explainAbsence, similarIds } from './client-checks.ts';
import { checkAccess, readAccessFindings } from './access-check.ts';
import { checkCsrf, checkFlow } from './flow-checks.ts';
import type { FlowTrace } from './flow-trace.ts';
import { checkRole, readRoleFindings } from './role-check.ts';

export interface DiagnosisDeps {
  readonly clients: Pick<ClientStore, 'read' | 'list'>;
  readonly roles: RoleStore;
  readonly accessPolicies: Pick<AccessPolicyStore, 'read'>;
  readonly subscriptions: Subscriptions;
  /** Of `token_endpoint_auth_method`: those that this server takes. */
  readonly authMethods: readonly string[];
  readonly clock: Clock;
}

/** The call that is asked about. */
export interface CallToDiagnose {
  /** As it stands in the URL after `/http`. */
  readonly path: string;
  readonly method: string;
  readonly trace: FlowTrace;
}

/**
 * Walks the chain from a client to an iFlow in the order in which a token request and then a call
 * meet its links, and goes on behind a broken one as far as anything can be said. Reads what
 * storage holds at this moment and changes nothing.
 * @param call left out, only what concerns the client is checked.
 */
export async function diagnose(
  deps: DiagnosisDeps,
  clientId: string,
  call?: CallToDiagnose,
): Promise<Diagnosis> {
  const client = isClientId(clientId) ? (await deps.clients.read(clientId))?.value : undefined;
  const checks = [
    ...(await diagnoseClient(deps, clientId, client, call !== undefined)),
    ...(call === undefined ? [] : await diagnoseCall(deps, clientId, client, call)),
  ];
  return { ok: checks.every((check) => check.ok), checks };
}

async function diagnoseClient(
  { clients, subscriptions, authMethods, clock }: DiagnosisDeps,
  clientId: string,
  client: Client | undefined,
  callsFlow: boolean,
): Promise<readonly Check[]> {
  if (client !== undefined) {
    return [
      ...checkClient(client, clock.now(), authMethods),
      checkSubscription(client, subscriptions, callsFlow),
    ];
  }
  const similar = similarIds(clientId);
  const { items } = await searchClients(clients, similar.text, { limit: 200 });
  const others = items.map((one) => one.clientId).filter((id) => similar.matches(id));
  return [explainAbsence(clientId, others)];
}

/**
 * Roles are given to names, so that the user's can be judged before its client is there. Of a client
 * that speaks for others only, they are not looked at: whose roles decide is not known.
 */
async function diagnoseCall(
  deps: DiagnosisDeps,
  clientId: string,
  client: Client | undefined,
  { path, method, trace }: CallToDiagnose,
): Promise<readonly Check[]> {
  const flow = checkFlow(path, trace);
  if (trace.served === undefined) return [flow];
  const { served } = trace;
  const speaksForItself = client?.grantTypes.includes('client_credentials') ?? isClientId(clientId);
  const role = speaksForItself
    ? [checkRole(await readRoleFindings(deps.roles, deps.subscriptions, clientId, served.userRole))]
    : [];
  const findings = await readAccessFindings(deps, clientId, speaksForItself, served);
  const access = checkAccess(served, findings);
  return [
    flow,
    ...role,
    ...(access === undefined ? [] : [access]),
    checkCsrf(path, method, served),
  ];
}
