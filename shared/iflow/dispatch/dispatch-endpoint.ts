import { REFUSE_ON_MS } from '../../cache/stale-cache.ts';
import type { Clock } from '../../config/clock.ts';
import type { Handler, HttpCall, HttpReply } from '../../http/call.ts';
import { Fault } from '../../http/fault.ts';
import { makeMessageGuid } from '../../monitor/message-guid.ts';
import type { MessageLogWriter } from '../../monitor/message-log.ts';
import { BearerFault, type BearerGate, type Caller } from '../../oauth/gate.ts';
import type { Deployment, DeploymentDirectory } from '../deployment/deployment.ts';
import { UnknownRevision } from '../deployment/directory.ts';
import { FlowFailure, type FlowEnvironment, type FlowOutcome, type RunFlow } from '../engine.ts';
import type { CompiledFlow, HttpsSender } from '../flow.ts';
import type { CsrfTokens } from './csrf.ts';
import { FlowCache } from './flow-cache.ts';
import { makeExchange } from './incoming.ts';
import { makeLogEntry } from './log-entry.ts';
import { InvalidReply, makeReply, snapshotHeaders } from './outgoing.ts';
import type { FindAddress, FoundAddress } from './routing.ts';

export interface DispatchDeps {
  readonly gate: BearerGate;
  /** The subscription that iFlows run in. */
  readonly subscription: string;
  readonly deployments: DeploymentDirectory;
  readonly findAddress: FindAddress;
  readonly runFlow: RunFlow;
  readonly environment: Pick<FlowEnvironment, 'scriptEngine' | 'xpathEngine' | 'scriptLimits'>;
  readonly flowTimeoutMs: number;
  readonly csrf: CsrfTokens;
  readonly log: MessageLogWriter;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** Compiled flows kept by one instance; most are a few kB and their scripts. */
const HELD_FLOWS = { maxFlows: 1000, maxCharacters: 64 * 1024 * 1024 };
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

interface Destination {
  readonly deployment: Deployment;
  readonly flow: CompiledFlow;
  readonly sender: HttpsSender;
  readonly wildcardTail: string;
}

/**
 * `ANY /http/{address}`: bearer token, address, role, CSRF token, flow, answer. Whoever shows no
 * good token learns nothing about addresses. A message that reaches a flow leaves an entry in the
 * message processing log, whatever becomes of it.
 */
export function createDispatchEndpoint(deps: DispatchDeps): Handler {
  const flows = new FlowCache((revision) => deps.deployments.compiledFlow(revision), HELD_FLOWS);

  return async (call) => {
    if (call.method === 'OPTIONS') return { status: 204, headers: { Allow: METHODS.join(', ') } };
    const { caller, destination } = await call.trace.span('dispatch.gate', () =>
      passGate(call, deps, flows),
    );
    const { sender } = destination;
    if (sender.csrfProtected) {
      const fetched = answerCsrfFetch(call, caller, sender, deps.csrf);
      if (fetched !== undefined) return fetched;
      requireCsrfToken(call, caller, sender, deps.csrf);
    }
    const body = await call.bytes(sender.maximumBodySize);
    return process(call, caller, destination, body, deps);
  };
}

async function passGate(
  call: HttpCall,
  deps: DispatchDeps,
  flows: FlowCache,
): Promise<{ readonly caller: Caller; readonly destination: Destination }> {
  const caller = await deps.gate.authenticate(call, deps.subscription);
  const destination = await findDestination(call, deps, flows);
  const { deployment, sender } = destination;
  call.annotate({ iflow: deployment.id });
  await deps.gate.requireRole(caller, [sender.userRole]);
  return { caller, destination };
}

async function findDestination(
  call: HttpCall,
  deps: DispatchDeps,
  flows: FlowCache,
): Promise<Destination> {
  // Escaped twice, dot segments get past the host's router and may lead out of /http: to nowhere.
  const path = /^\/http(\/.*)$/i.exec(call.url.pathname)?.[1] ?? '';
  const found = deps.findAddress(await deps.deployments.current(), path);
  if (found !== undefined) {
    try {
      return await destinationOf(found, flows);
    } catch (error) {
      // It was deployed again or undeployed since: the second look decides.
      if (!(error instanceof UnknownRevision)) throw error;
    }
  }
  // A flow deployed a moment ago on another instance is looked for before the answer is 404.
  const again = deps.findAddress(await deps.deployments.current(REFUSE_ON_MS), path);
  if (again !== undefined) return destinationOf(again, flows);
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
  caller: Caller,
  sender: HttpsSender,
  csrf: CsrfTokens,
): HttpReply | undefined {
  const asked = call.headers.get('x-csrf-token')?.toLowerCase() === 'fetch';
  if (!asked || (call.method !== 'GET' && call.method !== 'HEAD')) return undefined;
  return {
    status: 200,
    headers: {
      'X-CSRF-Token': csrf.make(caller.user, sender.address),
      'Cache-Control': 'no-store',
    },
  };
}

function requireCsrfToken(
  call: HttpCall,
  caller: Caller,
  sender: HttpsSender,
  csrf: CsrfTokens,
): void {
  if (READING.has(call.method)) return;
  const token = call.headers.get('x-csrf-token') ?? '';
  if (csrf.isGood(token, caller.user, sender.address)) return;
  throw new BearerFault(
    'csrf_required',
    'This address is CSRF protected. GET it with the header X-CSRF-Token: fetch and send the token that comes back in the same header; it is good for an hour. No cookie is needed.',
    { user: caller.user, headers: { 'X-CSRF-Token': 'required' } },
  );
}

async function process(
  call: HttpCall,
  caller: Caller,
  { deployment, flow, sender, wildcardTail }: Destination,
  body: Uint8Array,
  deps: DispatchDeps,
): Promise<HttpReply> {
  const logStart = deps.clock.now();
  const messageGuid = makeMessageGuid(logStart, deps.randomBytes);
  const correlationId = makeMessageGuid(logStart, deps.randomBytes);
  const arrival = {
    messageGuid,
    correlationId,
    user: caller.user,
    address: sender.address,
    wildcardTail,
  };
  const exchange = makeExchange(call, body, arrival, flow.settings);
  const arrived = snapshotHeaders(exchange.headers);
  let outcome: FlowOutcome = { log: [] };
  let failure: string | undefined;
  let reply: HttpReply | undefined;
  let unexpected: unknown;
  try {
    const environment: FlowEnvironment = {
      now: () => deps.clock.now(),
      revision: deployment.revision,
      trace: call.trace,
      ...deps.environment,
    };
    outcome = await call.trace.span(
      'flow.run',
      () =>
        withinTime(
          deps.runFlow(flow, sender, exchange, environment, logStart + deps.flowTimeoutMs),
          deps.flowTimeoutMs,
        ),
      { 'flowgate.iflow': deployment.id, 'flowgate.message_guid': messageGuid },
    );
    reply = makeReply(exchange, arrived);
  } catch (error) {
    if (error instanceof FlowFailure || error instanceof InvalidReply) {
      failure = error.message;
      if (error instanceof FlowFailure && error.reason === 'busy') {
        unexpected = new Fault(503, 'Too many scripts are running. Try again.', {
          reason: 'overloaded',
          headers: { 'Retry-After': '1' },
        });
      }
    } else {
      failure = 'The server met an error of its own.';
      unexpected = error;
    }
  }
  deps.log.add(
    makeLogEntry({
      messageGuid,
      correlationId,
      logStart,
      logEnd: deps.clock.now(),
      user: caller.user,
      deployment,
      exchange,
      arrived,
      scriptLog: outcome.log,
      failure,
    }),
  );
  const ids = { SAP_MessageProcessingLogID: messageGuid, 'x-correlationid': correlationId };
  call.annotate({ message: messageGuid });
  if (reply !== undefined) return { ...reply, headers: { ...reply.headers, ...ids } };
  if (unexpected !== undefined) throw unexpected as Error;
  call.annotate({ reason: 'flow_failed' });
  const shown = flow.settings.returnExceptionToSender ? `${failure ?? ''}\n\n` : '';
  return {
    status: 500,
    headers: { 'Content-Type': 'text/plain;charset=UTF-8', ...ids },
    body: failureText(shown, messageGuid),
  };
}

/** SAP's wording to the letter, its spelling included: callers search for it. */
function failureText(shown: string, messageGuid: string): string {
  return `An internal server error occured: ${shown}The MPL ID for the failed message is : ${messageGuid}\nFor more details please check tail log.`;
}

/** The engine looks at the deadline between steps; this ends the wait for a step that does not. */
async function withinTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const overtime = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const text = `The flow took longer than ${ms / 1000} s.`;
      reject(new FlowFailure({ id: '', name: '' }, 'timeout', text));
    }, ms);
  });
  try {
    return await Promise.race([work, overtime]);
  } finally {
    clearTimeout(timer);
  }
}
