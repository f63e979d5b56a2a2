import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Attachment, bodyText, type Exchange } from '../../../shared/iflow/exchange.ts';
import { asText } from '../../../shared/iflow/expressions/simple.ts';
import { exchangeOf } from '../running.ts';
import { faultsOf, runStep } from './one-step.ts';

const ENCODE = 'MIME Multipart Message Encode';
const DECODE = 'MIME Multipart Message Decode';
const INLINE = { MultipartAddHeadersInline: 'true', MultipartSubtype: 'Related' };

function withAttachments(exchange: Exchange, ...attachments: [string, Attachment][]): Exchange {
  for (const [name, attachment] of attachments) exchange.attachments.set(name, attachment);
  return exchange;
}

/** The body with what is random replaced. */
function known(exchange: Exchange): string {
  return bodyText(exchange.body).replace(/[0-9a-f]{32}/g, 'ID');
}

const png: Attachment = {
  contentType: 'image/png',
  body: Buffer.from([0x89, 0x50]),
  headers: { 'Content-ID': '<a@b>', 'Content-Transfer-Encoding': 'binary' },
};

test('MIME encode, headers not inline: body and attachments become parts, headers those of the message (SAP Help, MIME Multipart Messages)', async () => {
  const exchange = withAttachments(
    exchangeOf('text', { 'Content-Type': 'text/plain', other: 'x' }),
    ['ä "1".png', png],
  );
  await runStep(ENCODE, { MultipartSubtype: 'Mixed' }, exchange);
  assert.equal(
    known(exchange),
    [
      '------=_Part_ID',
      'Content-Type: text/plain',
      'Content-Transfer-Encoding: 8bit',
      '',
      'text',
      '------=_Part_ID',
      'Content-Type: image/png',
      'Content-Transfer-Encoding: base64',
      'Content-Disposition: attachment; filename="=?UTF-8?B?w6QgIjEiLnBuZw==?="',
      'Content-ID: <a@b>',
      '',
      'iVA=',
      '------=_Part_ID--',
      '',
    ].join('\r\n'),
  );
  assert.equal(exchange.attachments.size, 0);
  const headers = Object.fromEntries(
    [...exchange.headers].map(([name, value]) => [
      name,
      asText(value).replace(/[0-9a-f]{32}/, 'ID'),
    ]),
  );
  assert.deepEqual(headers, {
    other: 'x',
    Date: 'Fri, 02 Jan 2026 13:04:05 +0000 (UTC)',
    'Message-ID': '<ID@flowgate>',
    'MIME-Version': '1.0',
    'Content-Type': 'multipart/mixed; boundary="----=_Part_ID"',
  });
});

test('MIME encode, headers not inline, leaves a message without attachments as it is', async () => {
  const exchange = exchangeOf('text', { 'Content-Type': 'text/plain' });
  await runStep(ENCODE, {}, exchange);
  assert.equal(exchange.body, 'text');
  assert.deepEqual([...exchange.headers], [['Content-Type', 'text/plain']]);
});

test('MIME encode, headers inline: the body is a whole message, with the headers that are chosen', async () => {
  const exchange = exchangeOf(Buffer.from([0xff]), {
    header1: 'ä\r\nBcc: x',
    SAP_MplCorrelationId: 'AF',
    other: '1',
    'hbad name': 'x',
  });
  await runStep(ENCODE, { ...INLINE, IncludeHeaders: 'h.*|S.*' }, exchange);
  assert.equal(
    known(exchange),
    [
      'Date: Fri, 02 Jan 2026 13:04:05 +0000 (UTC)',
      'Message-ID: <ID@flowgate>',
      'MIME-Version: 1.0',
      'Content-Type: multipart/related; ',
      '\tboundary="----=_Part_ID"',
      'header1: =?UTF-8?B?w6QgQmNjOiB4?=',
      'SAP_MplCorrelationId: AF',
      '',
      '------=_Part_ID',
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: base64',
      '',
      '/w==',
      '------=_Part_ID--',
      '',
    ].join('\r\n'),
  );
  assert.equal(exchange.headers.has('Content-Type'), false);
});

test('MIME encode folds the header of the message only where that is asked for', async () => {
  const exchange = withAttachments(exchangeOf('a'), ['b', png]);
  await runStep(ENCODE, { FoldLongHeaders: 'true' }, exchange);
  assert.match(
    asText(exchange.headers.get('Content-Type') ?? null),
    /^multipart\/mixed; \r\n\tboundary=/,
  );
});

test('what is encoded is decoded again, with names, types and headers of the attachments', async () => {
  for (const [encode, decode] of [
    [{ MultipartSubtype: 'mixed' }, {}],
    [INLINE, { MultipartHeadersInline: 'true' }],
  ] as const) {
    const long = 'long ä '.repeat(40).trim();
    const exchange = withAttachments(
      exchangeOf('text\n--x\n', { 'Content-Type': 'text/xml; charset=UTF-8' }),
      ['ä "1".png', png],
      [long, { contentType: 'text/csv', body: 'a;b\r\n', headers: {} }],
    );
    await runStep(ENCODE, encode, exchange);
    await runStep(DECODE, decode, exchange);
    assert.equal(bodyText(exchange.body), 'text\n--x\n');
    assert.equal(exchange.headers.get('Content-Type'), 'text/xml; charset=UTF-8');
    const [first, second] = [...exchange.attachments];
    assert.equal(first?.[0], 'ä "1".png');
    assert.deepEqual(Buffer.from(first[1].body as Uint8Array), png.body);
    assert.equal(first[1].contentType, 'image/png');
    assert.equal(first[1].headers['Content-ID'], '<a@b>');
    assert.equal(second?.[0], long);
    assert.equal(bodyText(second[1].body), 'a;b\r\n');
  }
});

const multipart = (...lines: readonly string[]): string => lines.join('\r\n');
const TYPE = { 'Content-Type': 'multipart/mixed; boundary=b', 'MIME-Version': '1.0' };

const read: readonly [what: string, body: string, expected: string, attachments: string[][]][] = [
  [
    'a preamble and an epilogue count for nothing',
    multipart('pre', '--b', '', 'one', '--b--', 'post', '--b', '', 'no'),
    'one',
    [],
  ],
  ['lines may end with LF alone', '--b\nX: y\n\none\n--b\n\ntwo\n--b--', 'one', [['', 'two']]],
  [
    'the last boundary may be missing',
    multipart('--b', '', 'one', '--b', '', 'two'),
    'one',
    [['', 'two']],
  ],
  [
    'what only begins like the boundary is content',
    multipart('--b', '', '--bc', ' --b', '--b--x', '--b--'),
    '--bc\r\n --b\r\n--b--x',
    [],
  ],
  [
    'spaces behind the boundary count for nothing',
    multipart('--b \t', '', 'one', '--b-- '),
    'one',
    [],
  ],
  [
    'Base64 of a part',
    multipart('--b', 'content-transfer-encoding: BASE64', '', 'b25l', '--b--'),
    'one',
    [],
  ],
  [
    'quoted-printable of a part',
    multipart(
      '--b',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'o=6e=',
      'e =C3=A4 =zz',
      '--b--',
    ),
    'one ä =zz',
    [],
  ],
  ['an empty part', multipart('--b', '', '', '--b', '', '', '--b--'), '', [['', '']]],
  [
    'names of attachments: file name, extended file name, name of the type, Content-ID',
    multipart(
      '--b',
      '',
      '',
      '--b',
      'Content-Disposition: attachment;',
      ' filename="a\\"b.txt"',
      '',
      '1',
      '--b',
      "Content-Disposition: attachment; filename=x; filename*=UTF-8''%c3%a4.txt",
      '',
      '2',
      '--b',
      'Content-Type: text/csv; name=c.csv',
      '',
      '3',
      '--b',
      'Content-ID: <d@e>',
      '',
      '4',
      '--b--',
    ),
    '',
    [
      ['a"b.txt', '1'],
      ['ä.txt', '2'],
      ['c.csv', '3'],
      ['d@e', '4'],
    ],
  ],
];

for (const [what, body, expected, attachments] of read) {
  test(`MIME decode: ${what}`, async () => {
    const exchange = await runStep(DECODE, {}, exchangeOf(body, TYPE));
    assert.equal(bodyText(exchange.body), expected);
    assert.deepEqual(
      [...exchange.attachments].map(([name, part]) => [
        /^[0-9a-f]{32}@flowgate$/.test(name) ? '' : name,
        bodyText(part.body),
      ]),
      attachments,
    );
    assert.equal(exchange.headers.has('MIME-Version'), false);
    assert.equal(exchange.headers.get('Content-Type'), 'text/plain');
  });
}

test('MIME decode: a part of bytes has no Content-Type for the message', async () => {
  const body = multipart('--b', 'Content-Type: application/octet-stream', '', 'x', '--b--');
  const exchange = await runStep(DECODE, {}, exchangeOf(body, TYPE));
  assert.equal(exchange.headers.has('Content-Type'), false);
});

for (const [encoding, part] of [
  ['8bit', 'x'],
  ['base64', `eA==${'\r\n'.repeat(100_000)}`],
  ['quoted-printable', 'x'],
  ['quoted-printable', `x${'=\r\n'.repeat(100_000)}`],
] as const) {
  test(`MIME decode: a small part keeps nothing of a large one, nor of what it was written in (${encoding}, ${part.length})`, async () => {
    const rest = 'y'.repeat(1_000_000);
    const body = multipart(
      '--b',
      `Content-Transfer-Encoding: ${encoding}`,
      '',
      part,
      '--b',
      'Content-Disposition: attachment',
      '',
      rest,
      '--b--',
    );
    const exchange = await runStep(DECODE, {}, exchangeOf(body, TYPE));
    assert.ok(exchange.body instanceof Uint8Array);
    assert.equal(bodyText(exchange.body), 'x');
    assert.ok(exchange.body.buffer.byteLength < 10_000, `${exchange.body.buffer.byteLength} bytes`);
  });
}

test('MIME decode, headers not inline, leaves a message alone that is no multipart', async () => {
  for (const given of [null, 'text/plain', 'nonsense']) {
    const headers = { 'Content-Type': given };
    const exchange = await runStep(DECODE, {}, exchangeOf('--b\r\n\r\nx', headers));
    assert.equal(exchange.body, '--b\r\n\r\nx');
    assert.deepEqual(Object.fromEntries(exchange.headers), headers);
  }
});

test('MIME decode, headers inline, gives the message the headers of the body, but none that only a sender adapter sets', async () => {
  const body = multipart(
    'Message-ID: <1>',
    'Date: today',
    'header1: =?utf-8?q?=C3=A4_b?= =?utf-8?b?Yw==?=',
    'CamelHttpUri: http://evil',
    'camelfilename: x',
    'SapAuthenticatedUserName: somebody',
    'AUTHORIZATION: Basic eA==',
    'Content-Type: multipart/mixed;',
    '\tboundary="b"',
    '',
    '--b',
    '',
    'one',
    '--b--',
  );
  const exchange = await runStep(DECODE, { MultipartHeadersInline: 'true' }, exchangeOf(body));
  assert.equal(bodyText(exchange.body), 'one');
  assert.deepEqual(Object.fromEntries(exchange.headers), {
    Date: 'today',
    header1: 'ä bc',
    'Content-Type': 'text/plain',
  });
});

test('MIME decode, headers inline, leaves nothing of what is no multipart (SAP Help, MIME Multipart Messages)', async () => {
  for (const body of ['<a>text</a>', 'Subject: x\r\n\r\ntext', '', `${'x'.repeat(100_000)}\n`]) {
    const exchange = await runStep(DECODE, { MultipartHeadersInline: 'true' }, exchangeOf(body));
    assert.equal(exchange.body.length, 0);
  }
});

const many = Array.from({ length: 1002 }, () => '--b\r\n\r\nx').join('\r\n');
const refused: readonly [what: string, type: string, body: string, message: RegExp][] = [
  ['without boundary', 'multipart/mixed', '--b\r\n\r\nx', /no boundary that can separate parts/],
  [
    'with a boundary of 201 characters',
    `multipart/mixed; boundary=${'b'.repeat(201)}`,
    '',
    /no boundary/,
  ],
  ['with a boundary that is not ASCII', 'multipart/mixed; boundary="ä"', '', /no boundary/],
  [
    'whose boundary is not there',
    TYPE['Content-Type'],
    'nothing',
    /the boundary of its Content-Type is not in it/,
  ],
  ['with more than 1000 parts', TYPE['Content-Type'], many, /more than 1000 parts/],
  [
    'with a header of 100,000 bytes',
    TYPE['Content-Type'],
    `--b\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`,
    /more headers than allowed/,
  ],
  [
    'with 1000 headers',
    TYPE['Content-Type'],
    `--b\r\n${'X: y\r\n'.repeat(1000)}\r\n`,
    /more headers than allowed/,
  ],
  [
    'in an unknown transfer encoding',
    TYPE['Content-Type'],
    '--b\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n',
    /"x-uuencode", which is not available/,
  ],
];

for (const [what, type, body, message] of refused) {
  test(`MIME decode fails on a multipart ${what}, and the message stays`, async () => {
    const exchange = exchangeOf(body, { 'Content-Type': type });
    await assert.rejects(runStep(DECODE, {}, exchange), message);
    assert.equal(exchange.body, body);
    assert.equal(exchange.headers.get('Content-Type'), type);
    assert.equal(exchange.attachments.size, 0);
  });
}

test('MIME encode fails on a message whose Content-Type is none, and the message stays', async () => {
  const exchange = exchangeOf('x', { 'Content-Type': 'a b\r\nEvil: 1' });
  await assert.rejects(runStep(ENCODE, INLINE, exchange), /is no media type/);
  assert.equal(exchange.body, 'x');
});

test('no header of an attachment adds another one', async () => {
  const evil: Attachment = {
    contentType: 'text/plain\r\nEvil: 1',
    body: 'x',
    headers: { 'X-A': '1\r\n\r\nevil', 'X\r\nEvil': '2' },
  };
  const exchange = withAttachments(exchangeOf('x'), ['n"\r\nEvil: 3', evil]);
  await runStep(ENCODE, INLINE, exchange);
  assert.doesNotMatch(bodyText(exchange.body), /\n(?:Evil|evil)/);
});

test('MIME encode is not deployed with a pattern that takes more than linear time', () => {
  const [fault] = faultsOf(ENCODE, { ...INLINE, IncludeHeaders: '(a)\\1' });
  assert.match(fault?.text ?? '', /cannot choose headers: the pattern/);
  assert.equal(
    faultsOf(ENCODE, { ...INLINE, IncludeHeaders: '(x-.*|myAdditionalHeader)' }).length,
    0,
  );
});
