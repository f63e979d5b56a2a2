import type { MessageLogEntry, MessageLogQuery } from '../monitor/message-log.ts';
import { ODataError } from './errors.ts';
import { type Comparison, conjunctsOf, type Filter, matches, propertiesOf } from './filter.ts';

export type LogQuery = Omit<MessageLogQuery, 'orderBy' | 'descending' | 'skip' | 'top' | 'count'>;

const STATUSES: readonly MessageLogEntry['status'][] = ['COMPLETED', 'FAILED', 'ESCALATED'];

/** Properties that are looked up by equality, as SAP's documentation has it for ids. */
const BY_EQUALITY = {
  'IntegrationArtifact/Id': 'flowId',
  'IntegrationArtifact/Name': 'flowName',
  IntegrationFlowName: 'flowName',
  CorrelationId: 'correlationId',
  ApplicationMessageId: 'applicationMessageId',
  ApplicationMessageType: 'applicationMessageType',
  Sender: 'sender',
  CustomStatus: 'customStatus',
} as const satisfies Record<string, keyof LogQuery>;

interface Draft {
  status?: MessageLogEntry['status'][];
  startFrom?: number;
  startTo?: number;
  endFrom?: number;
  endTo?: number;
  flowId?: string;
  flowName?: string;
  correlationId?: string;
  applicationMessageId?: string;
  applicationMessageType?: string;
  sender?: string;
  customStatus?: string;
}

/**
 * What a `$filter` on message processing logs asks of the log: comparisons joined with `and`, and
 * any condition on `Status` alone.
 * @returns `nothing` where no entry can match; a message's guid where one is named.
 * @throws {ODataError} 501 for a filter that the log cannot answer.
 */
export function logQueryOf(
  filter: Filter | undefined,
): LogQuery | { readonly messageGuid: string } | 'nothing' {
  const draft: Draft = {};
  let messageGuid: string | undefined;
  for (const part of filter === undefined ? [] : conjunctsOf(filter)) {
    const properties = propertiesOf(part);
    if (properties.size === 1 && properties.has('Status')) {
      draft.status = (draft.status ?? STATUSES).filter((status) =>
        matches(part, { Status: status }),
      );
      if (draft.status.length === 0) return 'nothing';
      continue;
    }
    if (part.kind !== 'compare') throw cannotAnswer('or, but between conditions on Status');
    if (part.property === 'LogStart' || part.property === 'LogEnd') {
      narrow(draft, part);
      continue;
    }
    if (part.operator !== 'eq') throw cannotAnswer(`${part.property} ${part.operator}`);
    if (typeof part.literal !== 'string') return 'nothing';
    if (part.property === 'MessageGuid') {
      messageGuid = part.literal;
      continue;
    }
    const field = fieldOf(part.property);
    if (draft[field] !== undefined && draft[field] !== part.literal) return 'nothing';
    draft[field] = part.literal;
  }
  // The one entry is compared with the whole filter by whoever has found it.
  return messageGuid === undefined ? draft : { messageGuid };
}

function narrow(draft: Draft, { property, operator, literal }: Comparison): void {
  const [from, to] =
    property === 'LogStart' ? (['startFrom', 'startTo'] as const) : (['endFrom', 'endTo'] as const);
  if (typeof literal !== 'number' || operator === 'ne') {
    throw cannotAnswer(`${property} ${operator}`);
  }
  // The log keeps whole milliseconds, so `gt` begins at the next one.
  if (operator !== 'lt' && operator !== 'le') {
    const bound = operator === 'gt' ? literal + 1 : literal;
    draft[from] = Math.max(draft[from] ?? bound, bound);
  }
  if (operator !== 'gt' && operator !== 'ge') {
    const bound = operator === 'lt' ? literal - 1 : literal;
    draft[to] = Math.min(draft[to] ?? bound, bound);
  }
}

function fieldOf(property: string): (typeof BY_EQUALITY)[keyof typeof BY_EQUALITY] {
  for (const [name, field] of Object.entries(BY_EQUALITY)) if (name === property) return field;
  throw cannotAnswer(property);
}

function cannotAnswer(what: string): ODataError {
  return ODataError.notImplemented(
    `$filter on MessageProcessingLogs does not understand ${what}. It understands conditions joined with and: Status; LogStart and LogEnd with eq, ge, gt, le, lt; MessageGuid, ${Object.keys(BY_EQUALITY).join(', ')} with eq.`,
  );
}
