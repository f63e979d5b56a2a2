import type { LogStore } from '../monitor/log-store.ts';
import type { MessageLogEntry } from '../monitor/message-log.ts';
import { openPackedLog } from './packed-log.ts';
import type { Tables } from './tables.ts';

/** The table `messagelogs`, by LogStart. */
export function createMessageLogStore(tables: Tables): LogStore<MessageLogEntry> {
  return openPackedLog(tables, 'messagelogs', {
    timeOf: (entry: MessageLogEntry) => entry.logStart,
    idOf: (entry) => entry.messageGuid,
  });
}
