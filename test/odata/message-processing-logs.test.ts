import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageLogEntry } from '../../shared/monitor/message-log.ts';
import { LOG_START, logEntry } from './log-entry.ts';
import { type ApiUnderTest, entityIn, errorIn, resultsIn, startApi } from './api-under-test.ts';

const entry = (n: number, fields: Partial<MessageLogEntry> = {}): MessageLogEntry =>
  logEntry({
    messageGuid: `guid${n}`,
    correlationId: `correlation${n}`,
    logStart: LOG_START + n * 1000,
    logEnd: LOG_START + n * 1000 + 5,
    ...fields,
  });

const LOG = [
  entry(1, { customHeaders: [{ name: 'order', value: '4711' }] }),
  entry(2, { status: 'FAILED', errorText: 'java.lang.Nothing: no <order>' }),
  entry(3, { flowId: 'other', flowName: 'Other', sender: 'oauth_client_bank' }),
  entry(4, { status: 'FAILED', customStatus: 'parked', applicationMessageId: "it's 7" }),
];

async function guids(api: ApiUnderTest, query: string): Promise<unknown[]> {
  const answer = await api.get(`MessageProcessingLogs?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return resultsIn(answer).map((log) => log['MessageGuid']);
}

test('an entry has the fields of SAP’s, in SAP’s form', async () => {
  const api = await startApi({ log: LOG });
  const log = entityIn(await api.get("MessageProcessingLogs('guid2')"));
  assert.equal(log['LogStart'], `/Date(${LOG_START + 2000})/`);
  assert.deepEqual(log['IntegrationArtifact'], {
    __metadata: { type: 'com.sap.hci.api.IntegrationArtifact' },
    Id: 'orders',
    Name: 'Orders',
    Type: 'INTEGRATION_FLOW',
    PackageId: 'P',
    PackageName: 'Partners',
  });
  assert.deepEqual(
    [
      log['Status'],
      log['CustomStatus'],
      log['Sender'],
      log['LogLevel'],
      log['ArchivingLogAttachments'],
    ],
    ['FAILED', 'FAILED', 'oauth_client_shop', 'INFO', 'false'],
  );
  assert.equal((await api.get("MessageProcessingLogs('nobody')")).status, 404);
});

// SAP Help, Setting Log Levels
test('an entry of a flow that logs failures alone says so', async () => {
  const api = await startApi({ log: [entry(1, { status: 'FAILED', logLevel: 'ERROR' })] });
  assert.equal(entityIn(await api.get("MessageProcessingLogs('guid1')"))['LogLevel'], 'ERROR');
});

test('filters find what they name', async () => {
  const api = await startApi({ log: LOG });
  const at = (n: number) =>
    `datetime'${new Date(LOG_START + n * 1000).toISOString().slice(0, -1)}'`;
  const cases = [
    ['', ['guid4', 'guid3', 'guid2', 'guid1']],
    ["Status eq 'FAILED'", ['guid4', 'guid2']],
    ["Status ne 'FAILED'", ['guid3', 'guid1']],
    [
      "(Status eq 'FAILED' or Status eq 'RETRY') and Sender eq 'oauth_client_shop'",
      ['guid4', 'guid2'],
    ],
    ["Status eq 'RETRY'", []],
    [`LogStart ge ${at(2)} and LogStart lt ${at(4)}`, ['guid3', 'guid2']],
    [`LogStart gt ${at(2)} and LogStart le ${at(4)}`, ['guid4', 'guid3']],
    [`LogEnd le ${at(2)}`, ['guid1']],
    [`LogStart gt ${at(3)} and LogStart lt ${at(2)}`, []],
    ["IntegrationFlowName eq 'Other'", ['guid3']],
    ["IntegrationArtifact/Id eq 'orders' and Status eq 'COMPLETED'", ['guid1']],
    ["IntegrationArtifact/Id eq 'orders' and IntegrationArtifact/Id eq 'other'", []],
    ["MessageGuid eq 'guid3'", ['guid3']],
    ["MessageGuid eq 'guid3' and Status eq 'FAILED'", []],
    ["CorrelationId eq 'correlation2'", ['guid2']],
    ["ApplicationMessageId eq 'it''s 7'", ['guid4']],
    ["CustomStatus eq 'parked'", ['guid4']],
  ] as const;
  for (const [filter, expected] of cases) {
    const query = filter === '' ? '' : `$filter=${encodeURIComponent(filter)}`;
    assert.deepEqual(await guids(api, query), expected, filter);
  }
});

test('SAP’s own pipeline step gets the latest entry of its iFlow', async () => {
  const api = await startApi({ log: LOG });
  // As integrationArtifactGetMplStatus of SAP/jenkins-library writes it, with + for a space.
  const query =
    "$filter=IntegrationArtifact/Id+eq+'orders'+and+Status+ne+'DISCARDED'&$orderby=LogEnd+desc&$top=1";
  assert.deepEqual(await guids(api, query), ['guid4']);
});

test('what the log cannot answer is refused (501), and what names no property is a 400', async () => {
  const api = await startApi({ log: LOG });
  const cases = [
    [501, "$filter=Sender ne 'x'"],
    [501, "$filter=Sender eq 'x' or Receiver eq 'y'"],
    [501, "$filter=Receiver eq 'x'"],
    [501, "$filter=substringof('x',Sender)"],
    [501, "$filter=not Status eq 'FAILED'"],
    [501, '$orderby=ApplicationMessageId'],
    [400, "$filter=Nonsense eq 'x'"],
    [400, "$filter=LogStart gt '2026'"],
    [400, "$filter=LogStart gt datetime'2026-13-01T00:00:00'"],
    [400, "$filter=LogStart gt datetime'2026-01-01T00:00:00%2B01:00'"],
    [400, '$filter=Status'],
    [400, "$filter=(Status eq 'FAILED'"],
    [400, '$top=-1'],
    [400, '$orderby=LogEnd sideways'],
    [400, '$expand=Sender'],
    [400, '$select=Nothing'],
    [400, '$top=1&$top=2'],
    [501, '$search=x'],
  ] as const;
  for (const [status, query] of cases) {
    const refused = await api.get(`MessageProcessingLogs?${query}`);
    assert.equal(refused.status, status, query);
    assert.ok(errorIn(refused).message.value.length > 10);
  }
});

test('order, page and count are as asked for', async () => {
  const api = await startApi({ log: LOG });
  assert.deepEqual(await guids(api, '$orderby=LogStart&$skip=1&$top=2'), ['guid2', 'guid3']);
  assert.deepEqual(await guids(api, '$orderby=Status,LogEnd desc'), [
    'guid3',
    'guid1',
    'guid4',
    'guid2',
  ]);
  assert.deepEqual(await guids(api, '$orderby=Status desc,LogEnd desc&$skip=1&$top=2'), [
    'guid2',
    'guid3',
  ]);
  const page = await api.get(
    "MessageProcessingLogs?$top=1&$inlinecount=allpages&$filter=Status eq 'FAILED'",
  );
  assert.deepEqual([entityIn(page)['__count'], resultsIn(page).length], ['2', 1]);
  const count = await api.get("MessageProcessingLogs/$count?$filter=Status eq 'FAILED'");
  assert.equal(count.text, '2');
});

test('a list above 1000 entries goes on at __next', async () => {
  const log = Array.from({ length: 1001 }, (_, n) => entry(n));
  const api = await startApi({ log });
  const first = await api.get('MessageProcessingLogs?$top=1500&$orderby=LogStart');
  assert.equal(resultsIn(first).length, 1000);
  const next = String(entityIn(first)['__next']);
  assert.match(next, /^https:\/\/flowgate\.example\/api\/v1\/MessageProcessingLogs\?/);
  const second = await api.get(next.slice(next.indexOf('MessageProcessingLogs')));
  assert.deepEqual(
    resultsIn(second).map((found) => found['MessageGuid']),
    ['guid1000'],
  );
  assert.equal(entityIn(second)['__next'], undefined);
  assert.equal(entityIn(await api.get('MessageProcessingLogs?$top=1000'))['__next'], undefined);
});

test('error text and custom headers are beside the entry', async () => {
  const api = await startApi({ log: LOG });
  const error = await api.get("MessageProcessingLogs('guid2')/ErrorInformation/$value", {
    accept: '*/*',
  });
  assert.deepEqual(
    [error.status, error.headers.get('content-type'), error.text],
    [200, 'text/plain;charset=utf-8', 'java.lang.Nothing: no <order>'],
  );
  const none = await api.get("MessageProcessingLogs('guid1')/ErrorInformation/$value");
  assert.deepEqual([none.status, none.text], [204, '']);
  const [header] = resultsIn(
    await api.get("MessageProcessingLogs('guid1')/CustomHeaderProperties"),
  );
  assert.deepEqual([header?.['Name'], header?.['Value']], ['order', '4711']);
  const [expanded] = resultsIn(
    await api.get(
      "MessageProcessingLogs?$filter=MessageGuid eq 'guid1'&$expand=CustomHeaderProperties&$select=CustomHeaderProperties",
    ),
  );
  assert.deepEqual(Object.keys(expanded ?? {}), ['__metadata', 'CustomHeaderProperties']);
  const inline = expanded?.['CustomHeaderProperties'] as { results: Record<string, unknown>[] };
  assert.equal(inline.results[0]?.['Value'], '4711');
});
