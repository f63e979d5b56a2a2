import type { Clock } from '../config/clock.ts';
import { drawnAhead } from '../monitor/drawn-ahead.ts';
import type { LogAttachmentWriter } from '../monitor/log-attachments.ts';
import { makeMessageGuid } from '../monitor/message-guid.ts';
import type { MessageLogWriter } from '../monitor/message-log.ts';
import type { Trace } from '../telemetry/telemetry.ts';
import { OWN_HEADERS, ruleOf } from './allowed-headers.ts';
import type { Deployment, DeploymentDirectory } from './deployment/deployment.ts';
import { findDeployed } from './deployment/find-deployed.ts';
import { attachmentContents } from './dispatch/log-attachments.ts';
import { makeLogEntry } from './dispatch/log-entry.ts';
import { InvalidReply, snapshotHeaders } from './dispatch/outgoing.ts';
import { type FlowEnvironment, FlowFailure, type RunFlow } from './engine.ts';
import { type Exchange, HeaderMap, type Value } from './exchange.ts';
import type { CompiledFlow, ProcessDirectSender } from './flow.ts';
import type { FlowCache } from './flow-cache.ts';
import type { ScriptLogEntry } from './script/engine.ts';
import { correlatesLogs, logLevelOf, Receivers } from './monitoring.ts';
import { StepFailure } from './steps/step-failure.ts';

export interface MessageProcessorDeps {
  readonly runFlow: RunFlow;
  readonly environment: Omit<
    FlowEnvironment,
    'now' | 'randomBytes' | 'revision' | 'trace' | 'processDirect' | 'handedOver' | 'noteReceiver'
  >;
  readonly deployments: DeploymentDirectory;
  readonly flows: FlowCache;
  readonly flowTimeoutMs: number;
  readonly log: MessageLogWriter;
  readonly logAttachments: Pick<LogAttachmentWriter, 'add'>;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** A message that has come to a flow. */
export interface ArrivedMessage {
  readonly messageGuid: string;
  readonly correlationId: string;
  /** Who has sent it; '' for a client certificate and for a timer. */
  readonly user: string;
  /** Whom the log names as the sender where nothing else does: the user, or the certificate. */
  readonly sender: string;
  readonly deployment: Deployment;
  readonly flow: CompiledFlow;
  readonly start: { readonly processId: string; readonly startId: string };
  readonly exchange: Exchange;
  readonly trace: Trace;
}

/** What became of it. */
export type Processed<T> =
  | { readonly result: T }
  /** The flow failed: the text stands in the log. */
  | { readonly failure: string; readonly reason: string }
  /** We failed. */
  | { readonly unexpected: unknown };

/** Flows that hand a message on to each other, one after the other. */
const MAX_HANDOVERS = 20;

/**
 * Runs messages through flows, each with its time limit and its entry in the message processing log.
 */
export interface MessageProcessor {
  newIds(): { readonly messageGuid: string; readonly correlationId: string };
  /**
   * @param conclude makes the answer of what the exchange holds at the end.
   */
  process<T>(
    message: ArrivedMessage,
    conclude: (exchange: Exchange, arrived: ReadonlyMap<string, Value>) => T,
  ): Promise<Processed<T>>;
}

export function createMessageProcessor(deps: MessageProcessorDeps): MessageProcessor {
  const { clock } = deps;
  const randomBytes = drawnAhead(deps.randomBytes);

  const newIds: MessageProcessor['newIds'] = () => {
    const now = clock.now();
    return {
      messageGuid: makeMessageGuid(now, randomBytes),
      correlationId: makeMessageGuid(now, randomBytes),
    };
  };

  const run = async <T>(
    message: ArrivedMessage,
    deadline: number,
    handedOver: FlowEnvironment['handedOver'],
    conclude: (exchange: Exchange, arrived: ReadonlyMap<string, Value>) => T,
  ): Promise<Processed<T>> => {
    const { flow, start, exchange, deployment, trace, messageGuid } = message;
    const logStart = clock.now();
    const arrived = snapshotHeaders(exchange.headers);
    const logLevel = logLevelOf(exchange, flow.settings);
    const receivers = new Receivers();
    const scriptLog: ScriptLogEntry[] = [];
    const times = (handedOver?.times ?? 0) + 1;
    const environment: FlowEnvironment = {
      ...deps.environment,
      now: () => clock.now(),
      randomBytes: deps.randomBytes,
      revision: deployment.revision,
      trace,
      ...(handedOver === undefined ? {} : { handedOver }),
      processDirect: (address, handed, from, until, room) =>
        handOver(message, address, from, until, { times, room, original: handed }),
      noteReceiver: receivers.note.bind(receivers),
    };
    let processed: Processed<T>;
    let escalated = false;
    try {
      const timeLeft = Math.max(0, deadline - logStart);
      const outcome = await trace.span(
        'flow.run',
        () =>
          withinTime(
            deps.runFlow(flow, start, exchange, environment, deadline, scriptLog),
            timeLeft,
            deps.flowTimeoutMs,
          ),
        { 'flowgate.iflow': deployment.id, 'flowgate.message_guid': messageGuid },
      );
      escalated = outcome.status === 'ESCALATED';
      processed =
        outcome.status === 'ESCALATED' && outcome.raised !== undefined
          ? { failure: outcome.raised, reason: 'escalated' }
          : { result: conclude(exchange, arrived) };
    } catch (error) {
      escalated = false;
      processed =
        error instanceof FlowFailure
          ? { failure: error.message, reason: error.reason }
          : error instanceof InvalidReply
            ? { failure: error.message, reason: 'invalid_reply' }
            : { unexpected: error };
    }
    const failure =
      'failure' in processed
        ? processed.failure
        : 'unexpected' in processed
          ? 'The server met an error of its own.'
          : undefined;
    if (logLevel === 'NONE' || (logLevel === 'ERROR' && failure === undefined && !escalated))
      return processed;
    if (logLevel === 'INFO') {
      for (const content of attachmentContents(messageGuid, scriptLog)) {
        deps.logAttachments.add(content);
      }
    }
    deps.log.add(
      makeLogEntry({
        messageGuid,
        correlationId: message.correlationId,
        logStart,
        logEnd: clock.now(),
        user: message.sender,
        deployment,
        exchange,
        arrived,
        receivers: receivers.toString(),
        logLevel,
        scriptLog,
        failure,
        escalated,
      }),
    );
    return processed;
  };

  /**
   * SAP Help, ProcessDirect Adapter: a log entry of its own with the same correlation id, unless the
   * flow that hands it over has said that they are not to be correlated.
   */
  const handOver = async (
    message: ArrivedMessage,
    address: string,
    from: CompiledFlow,
    deadline: number,
    handover: NonNullable<FlowEnvironment['handedOver']>,
  ): Promise<void> => {
    const { original: exchange } = handover;
    if (handover.times > MAX_HANDOVERS) {
      const text = `Flows hand the message on more than ${MAX_HANDOVERS} times: do they call each other in a circle?`;
      throw new StepFailure('too_deep', text);
    }
    const { deployment, flow, sender } = await findDirect(address, deps);
    const own = newIds();
    const { messageGuid } = own;
    const { correlationId } = correlatesLogs(exchange) ? message : own;
    const { user, sender: originator, trace } = message;
    const handed = handedOver(exchange, flow, { messageGuid, correlationId, user });
    const processed = await run(
      {
        messageGuid,
        correlationId,
        user,
        sender: originator,
        deployment,
        flow,
        start: sender,
        exchange: handed,
        trace,
      },
      deadline,
      handover,
      () => undefined,
    );
    if ('unexpected' in processed) throw processed.unexpected as Error;
    if ('failure' in processed) {
      const reason = processed.reason === 'busy' ? 'busy' : 'process_direct';
      throw new StepFailure(reason, processed.failure);
    }
    exchange.body = handed.body;
    exchange.attachments.clear();
    for (const [name, value] of handed.attachments) exchange.attachments.set(name, value);
    copyAllowed(handed.headers, exchange.headers, from);
  };

  return {
    newIds,
    process: (message, conclude) =>
      run(message, clock.now() + deps.flowTimeoutMs, undefined, conclude),
  };
}

interface DirectConsumer {
  readonly deployment: Deployment;
  readonly flow: CompiledFlow;
  readonly sender: ProcessDirectSender;
}

async function findDirect(
  address: string,
  { deployments: directory, flows }: MessageProcessorDeps,
): Promise<DirectConsumer> {
  const found = await findDeployed(directory, async ({ deployments }) => {
    const deployment = deployments.find(
      ({ status, directAddresses = [] }) =>
        status === 'STARTED' && directAddresses.includes(address),
    );
    if (deployment === undefined) return undefined;
    const flow = await flows.get(deployment.revision);
    const sender = flow.directSenders.find((one) => one.address === address);
    return sender && { deployment, flow, sender };
  });
  if (found !== undefined) return found;
  const text = `No iFlow with the ProcessDirect address ${address.slice(0, 200)} is deployed.`;
  throw new StepFailure('no_consumer', text);
}

function handedOver(
  exchange: Exchange,
  flow: CompiledFlow,
  ids: { readonly messageGuid: string; readonly correlationId: string; readonly user: string },
): Exchange {
  const headers = new HeaderMap();
  copyAllowed(exchange.headers, headers, flow);
  if (ids.user !== '') headers.set('SapAuthenticatedUserName', ids.user);
  headers.set('SAP_MessageProcessingLogID', ids.messageGuid);
  headers.set('SAP_MplCorrelationId', ids.correlationId);
  return {
    body: exchange.body,
    headers,
    properties: new Map([
      ['SAP_MessageProcessingLogID', ids.messageGuid],
      ['SAP_MplCorrelationId', ids.correlationId],
    ]),
    attachments: new Map(exchange.attachments),
  };
}

/** Header propagation is for the flow that receives the headers to allow. */
function copyAllowed(from: HeaderMap, to: HeaderMap, { settings }: CompiledFlow): void {
  const spellingOf = ruleOf(settings.allowedHeaders);
  for (const [name, value] of from) {
    const lower = name.toLowerCase();
    if (lower === 'content-type') to.set('Content-Type', value);
    else if (!OWN_HEADERS.includes(lower) && spellingOf(lower) !== undefined) to.set(name, value);
  }
}

/** The engine looks at the deadline between steps; this ends the wait for a step that does not. */
async function withinTime<T>(work: Promise<T>, ms: number, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const overtime = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const text = `The flow took longer than ${limitMs / 1000} s.`;
      reject(new FlowFailure({ id: '', name: '' }, 'timeout', text));
    }, ms);
  });
  try {
    return await Promise.race([work, overtime]);
  } finally {
    clearTimeout(timer);
  }
}
