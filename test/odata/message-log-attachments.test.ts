import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageLogEntry } from '../../shared/monitor/message-log.ts';
import { LOG_START, logEntry } from './log-entry.ts';
import { entityIn, errorIn, resultsIn, startApi } from './api-under-test.ts';

function entry(messageGuid: string, attachments?: MessageLogEntry['attachments']): MessageLogEntry {
  return logEntry({ messageGuid, ...(attachments === undefined ? {} : { attachments }) });
}

const LOG = [
  entry('none'),
  entry('some-guid', [
    { name: 'Payload <1>', contentType: 'text/xml', size: 4 },
    { name: 'Page', contentType: 'text/html; charset=latin1', size: 30 },
    { name: 'Odd', contentType: 'text/plain\r\nx-injected: 1', size: 1 },
    { name: 'Gone', contentType: 'text/plain', size: 1 },
  ]),
];
const CONTENTS = new Map([
  ['some-guid 0', '<a/>'],
  ['some-guid 1', '<script>alert(1)</script>'],
  ['some-guid 2', 'ä'],
]);
const logAttachments = {
  read: (guid: string, index: number) => Promise.resolve(CONTENTS.get(`${guid} ${index}`)),
};
const value = (id: string) => `MessageProcessingLogAttachments('${id}')/$value`;

test('the attachments of a message are listed, with SAP’s properties', async () => {
  const api = await startApi({ log: LOG, logAttachments });
  const [first, ...others] = resultsIn(
    await api.get("MessageProcessingLogs('some-guid')/Attachments"),
  );
  const { __metadata: metadata, ...properties } = first ?? {};
  assert.deepEqual(properties, {
    Id: 'some-guid-0',
    MessageGuid: 'some-guid',
    TimeStamp: `/Date(${LOG_START + 5})/`,
    Name: 'Payload <1>',
    ContentType: 'text/xml',
    PayloadSize: '4',
  });
  assert.equal(
    (metadata as { type: string }).type,
    'com.sap.hci.api.MessageProcessingLogAttachment',
  );
  assert.equal(others.length, 3);
  assert.deepEqual(resultsIn(await api.get("MessageProcessingLogs('none')/Attachments")), []);
  assert.equal((await api.get("MessageProcessingLogs('some-guid')/Attachments/$count")).text, '4');
  assert.equal((await api.get("MessageProcessingLogs('nobody')/Attachments")).status, 404);
  const [expanded] = resultsIn(
    await api.get("MessageProcessingLogs?$filter=MessageGuid eq 'some-guid'&$expand=Attachments"),
  );
  assert.equal((expanded?.['Attachments'] as { results: unknown[] }).results.length, 4);
});

test('one is found by its id, and its content is at $value', async () => {
  const api = await startApi({ log: LOG, logAttachments });
  const found = entityIn(await api.get("MessageProcessingLogAttachments('some-guid-1')"));
  assert.equal(found['Name'], 'Page');
  const content = await api.get(value('some-guid-0'), { accept: '*/*' });
  assert.deepEqual(
    [content.status, content.headers.get('content-type'), content.text],
    [200, 'text/xml;charset=utf-8', '<a/>'],
  );
  for (const id of ['some-guid-9', 'some-guid', 'nobody-0', '', "it''s-0", 'some-guid-00001']) {
    assert.equal((await api.get(`MessageProcessingLogAttachments('${id}')`)).status, 404, id);
    assert.equal((await api.get(value(id))).status, 404, id);
  }
  const gone = await api.get(value('some-guid-3'));
  assert.deepEqual(
    [gone.status, errorIn(gone).message.value],
    [404, 'The content of the attachment is not there.'],
  );
});

test('a content that a script has written cannot run as a page, nor split the answer', async () => {
  const api = await startApi({ log: LOG, logAttachments });
  const page = await api.get(value('some-guid-1'));
  assert.deepEqual(
    [
      'content-type',
      'content-disposition',
      'content-security-policy',
      'x-content-type-options',
    ].map((name) => page.headers.get(name)),
    ['text/html;charset=utf-8', 'attachment', "default-src 'none'; sandbox", 'nosniff'],
  );
  const odd = await api.get(value('some-guid-2'));
  assert.deepEqual(
    [odd.status, odd.headers.get('content-type'), odd.headers.get('x-injected'), odd.text],
    [200, 'text/plain;charset=utf-8', null, 'ä'],
  );
});

test('AuthGroup.ReadOnly sees that there are attachments, and not what is in them', async () => {
  const api = await startApi({ log: LOG, logAttachments });
  const as = (role: string) => ({ authorization: `Bearer ${role}` });
  const readOnly = as('AuthGroup.ReadOnly');
  assert.equal(
    resultsIn(await api.get("MessageProcessingLogs('some-guid')/Attachments", readOnly)).length,
    4,
  );
  const refused = await api.get(value('some-guid-0'), readOnly);
  assert.equal(refused.status, 403);
  assert.doesNotMatch(refused.text, /<a\/>/);
  const developer = await api.get(value('some-guid-0'), as('AuthGroup.IntegrationDeveloper'));
  assert.deepEqual([developer.status, developer.text], [200, '<a/>']);
});
