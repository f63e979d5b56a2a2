import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBundle } from '../../shared/iflow/bundle/bundle.ts';
import { configureBundle } from '../../shared/iflow/bundle/configure.ts';
import {
  decodeProperties,
  parseProperties,
  replaceProperties,
} from '../../shared/iflow/bundle/properties.ts';
import { readZip } from '../../shared/iflow/bundle/unzip.ts';
import { deflateEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import { knownParameters } from '../../shared/iflow/model/known-parameters.ts';
import { escapeXml } from '../../shared/iflow/xml/write-xml.ts';
import { flowBundle, line } from '../support/flow-bundle.ts';

const cases: readonly [rule: string, text: string, expected: Record<string, string>][] = [
  ['a line holds a key and a value', 'a=b\nc:d\ne f\n', { a: 'b', c: 'd', e: 'f' }],
  ['space around the separator is of no account', '  a  =  b  ', { a: 'b  ' }],
  ['only the first separator separates', 'a = = b', { a: '= b' }],
  ['comments and empty lines are left out', '#a=1\n! b=2\n\n  \n  # c=3\nd=4', { d: '4' }],
  ['separators in keys are escaped', 'Sender\\ Address\\:1\\=2=x', { 'Sender Address:1=2': 'x' }],
  ['signs in values may be escaped', 'a=https\\://x\\=1\\#\\!', { a: 'https://x=1#!' }],
  ['\\t \\n \\r \\f are control characters', 'a=\\t\\n\\r\\f', { a: '\t\n\r\f' }],
  ['\\u stands for a UTF-16 unit', 'a=\\u00e4\\uD83D\\ude00', { a: 'ä😀' }],
  ['a backslash at the end continues the line', 'a=b\\\n   c\\\r\n d', { a: 'bcd' }],
  ['two backslashes at the end are one', 'a=b\\\\\nc=d', { a: 'b\\', c: 'd' }],
  ['a continuation is never a comment', 'a=b\\\n#c', { a: 'b#c' }],
  ['a continuation at the end of the file ends', 'a=b\\', { a: 'b' }],
  ['a key may stand alone', 'a\nb=', { a: '', b: '' }],
  ['a line ends with CR, LF or both', 'a=1\rb=2\r\nc=3', { a: '1', b: '2', c: '3' }],
  ['a later value replaces an earlier one', 'a=1\na=2', { a: '2' }],
  ['an escape of nothing special is the sign itself', 'a=\\q\\u00', { a: 'qu00' }],
];

for (const [rule, text, expected] of cases) {
  test(`java.util.Properties: ${rule}`, () => {
    assert.deepEqual(Object.fromEntries(parseProperties(text)), expected);
  });
}

test('a properties file is UTF-8 where it can be, else ISO-8859-1', () => {
  assert.equal(decodeProperties(Buffer.from('a=ä', 'utf8')), 'a=ä');
  assert.equal(decodeProperties(Buffer.from('a=ä', 'latin1')), 'a=ä');
});

test('a value is replaced in its line, and every other character stays', () => {
  const text =
    '#Thu Sep 21\r\n\r\n a\\ b : 1\r\nlong=x\\\r\n  y\r\n! note\r\nother=\\u00e9é\r\nlast';
  const change = (values: Record<string, string>) =>
    replaceProperties(text, new Map(Object.entries(values)));
  assert.equal(change({}), text);
  assert.equal(change({ 'a b': '1', long: 'xy', last: '' }), text, 'nothing differs');
  assert.equal(change({ 'a b': ' 2=' }), text.replace(' a\\ b : 1', 'a\\ b=\\ 2\\='));
  assert.equal(change({ long: 'z' }), text.replace('long=x\\\r\n  y', 'long=z'));
  assert.equal(change({ last: 'v' }), text.replace(/last$/, 'last=v'));
  assert.equal(change({ new: 'ü' }), `${text}\r\nnew=\\u00fc\r\n`);
});

test('a key that comes again is replaced wherever it stands', () => {
  const changed = replaceProperties('a=1\nb=2\na=3\n', new Map([['a', '4']]));
  assert.equal(changed, 'a=4\nb=2\na=4\n');
});

test('a value that is added to an unfinished line does not continue it', () => {
  for (const text of ['a=1\\', 'a=1\\\n', '#c\\']) {
    const changed = replaceProperties(text, new Map([['b', '2']]));
    assert.equal(parseProperties(changed).get('b'), '2', JSON.stringify(text));
    assert.equal(parseProperties(changed).get('a'), parseProperties(text).get('a'));
  }
});

test('parameters.prop keeps its encoding when a bundle is configured, and may be missing', () => {
  const path = 'src/main/resources/parameters.prop';
  const bundle = (content: Uint8Array | undefined): Uint8Array => {
    const entries = new Map(readZip(flowBundle({ processes: [line()] })));
    entries.delete(path);
    if (content !== undefined) entries.set(path, deflateEntry(path, content));
    return writeZip(entries.values());
  };
  const configured = (content: Uint8Array | undefined): Buffer =>
    Buffer.from(readBundle(configureBundle(bundle(content), { b: 'é' })).read(path, 1000) ?? []);
  for (const encoding of ['utf8', 'latin1'] as const) {
    const before = Buffer.from('a=é\nb=1\n', encoding);
    assert.deepEqual(configured(before), Buffer.from('a=é\nb=\\u00e9\n', encoding));
  }
  assert.equal(configured(undefined).toString(), 'b=\\u00e9\n');
  const zip = bundle(Buffer.from('b=é'));
  assert.equal(configureBundle(zip, { b: 'é' }), zip, 'nothing differs');
  assert.equal(configureBundle(zip, undefined), zip);
});

test('an iFlow has the parameters that have a value, a definition, or a use', () => {
  const propdef =
    '<parameters><parameter><key/><name>defined</name></parameter><param_references/></parameters>';
  const zip = flowBundle({
    processes: [
      line({
        id: 'Set',
        cname: 'Enricher',
        properties: {
          wrapContent: '{{<used & "quoted">}}',
          headerTable: `<row><cell id='Value'>{{${escapeXml('<in a table>')}}}</cell></row>`,
        },
      }),
    ],
    parameters: { valued: 'v' },
    files: { 'parameters.propdef': propdef },
  });
  const names = ['valued', 'defined', '<used & "quoted">', '<in a table>', 'none', ''];
  assert.deepEqual([...knownParameters(zip, names)], names.slice(0, 4));
});
