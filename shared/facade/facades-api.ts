import { type Handler, type HttpReply, json } from '../http/call.ts';
import { Fault } from '../http/fault.ts';
import { Problem } from '../http/problem.ts';
import type { PrivateHosts } from '../net/private-hosts.ts';
import type { BearerGate } from '../oauth/gate.ts';
import type { AuditTrail } from '../registry/audit/audit-trail.ts';
import { readJsonObject } from '../registry/api/json-body.ts';
import type { Facade } from './facade-bundle.ts';
import { readFacadeRequest } from './facade-request.ts';
import { type FacadeDeps, type MadeFacade, makeFacade } from './make-facade.ts';

export interface FacadesApiDeps extends FacadeDeps {
  readonly gate: BearerGate;
  /** `<account>tmn`. */
  readonly subscription: string;
  /** Base of every address that is shown; no trailing slash. */
  readonly issuer: string;
  readonly privateHosts: PrivateHosts;
  readonly trail: Pick<AuditTrail, 'change'>;
}

const METHODS = ['POST', 'OPTIONS'];
/** Those that may write credentials and iFlows, and deploy. */
const WRITERS = ['AuthGroup.IntegrationDeveloper', 'AuthGroup.Administrator'];

/**
 * `POST /registry/v1/facades`: an address here for an iFlow on a tenant, in one call. 201 where the
 * iFlow was made, 200 where it was there and is as asked for now.
 */
export function createFacadesApi(deps: FacadesApiDeps): Handler {
  return async (call) => {
    if (!/\/facades\/?$/.test(call.url.pathname)) {
      throw Problem.notFound(
        'There is nothing at this address. Facades are made at /registry/v1/facades.',
      );
    }
    if (call.method === 'OPTIONS') return { status: 204, headers: { Allow: METHODS.join(', ') } };
    if (call.method !== 'POST') throw Fault.methodNotAllowed(METHODS);
    const caller = await deps.gate.authenticate(call, deps.subscription);
    await deps.gate.requireRole(caller, WRITERS);
    const request = readFacadeRequest(await readJsonObject(call), deps.privateHosts);
    const made = await makeFacade(request, deps, caller.user, (event, work) =>
      deps.trail.change({ ...event, actor: caller.user, call }, work),
    );
    return reply(request.facade, made, deps);
  };
}

function reply(
  facade: Facade,
  { deployment, isNew }: MadeFacade,
  { issuer }: FacadesApiDeps,
): HttpReply {
  const url = `${issuer}/http${facade.address}`;
  return json(isNew ? 201 : 200, {
    iflow_id: facade.iflowId,
    name: facade.name,
    package_id: deployment.packageId,
    credential_name: facade.credentialName,
    address: facade.address,
    url,
    target_url: facade.targetUrl,
    user_role: facade.userRole,
    status: deployment.status,
  });
}
