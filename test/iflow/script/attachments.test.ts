import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attachment } from '../../../shared/iflow/exchange.ts';
import { failureOf, process, startEngine } from './engine.ts';

const engine = startEngine();

const order: Attachment = {
  contentType: 'text/xml; charset=UTF-8',
  headers: { 'Content-Disposition': 'attachment; filename="order \\"1\\".xml"', 'X-Id': '1' },
  body: new Uint8Array(Buffer.from('<Grüße/>')),
};
const picture: Attachment = {
  contentType: 'image/png',
  headers: {},
  body: Uint8Array.from([0x89, 0xff, 0]),
};
const attachments = [
  ['order', order],
  ['picture', picture],
] as const;

test('attachments that no script asks for pass as they are', async () => {
  for (const source of ['', 'message.setBody("x");', 'message.getAttachments();']) {
    const result = await process(engine, source, { attachments });
    assert.deepEqual(result.attachments, attachments);
    assert.equal(result.attachments[0]?.[1].body, order.body, 'the same bytes');
  }
});

test('SAP’s example: the body is replaced by the attachment of a type, and the attachments go', async () => {
  const source = `
    var attachments = message.getAttachments();
    if (attachments.isEmpty()) message.setBody("<warning>Attachment is missing</warning>");
    else {
      message.setHeader("NumberOfAttachments", attachments.size());
      for each (var attachment in attachments.values()) {
        if (attachment.getContentType().contains(message.getHeaders().get("FilterValue"))) {
          message.setBody(attachment.getContent());
          message.setProperty("name", attachment.getName());
        }
      }
      message.getAttachments().clear();
      message.getAttachmentWrapperObjects().clear();
    }`;
  const found = await process(engine, source, { attachments, headers: [['FilterValue', 'xml']] });
  assert.equal(found.body, '<Grüße/>');
  assert.deepEqual(found.attachments, []);
  assert.deepEqual(found.properties, [['name', 'order "1".xml']]);
  const bytes = await process(engine, source, { attachments, headers: [['FilterValue', 'image/']] });
  assert.deepEqual(bytes.body, picture.body);
  assert.deepEqual(bytes.properties, [['name', 'picture']]);
  assert.equal((await process(engine, source)).body, '<warning>Attachment is missing</warning>');
});

test('SAP’s example: attachments are made of body and content type', async () => {
  const result = await process(
    engine,
    `importClass(com.sap.gateway.ip.core.customdev.util.AttachmentWrapper);
     importClass(javax.mail.util.ByteArrayDataSource);
     var source = new ByteArrayDataSource(message.getBody(java.io.InputStream), "text/csv");
     var attachment = new AttachmentWrapper(source);
     message.addAttachmentObject("made.csv", attachment);
     message.addAttachmentHeader("X-Id", "7", attachment);
     message.addAttachmentHeader("x-id", "8", attachment);
     message.setAttachmentHeader("X-Other", "o", attachment);
     message.removeAttachmentHeader("X-OTHER", attachment);
     message.getAttachments().put("text", new javax.activation.DataHandler("plain", "text/plain"));
     message.setProperty("header", message.getAttachmentHeader("X-ID", attachment));
     message.setProperty("size", message.getAttachmentsSize());`,
    { body: 'a;ß', attachments },
  );
  assert.deepEqual(result.attachments, [
    ...attachments,
    [
      'made.csv',
      {
        contentType: 'text/csv',
        headers: { 'X-Id': '7,8' },
        body: new Uint8Array(Buffer.from('a;ß')),
      },
    ],
    ['text', { contentType: 'text/plain', headers: {}, body: 'plain' }],
  ]);
  assert.deepEqual(result.properties, [
    ['header', '7,8'],
    ['size', 10 + 3 + 4 + 5],
  ]);
});

test('wrappers and data handlers are two views of the same attachments', async () => {
  const result = await process(
    engine,
    `var wrappers = message.getAttachmentWrapperObjects(), handlers = message.getAttachments(), out = [];
     out.push(wrappers.get("order").getHeader("x-id"), wrappers.get("order").getHeaderNames().toString());
     out.push(wrappers.get("picture").getDataHandler() === handlers.get("picture"));
     handlers.remove("picture"); out.push(wrappers.size());
     out.push(handlers.get("order").getInputStream().read());
     handlers.put("copy", handlers.get("order")); out.push(wrappers.keySet().toString());
     out.push(new java.util.HashMap(handlers).size());
     message.setBody(JSON.stringify(out));`,
    { attachments },
  );
  assert.deepEqual(JSON.parse(String(result.body)), [
    '1',
    '[Content-Disposition, X-Id]',
    true,
    1,
    60,
    '[order, copy]',
    2,
  ]);
  assert.deepEqual(result.attachments, [
    ['order', order],
    ['copy', { contentType: order.contentType, headers: {}, body: order.body }],
  ]);
});

test('a new Message has no attachments, and may be given those of the old', async () => {
  const make = 'new com.sap.gateway.ip.core.customdev.util.Message()';
  assert.deepEqual((await process(engine, `return ${make};`, { attachments })).attachments, []);
  const kept = await process(
    engine,
    `var made = ${make}; made.setAttachments(message.getAttachments()); return made;`,
    { attachments },
  );
  assert.deepEqual(
    kept.attachments.map(([name, { body }]) => [name, body]),
    attachments.map(([name, { body }]) => [name, body]),
  );
});

test('what is no attachment is refused, and so is one in a property', async () => {
  const wrong = await failureOf(process(engine, 'message.addAttachmentObject("a", "text");'));
  assert.equal(
    wrong.message,
    'TypeError: An attachment is an AttachmentWrapper, not text. (script.js:1:40)',
  );
  const kept = await failureOf(
    process(engine, 'message.setProperty("all", new java.util.HashMap(message.getAttachments()));', {
      attachments,
    }),
  );
  assert.equal(
    kept.message,
    'A header or property cannot hold an attachment (javax.activation.DataHandler): hold its content.',
  );
});

test('there are 1,000 attachments at most', async () => {
  const source = `for (var i = 0; i < 1001; i++)
    message.getAttachments().put("a" + i, new javax.activation.DataHandler("x", "text/plain"));`;
  const failure = await failureOf(process(engine, source));
  assert.deepEqual(
    [failure.reason, failure.message],
    ['invalid_result', 'The message has more than 1000 attachments.'],
  );
});

test('large attachments go in and out within the memory of the script, and not beyond', async () => {
  const body = new Uint8Array(8 * 1024 * 1024).fill(0x61);
  const big = [['big', { contentType: 'text/plain', headers: {}, body }]] as const;
  const source = `var text = message.getAttachments().get("big").getContent();
    message.getAttachments().put("copy", new javax.activation.DataHandler(text + "!", "text/plain"));`;
  const result = await process(engine, source, { attachments: big });
  assert.deepEqual(
    result.attachments.map(([name, { body: content }]) => [name, content.length]),
    [
      ['big', body.length],
      ['copy', body.length + 1],
    ],
  );
  const failure = await failureOf(
    process(engine, source, { attachments: big, memoryBytes: 8 * 1024 * 1024 }),
  );
  assert.equal(failure.reason, 'memory');
});

test('attachments of one message are not there for the next', async () => {
  const read = 'message.setBody(String(message.getAttachments().size()));';
  assert.equal((await process(engine, read, { attachments })).body, '2');
  assert.equal((await process(engine, read)).body, '0');
});
