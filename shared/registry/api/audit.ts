import { type HttpCall, type HttpReply, json } from '../../http/call.ts';
import type { AuditedToken, AuditEntry } from '../audit/audit-entry.ts';
import type { AuditPage } from '../audit/audit-reader.ts';
import { makeCursor, readPageRequest } from './paging.ts';
import { BASE, type RegistryDeps, type Route } from './request.ts';
import { nameOf, readFilter, readPosition, timeOf } from './trail-filters.ts';

/** Entries of one answer in JSON lines, which is for taking the trail elsewhere. */
const MOST_LINES = 5000;
const FILTERS = ['from', 'to', 'actor', 'object', 'action'] as const;

/** The trail names everybody, so it is for those who may see everything. */
export const auditRoutes: readonly Route[] = [
  {
    path: 'audit',
    readers: ['AuthGroup.Administrator', 'AuthGroup.ReadOnly'],
    operations: { GET: getAudit },
  },
];

/** Newest first; `from` is inclusive, `to` exclusive, the other filters exact. */
async function getAudit(call: HttpCall, deps: RegistryDeps): Promise<HttpReply> {
  const lines = asksForLines(call);
  const [from, to, actor, object, action] = FILTERS.map((name) => readFilter(call, name));
  const scope = ['audit', ...[from, to, actor, object, action].map((text) => text ?? '')];
  const most = lines === undefined ? {} : { most: MOST_LINES, unlessTold: MOST_LINES };
  const { limit, after } = readPageRequest(call, scope, most);
  const page = await deps.audit.reader.query({
    from: timeOf('from', from) ?? 0,
    to: timeOf('to', to) ?? Infinity,
    actor,
    object,
    action,
    limit,
    after: after === undefined ? undefined : readPosition(after),
  });
  const cursor = page.next === undefined ? undefined : makeCursor(nameOf(page.next), scope);
  return lines === undefined ? jsonReply(page, cursor) : linesReply(call, page, cursor, lines);
}

function jsonReply(page: AuditPage, cursor: string | undefined): HttpReply {
  return json(200, { items: page.entries.map(viewEntry), next_cursor: cursor ?? null });
}

/** One entry to a line; the next page is in the Link header (RFC 8288). */
function linesReply(
  call: HttpCall,
  page: AuditPage,
  cursor: string | undefined,
  type: string,
): HttpReply {
  const query = new URLSearchParams(call.url.searchParams);
  if (cursor !== undefined) query.set('cursor', cursor);
  return {
    status: 200,
    headers: {
      'Content-Type': type,
      ...(cursor === undefined ? {} : { Link: `<${BASE}/audit?${query.toString()}>; rel="next"` }),
    },
    body: page.entries.map((entry) => `${JSON.stringify(viewEntry(entry))}\n`).join(''),
  };
}

/** The media type of JSON lines that Accept names; undefined if it names none. */
function asksForLines(call: HttpCall): string | undefined {
  const accepted = (call.headers.get('accept') ?? '').toLowerCase().split(',');
  const types = accepted.map((range) => range.split(';')[0]?.trim() ?? '');
  return types.find((type) => type === 'application/x-ndjson' || type === 'application/jsonl');
}

function viewToken(token: AuditedToken): Record<string, unknown> {
  const { jti, expiresAt, user, scope, grantId } = token;
  return {
    jti,
    expires_at: new Date(expiresAt * 1000).toISOString(),
    ...(user === undefined ? {} : { user }),
    ...(scope === undefined ? {} : { scope }),
    ...(grantId === undefined ? {} : { grant_id: grantId }),
  };
}

function viewEntry(entry: AuditEntry): Record<string, unknown> {
  return {
    id: entry.id,
    time: new Date(entry.time).toISOString(),
    actor: entry.actor,
    action: entry.action,
    object: { type: entry.object.type, name: entry.object.name },
    address: entry.address,
    outcome: entry.outcome,
    reason: entry.reason,
    detail: entry.detail,
    invocation_id: entry.invocationId,
    ...(entry.token === undefined ? {} : { token: viewToken(entry.token) }),
  };
}
