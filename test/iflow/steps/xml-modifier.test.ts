import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchangeOf } from '../running.ts';
import { faultsOf, runStep } from './one-step.ts';

type Settings = Readonly<Record<string, string>>;
const DTD: Settings = { removeExternalDTDs: '1', removeXmlDeclaration: '0' };
const BOTH: Settings = { removeExternalDTDs: '1', removeXmlDeclaration: '1' };
const DECLARATION: Settings = { removeExternalDTDs: '0', removeXmlDeclaration: 'true' };
const HEAD = "<?xml version='1.0' encoding='UTF-8' ?>\n";
const REQUEST = '\n<request>This is an example</request>';

const golden: readonly [what: string, settings: Settings, xml: string, expected: string][] = [
  [
    'an external DTD (SAP Help, Define XML Modifier)',
    DTD,
    `${HEAD}<!DOCTYPE request SYSTEM "external.dtd">${REQUEST}`,
    HEAD + REQUEST,
  ],
  [
    'a DTD with an external entity',
    DTD,
    `${HEAD}<!DOCTYPE request [\n<!ELEMENT request (#PCDATA)>\n<!ENTITY test SYSTEM "external.dtd">\n]>${REQUEST}`,
    HEAD + REQUEST,
  ],
  ['a declaration; what follows stays', DECLARATION, HEAD + REQUEST, `\n${REQUEST}`],
  ['both', BOTH, `${HEAD}<!DOCTYPE a PUBLIC "p" "s">${REQUEST}`, `\n${REQUEST}`],
  [
    'a DTD behind comments and instructions',
    DTD,
    '<!-- <!DOCTYPE no> --><?p <!DOCTYPE?> <!DOCTYPE a SYSTEM "x"><a/>',
    '<!-- <!DOCTYPE no> --><?p <!DOCTYPE?> <a/>',
  ],
  [
    'an external parameter entity',
    DTD,
    '<!DOCTYPE a [<!ENTITY % p PUBLIC "x" "y"> %p;]><a/>',
    '<a/>',
  ],
  ['an external notation', DTD, '<!DOCTYPE a [<!NOTATION n SYSTEM "x">]><a/>', '<a/>'],
  [
    'signs in quotes end nothing',
    DTD,
    `<!DOCTYPE a [<!ENTITY b "]>'"><!ENTITY c SYSTEM ']>"'><!-- ]> --><?p ]>?>]><a/>`,
    '<a/>',
  ],
  [
    'an external DTD with a part of its own',
    DTD,
    '<!DOCTYPE a SYSTEM "x" [<!ENTITY b "c">] ><a/>',
    '<a/>',
  ],
  [
    'a DTD without external references stays',
    DTD,
    `<!DOCTYPE a [<!ENTITY b "SYSTEM 'x'"><!ELEMENT SYSTEM ANY><!-- <!ENTITY c SYSTEM "x"> -->]><a>&b;</a>`,
    `<!DOCTYPE a [<!ENTITY b "SYSTEM 'x'"><!ELEMENT SYSTEM ANY><!-- <!ENTITY c SYSTEM "x"> -->]><a>&b;</a>`,
  ],
  [
    'a DTD stays where it is not asked for',
    DECLARATION,
    '<?xml version="1.0"?><!DOCTYPE a SYSTEM "x"><a/>',
    '<!DOCTYPE a SYSTEM "x"><a/>',
  ],
  [
    'what looks like a DTD in the content stays',
    DTD,
    '<a><![CDATA[<!DOCTYPE a SYSTEM "x">]]></a>',
    '<a><![CDATA[<!DOCTYPE a SYSTEM "x">]]></a>',
  ],
  ['nothing of what is no XML', BOTH, 'a;b\n1;2', 'a;b\n1;2'],
  ['nothing of an empty body', BOTH, '', ''],
  [
    'characters are removed',
    { xmlCharacterHandling: 'remove' },
    '<a>1\0\x0b\ufffe\ud8002\t\n😀\x85</a>',
    '<a>12\t\n😀\x85</a>',
  ],
  [
    'characters are replaced by #',
    { xmlCharacterHandling: 'substitute' },
    '<a>1\0\x1b2</a>',
    '<a>1##2</a>',
  ],
  ['characters stay', { xmlCharacterHandling: 'none' }, '<a>\x0b</a>', '<a>\x0b</a>'],
  [
    'XML 1.1 has control characters as references',
    { xmlCharacterHandling: 'remove' },
    '<?xml version="1.1"?><a>\0\x01\x7f\x85\x9f</a>',
    '<?xml version="1.1"?><a>&#x1;&#x7f;\x85&#x9f;</a>',
  ],
  ['a byte order mark stays', DECLARATION, '\ufeff<?xml version="1.0"?><a/>', '\ufeff<a/>'],
];

for (const [what, settings, xml, expected] of golden) {
  test(`XML modifier: ${what}`, async () => {
    const { body } = await runStep('XmlModifier', settings, exchangeOf(xml));
    assert.equal(body, expected);
  });
}

test('XML modifier: bytes in another encoding become text in UTF-8 that says so', async () => {
  const xml = '<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE a SYSTEM "x"><a>ä</a>';
  for (const [settings, bytes, expected] of [
    [DTD, Buffer.from(xml, 'latin1'), '<?xml version="1.0" encoding="UTF-8"?><a>ä</a>'],
    [BOTH, Buffer.from(xml, 'latin1'), '<a>ä</a>'],
    [
      DTD,
      Buffer.from(`\ufeff${xml.replace('ISO-8859-1', 'UTF-16')}`, 'utf16le'),
      '<?xml version="1.0" encoding="UTF-8"?><a>ä</a>',
    ],
    [DTD, Buffer.from(HEAD + REQUEST), HEAD + REQUEST],
  ] as const) {
    const { body } = await runStep('XmlModifier', settings, exchangeOf(bytes));
    assert.equal(body, expected);
  }
});

test('XML modifier fails on a DTD whose end cannot be told, and the body stays', async () => {
  for (const xml of [
    '<!DOCTYPE a SYSTEM "x',
    '<!DOCTYPE a [<!ENTITY b "c">',
    '<!DOCTYPE a [<!ENTITY b "c]><a/>',
    '<!DOCTYPE a [<!-- ]><a/>',
    '<!DOCTYPE a [ ]',
    '<!-- <a/>',
  ]) {
    const exchange = exchangeOf(xml);
    await assert.rejects(runStep('XmlModifier', DTD, exchange), /is not closed/);
    assert.equal(exchange.body, xml);
  }
});

test('XML modifier expands nothing and looks nothing up, however often entities name each other', async () => {
  const entities = Array.from(
    { length: 40 },
    (_, i) => `<!ENTITY e${i} "${`&e${i + 1};`.repeat(10)}">`,
  ).join('');
  const xml = `<!DOCTYPE a [${entities}<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&e0;&x;</a>`;
  const { body } = await runStep('XmlModifier', DTD, exchangeOf(xml));
  assert.equal(body, '<a>&e0;&x;</a>');
});

test('XML modifier is not deployed with another handling of characters', () => {
  const [fault] = faultsOf('XmlModifier', { xmlCharacterHandling: 'escape' });
  assert.match(fault?.text ?? '', /by "escape"; it can be none, remove or substitute/);
});
