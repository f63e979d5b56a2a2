import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskOutput } from '../../../shared/iflow/tasks/tasks.ts';
import { World } from '../../../shared/iflow/steps/transformers/xslt/world.ts';
import { stylesheet } from '../xslt/stylesheets.ts';
import { engine, JSON_TO_XML, MI, refusalOf, run, XML_TO_JSON } from './large.ts';

test('elements and objects with more attributes, or children of more names, than a worker holds are refused', async () => {
  const names = Array.from({ length: 500_001 }, (_, i) => `n${i}`);
  const attributes = names.slice(0, 100_001);
  assert.match(
    await refusalOf('xmlToJson', {
      body: `<a ${attributes.map((name) => `${name}=""`).join(' ')}/>`,
      ...XML_TO_JSON,
    }),
    /^conversion: .*an element has more than 100000 attributes/,
  );
  assert.match(
    await refusalOf('jsonToXml', {
      body: `{"a":{${attributes.map((name) => `"@${name}":1`).join()}}}`,
      ...JSON_TO_XML,
    }),
    /^conversion: .*an object has more than 100000 attributes/,
  );
  assert.match(
    await refusalOf('xmlToJson', {
      body: `<a>${names.map((name) => `<${name}/>`).join('')}</a>`,
      ...XML_TO_JSON,
    }),
    /^conversion: .*children of more than 500000 different names/,
  );
});

test('splitting at lines: 40 million line ends of two characters are more pieces than allowed', async () => {
  assert.match(
    await refusalOf('split', {
      body: '\r\n'.repeat(40_000_000),
      envelope: false,
      at: { lines: true },
    }),
    /^split: .*more than 1000000 pieces/,
  );
});

test('Base64 with 10 million line ends is read; a body that would become too large is refused before', async () => {
  const bytes = await run('base64', {
    body: 'QUJD\r\n'.repeat(10_000_000),
    direction: 'decode',
  });
  assert.ok(Buffer.from(bytes).equals(Buffer.alloc(30_000_000, 'ABC')));
  assert.match(
    await refusalOf('base64', { body: 'ж'.repeat(40 * MI), direction: 'encode' }),
    /^too_large: /,
  );
});

test('MIME: a multipart larger than a body, and headers longer than they are read, are refused', async () => {
  const body = 'x'.repeat(60 * MI);
  const call = { body, contentType: 'text/plain', boundary: 'b', inline: null };
  const attachment = { contentType: 'text/plain', body, headers: {} };
  assert.match(
    await refusalOf('mimeEncode', { ...call, attachments: [['a', attachment]] }),
    /^too_large: The MIME multipart would become larger than 104857600 bytes/,
  );
  const binary = { ...call, body: 'x'.repeat(74 * MI), contentType: 'application/octet-stream' };
  assert.match(
    await refusalOf('mimeEncode', { ...binary, attachments: [] }),
    /^too_large: The MIME multipart would become larger than 104857600 bytes/,
    'in lines of Base64',
  );
  const named = { contentType: 'text/plain', body: '', headers: { x: 'ж'.repeat(65_537) } };
  assert.match(
    await refusalOf('mimeEncode', { ...call, body: '', attachments: [['a', named]] }),
    /^encoding: .*a header of it has more than 65536 characters/,
  );
  assert.match(
    await refusalOf('mimeEncode', {
      ...call,
      body: '',
      attachments: [],
      contentType: `text/plain${';a=b'.repeat(20_000)}`,
    }),
    /^encoding: .*is no media type/,
  );
});

test('MIME: headers and attachments that a worker has no heap for do not end the process', async () => {
  const large = 'ж'.repeat(90 * MI);
  const call = { body: '', contentType: 'text/plain', boundary: 'b' };
  const ofExchange = ['a', 'b'].map((name) => [name, name + large] as const);
  const inline = { headers: [], include: '.*', ofExchange };
  assert.match(
    await refusalOf('mimeEncode', { ...call, attachments: [], inline }),
    /^encoding: .*a header of it has more than 65536 characters/,
  );
  const attachments = ['a', 'b'].map(
    (name) => [name, { contentType: 'text/plain', body: name + large, headers: {} }] as const,
  );
  assert.match(
    await refusalOf('mimeEncode', { ...call, attachments, inline: null }),
    /^too_large: /,
  );
});

test('XSLT mapping: a text of more signs to escape than the processor can is refused', async () => {
  const sheet = stylesheet('<xsl:copy-of select="."/>');
  const { compiled } = new World().compile(JSON.stringify([['/main.xsl', sheet]]), '/main.xsl');
  assert.ok(compiled !== undefined);
  const map = (signs: string): Promise<TaskOutput<'xslt'>> =>
    engine.tasks.run(
      'xslt',
      {
        body: `<a b='ж'>${signs}</a>`,
        stylesheet: { name: 'a', parameters: [], readsExchange: false, encoding: 'utf-8' },
        parameters: {},
        headers: [],
        properties: [],
        result: 'text',
      },
      { key: 'xslt', timeoutMs: 30_000, resource: compiled },
    );
  const { body } = await map('>'.repeat(1_500_000));
  assert.match(String(body.slice(-12)), /&gt;<\/a>$/);
  await assert.rejects(map('>'.repeat(9_000_000)), /more than 1500000 quotes/);
});
