import type { MessageLogEntry } from '../../monitor/message-log.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { Exchange, Value } from '../exchange.ts';
import { type LogLevel, monitoredText } from '../monitoring.ts';
import { isAsArrived } from './outgoing.ts';
import type { ScriptLogEntry } from '../script/engine.ts';
import { listAttachments } from './log-attachments.ts';

export interface Processed {
  readonly messageGuid: string;
  readonly correlationId: string;
  readonly logStart: number;
  readonly logEnd: number;
  /** Whom the log names as the sender unless the flow does. */
  readonly user: string;
  readonly deployment: Deployment;
  readonly exchange: Exchange;
  /** The headers as the message arrived: who has sent it is not for the sender to say. */
  readonly arrived: ReadonlyMap<string, Value>;
  /** Those that the flow has named. */
  readonly receivers: string;
  readonly logLevel: LogLevel;
  readonly scriptLog: readonly ScriptLogEntry[];
  /** Why it failed, or what the sender of one that was escalated is told. */
  readonly failure: string | undefined;
  readonly escalated: boolean;
}

const LONGEST_ERROR = 4000;

/**
 * The message's entry in the processing log, with what the flow has said of it in the headers and
 * properties that SAP names for this (SAP Help: Headers and Exchange Properties), cut to SAP's lengths.
 */
export function makeLogEntry(message: Processed): MessageLogEntry {
  const { exchange, deployment } = message;
  // SAP Help, Setting Log Levels: at the level Error no attachments are recorded.
  const attachments = message.logLevel === 'ERROR' ? [] : listAttachments(message.scriptLog);
  return {
    messageGuid: message.messageGuid,
    correlationId: message.correlationId,
    logStart: message.logStart,
    logEnd: message.logEnd,
    status: message.escalated
      ? 'ESCALATED'
      : message.failure !== undefined
        ? 'FAILED'
        : 'COMPLETED',
    sender: senderOf(message),
    receiver: message.receivers,
    flowId: deployment.id,
    flowName: deployment.name,
    packageId: deployment.packageId,
    packageName: deployment.packageName,
    customStatus: monitoredText(
      exchange.properties.get('SAP_MessageProcessingLogCustomStatus'),
      40,
    ).replace(/[^A-Za-z0-9]/g, ''),
    applicationMessageId: monitoredText(exchange.headers.get('SAP_ApplicationID'), 120),
    applicationMessageType: monitoredText(exchange.headers.get('SAP_MessageType'), 100),
    ...(message.logLevel === 'ERROR' ? { logLevel: message.logLevel } : {}),
    errorText: (message.failure ?? '').slice(0, LONGEST_ERROR),
    customHeaders: message.scriptLog
      .filter((entry) => entry.kind === 'customHeader')
      .map(({ name, value }) => ({ name: name.slice(0, 100), value: value.slice(0, 200) })),
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}

function senderOf({ exchange, arrived, user }: Processed): string {
  const value = exchange.headers.get('SAP_Sender');
  if (value === undefined || isAsArrived(arrived, 'sap_sender', value)) return user;
  return monitoredText(value, 120) || user;
}
