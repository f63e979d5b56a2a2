import type { MessageLogEntry, MessageLogQuery, MessageLogReader } from '../monitor/message-log.ts';
import { ODataError } from './errors.ts';
import { logQueryOf } from './message-log-filter.ts';
import type { Entity } from './model.ts';
import { applyOptions, type OrderBy, type QueryOptions } from './query-options.ts';

interface Wanted {
  readonly skip: number;
  readonly top: number;
  readonly count: boolean;
}

/**
 * The page of entries that the options ask for.
 * @param toEntity how an entry looks to `$filter`, for the one that is looked up by its guid.
 * @throws {ODataError} 501 for a filter or an order that the log cannot answer.
 */
export async function selectEntries(
  reader: MessageLogReader,
  options: QueryOptions,
  wanted: Wanted,
  toEntity: (entry: MessageLogEntry) => Entity,
): Promise<{ entries: MessageLogEntry[]; count: number | undefined }> {
  const asked = logQueryOf(options.filter);
  if (asked === 'nothing') return { entries: [], count: wanted.count ? 0 : undefined };
  if ('messageGuid' in asked) {
    const entry = await reader.find(asked.messageGuid);
    const found = entry === undefined ? [] : [entry];
    const { page, count } = applyOptions(found.map(toEntity), { ...options, ...wanted });
    return { entries: page.length === 0 ? [] : found, count: wanted.count ? count : undefined };
  }
  const order = orderOf(options.orderBy);
  const query = { ...asked, orderBy: order.by, descending: order.descending };
  if (order.byStatus === undefined) return reader.query({ ...query, ...wanted });
  return selectByStatus(reader, query, order.byStatus, wanted);
}

/** `$orderby=Status,…`: there are few statuses, so each is asked for in its turn. */
async function selectByStatus(
  reader: MessageLogReader,
  query: Omit<MessageLogQuery, keyof Wanted>,
  direction: 'ascending' | 'descending',
  wanted: Wanted,
): Promise<{ entries: MessageLogEntry[]; count: number | undefined }> {
  const statuses = [...(query.status ?? ALL_STATUSES)].sort();
  if (direction === 'descending') statuses.reverse();
  const entries: MessageLogEntry[] = [];
  let total = 0;
  for (const status of statuses) {
    const found = await reader.query({
      ...query,
      status: [status],
      skip: Math.max(0, wanted.skip - total),
      top: wanted.top - entries.length,
      count: true,
    });
    entries.push(...found.entries);
    total += found.count ?? 0;
  }
  return { entries, count: wanted.count ? total : undefined };
}

const ALL_STATUSES: readonly MessageLogEntry['status'][] = ['COMPLETED', 'FAILED', 'ESCALATED'];

interface LogOrder {
  readonly byStatus: 'ascending' | 'descending' | undefined;
  readonly by: MessageLogQuery['orderBy'];
  readonly descending: boolean;
}

/** Latest first where nothing is asked for. */
function orderOf(orderBy: readonly OrderBy[]): LogOrder {
  const [first, ...rest] = orderBy;
  const byStatus = first?.property === 'Status' ? first : undefined;
  const [time, ...more] = byStatus === undefined ? orderBy : rest;
  const by = time?.property ?? 'LogStart';
  if ((by !== 'LogStart' && by !== 'LogEnd') || more.length > 0) {
    throw ODataError.notImplemented(
      '$orderby understands LogStart, LogEnd, and Status followed by one of them; each may be followed by desc.',
    );
  }
  return {
    byStatus: byStatus && (byStatus.descending ? 'descending' : 'ascending'),
    by,
    descending: time?.descending ?? true,
  };
}
