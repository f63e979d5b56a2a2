import type { Handler, HttpCall, HttpReply } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import { BearerFault, type BearerGate } from '../../oauth/gate.ts';
import type { Deployment, DeploymentDirectory } from '../deployment/deployment.ts';
import { findDeployed } from '../deployment/find-deployed.ts';
import type { AccessPolicyDirectory } from '../../registry/access-policies/directory.ts';
import type { CompiledFlow, CorsSettings, HttpsSender } from '../flow.ts';
import { requireAccess } from './access.ts';
import type { CertificateReader, SenderCertificate } from './certificates.ts';
import { answerPreflight, corsHeaders, isPreflight, withCors } from './cors.ts';
import type { CsrfTokens } from './csrf.ts';
import type { FlowCache } from '../flow-cache.ts';
import { makeExchange } from './incoming.ts';
import type { MessageProcessor } from '../process-message.ts';
import { makeReply } from './outgoing.ts';
import type { FindAddress, FoundAddress } from './routing.ts';

export interface DispatchDeps {
  readonly gate: BearerGate;
  /** The subscription that iFlows run in. */
  readonly subscription: string;
  readonly deployments: DeploymentDirectory;
  readonly findAddress: FindAddress;
  readonly flows: FlowCache;
  readonly processor: MessageProcessor;
  readonly csrf: CsrfTokens;
  readonly accessPolicies: Pick<AccessPolicyDirectory, 'allowListOf'>;
  /** Undefined while client certificates are switched off. */
  readonly certificates: CertificateReader | undefined;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

interface Destination {
  readonly deployment: Deployment;
  readonly flow: CompiledFlow;
  readonly sender: HttpsSender;
  readonly wildcardTail: string;
}

/**
 * `ANY /http/{address}`: bearer token or client certificate, address, role, access policy, CSRF token,
 * flow, answer. Whoever shows no good token learns nothing about addresses. A message that reaches a
 * flow leaves an entry in the message processing log, whatever becomes of it.
 */
export function createDispatchEndpoint(deps: DispatchDeps): Handler {
  return async (call) => {
    if (call.method === 'OPTIONS') return answerOptions(call, deps);
    try {
      const { caller, destination } = await call.trace.span('dispatch.gate', () =>
        passGate(call, deps),
      );
      const reply = await answer(call, caller, destination, deps);
      return withCors(reply, call, destination.flow.settings.cors);
    } catch (error) {
      if (!(error instanceof Fault) || !call.headers.has('origin')) throw error;
      throw error.with(corsHeaders(call, await corsOf(call, deps)));
    }
  };
}

const ALLOW = METHODS.join(', ');

async function answerOptions(call: HttpCall, deps: DispatchDeps): Promise<HttpReply> {
  if (!isPreflight(call)) return { status: 204, headers: { Allow: ALLOW } };
  return answerPreflight(call, await corsOf(call, deps), ALLOW);
}

/** What the flow at the address of the call says of browsers' pages, whoever calls. */
async function corsOf(call: HttpCall, deps: DispatchDeps): Promise<CorsSettings | undefined> {
  try {
    return (await findDestination(call, deps)).flow.settings.cors;
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

async function answer(
  call: HttpCall,
  caller: MessageSender,
  destination: Destination,
  { csrf, processor }: DispatchDeps,
): Promise<HttpReply> {
  const { sender } = destination;
  if (sender.csrfProtected) {
    const fetched = answerCsrfFetch(call, caller, sender, csrf);
    if (fetched !== undefined) return fetched;
    requireCsrfToken(call, caller, sender, csrf);
  }
  const body = await call.bytes(sender.maximumBodySize);
  return process(call, caller, destination, body, processor);
}

/** Who sends a message: the user of a token, or whoever a client certificate names. */
interface MessageSender {
  /** '' in the exchange where it is a certificate that was shown. */
  readonly user: string;
  /** For the log, and for what is bound to the sender. */
  readonly name: string;
  readonly certificate?: SenderCertificate;
}

async function passGate(
  call: HttpCall,
  deps: DispatchDeps,
): Promise<{ readonly caller: MessageSender; readonly destination: Destination }> {
  const certified = await passByCertificate(call, deps);
  if (certified !== undefined) return certified;
  const caller = await deps.gate.authenticate(call, deps.subscription);
  const destination = await findDestination(call, deps);
  const { deployment, sender } = destination;
  call.annotate({ iflow: deployment.id });
  if (sender.clientCertificates !== undefined) {
    throw new BearerFault(
      'access_policy',
      'This address asks for a client certificate and takes no token. Show one that its sender channel names.',
      { user: caller.user },
    );
  }
  await deps.gate.requireRole(caller, [sender.userRole]);
  await requireAccess(deps, deployment, caller);
  return { caller: { user: caller.user, name: caller.user }, destination };
}

/**
 * A call without a token, by a certificate that the address lets in. Any other is answered like one
 * that shows nothing: it learns nothing about addresses.
 */
async function passByCertificate(
  call: HttpCall,
  deps: DispatchDeps,
): Promise<{ readonly caller: MessageSender; readonly destination: Destination } | undefined> {
  if (deps.certificates === undefined || call.headers.has('authorization')) return undefined;
  const certificate = await deps.certificates.read(call);
  if (certificate === undefined) return undefined;
  try {
    const destination = await findDestination(call, deps);
    const { clientCertificates } = destination.sender;
    if (clientCertificates === undefined || !certificate.isNamedBy(clientCertificates)) {
      return undefined;
    }
    call.annotate({ iflow: destination.deployment.id, certificate: certificate.subject });
    await requireAccess(deps, destination.deployment, undefined);
    return { caller: { user: '', name: certificate.subject, certificate }, destination };
  } catch (error) {
    if (error instanceof Fault && error.status === 404) return undefined;
    throw error;
  }
}

async function findDestination(call: HttpCall, deps: DispatchDeps): Promise<Destination> {
  // Escaped twice, dot segments get past the host's router and may lead out of /http: to nowhere.
  const path = /^\/http(\/.*)$/i.exec(call.url.pathname)?.[1] ?? '';
  const found = await findDeployed(deps.deployments, async (snapshot) => {
    const address = deps.findAddress(snapshot, path);
    return address && (await destinationOf(address, deps.flows));
  });
  if (found !== undefined) return found;
  throw new Fault(404, `No iFlow is deployed at the address ${path.slice(0, 200)}.`, {
    reason: 'unknown_address',
  });
}

async function destinationOf(found: FoundAddress, flows: FlowCache): Promise<Destination> {
  const flow = await flows.get(found.deployment.revision);
  const sender = flow.senders.find((s) => s.address === found.address);
  if (sender === undefined) {
    throw new Error(`Deployment ${found.deployment.revision} has no sender ${found.address}`);
  }
  return { deployment: found.deployment, flow, sender, wildcardTail: found.wildcardTail };
}

/** SAP Help, Use CSRF Protection: a token is fetched with GET or HEAD, and processing stops there. */
function answerCsrfFetch(
  call: HttpCall,
  caller: MessageSender,
  sender: HttpsSender,
  csrf: CsrfTokens,
): HttpReply | undefined {
  const asked = call.headers.get('x-csrf-token')?.toLowerCase() === 'fetch';
  if (!asked || (call.method !== 'GET' && call.method !== 'HEAD')) return undefined;
  return {
    status: 200,
    headers: {
      'X-CSRF-Token': csrf.make(caller.name, sender.address),
      'Cache-Control': 'no-store',
    },
  };
}

function requireCsrfToken(
  call: HttpCall,
  caller: MessageSender,
  sender: HttpsSender,
  csrf: CsrfTokens,
): void {
  if (READING.has(call.method)) return;
  const token = call.headers.get('x-csrf-token') ?? '';
  if (csrf.isGood(token, caller.name, sender.address)) return;
  throw new BearerFault(
    'csrf_required',
    'This address is CSRF protected. GET it with the header X-CSRF-Token: fetch and send the token that comes back in the same header; it is good for an hour. No cookie is needed.',
    { user: caller.user, headers: { 'X-CSRF-Token': 'required' } },
  );
}

async function process(
  call: HttpCall,
  caller: MessageSender,
  { deployment, flow, sender, wildcardTail }: Destination,
  body: Uint8Array,
  processor: MessageProcessor,
): Promise<HttpReply> {
  const { messageGuid, correlationId } = processor.newIds();
  const { user, name, certificate } = caller;
  const { address } = sender;
  const arrival = { messageGuid, correlationId, user, certificate, address, wildcardTail };
  const exchange = makeExchange(call, body, arrival, flow.settings);
  const { trace } = call;
  const processed = await processor.process(
    {
      messageGuid,
      correlationId,
      user,
      sender: name,
      deployment,
      flow,
      start: sender,
      exchange,
      trace,
    },
    makeReply,
  );
  const ids = { SAP_MessageProcessingLogID: messageGuid, 'x-correlationid': correlationId };
  call.annotate({ message: messageGuid });
  if ('result' in processed) {
    return { ...processed.result, headers: { ...processed.result.headers, ...ids } };
  }
  if ('unexpected' in processed) throw processed.unexpected as Error;
  if (processed.reason === 'busy') {
    throw new Fault(503, 'Too many scripts are running. Try again.', {
      reason: 'overloaded',
      headers: { 'Retry-After': '1' },
    });
  }
  call.annotate({ reason: 'flow_failed' });
  const shown = flow.settings.returnExceptionToSender ? `${processed.failure}\n\n` : '';
  return {
    status: 500,
    headers: {
      'Content-Type': 'text/plain;charset=UTF-8',
      'X-Content-Type-Options': 'nosniff',
      ...ids,
    },
    body: failureText(shown, messageGuid),
  };
}

/** SAP's wording to the letter, its spelling included: callers search for it. */
function failureText(shown: string, messageGuid: string): string {
  return `An internal server error occured: ${shown}The MPL ID for the failed message is : ${messageGuid}\nFor more details please check tail log.`;
}
