import type { WriteBehind } from './write-behind.ts';

/** One entry of the message processing log (MPL); field names as in `MessageProcessingLogs`. */
export interface MessageLogEntry {
  readonly messageGuid: string;
  readonly correlationId: string;
  /** Milliseconds since the epoch. */
  readonly logStart: number;
  readonly logEnd: number;
  readonly status: 'COMPLETED' | 'FAILED' | 'ESCALATED';
  /** User that sent the message. */
  readonly sender: string;
  readonly receiver: string;
  readonly flowId: string;
  readonly flowName: string;
  readonly packageId: string;
  readonly packageName: string;
  readonly customStatus: string;
  readonly applicationMessageId: string;
  readonly applicationMessageType: string;
  /** Left out where the flow logs all of its messages: INFO. */
  readonly logLevel?: 'ERROR';
  /** Text of the failure; '' when there was none. */
  readonly errorText: string;
  readonly customHeaders: readonly { readonly name: string; readonly value: string }[];
  /** What scripts have attached, whose content is kept apart; left out where there is nothing. */
  readonly attachments?: readonly MessageLogAttachment[];
}

export interface MessageLogAttachment {
  readonly name: string;
  /** Media type, as the script has given it. */
  readonly contentType: string;
  /** Bytes, in UTF-8. */
  readonly size: number;
}

/** Where dispatch puts entries: kept in memory and written behind the answer within one second. */
export type MessageLogWriter = WriteBehind<MessageLogEntry>;

export interface MessageLogQuery {
  /** Inclusive bounds on LogStart, milliseconds since the epoch. */
  readonly startFrom?: number;
  readonly startTo?: number;
  readonly endFrom?: number;
  readonly endTo?: number;
  readonly status?: readonly MessageLogEntry['status'][];
  readonly flowId?: string;
  readonly flowName?: string;
  readonly correlationId?: string;
  readonly applicationMessageId?: string;
  readonly applicationMessageType?: string;
  readonly sender?: string;
  readonly customStatus?: string;
  readonly orderBy: 'LogStart' | 'LogEnd';
  readonly descending: boolean;
  readonly skip: number;
  readonly top: number;
  /** Also count all matches. */
  readonly count: boolean;
}

export interface MessageLogReader {
  find(messageGuid: string): Promise<MessageLogEntry | undefined>;
  query(query: MessageLogQuery): Promise<{ entries: MessageLogEntry[]; count: number | undefined }>;
}
