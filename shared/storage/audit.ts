import type { LogStore } from '../monitor/log-store.ts';
import type { AuditEntry } from '../registry/audit/audit-entry.ts';
import { openPackedLog } from './packed-log.ts';
import type { Tables } from './tables.ts';

/** The table `audit`. An entry appended by itself is replaced when it is appended again. */
export function openAuditStore(tables: Tables): LogStore<AuditEntry> {
  return openPackedLog(tables, 'audit', {
    timeOf: (entry: AuditEntry) => entry.time,
    idOf: (entry) => entry.id,
  });
}
