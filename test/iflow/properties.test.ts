import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProperties, parseProperties } from '../../shared/iflow/bundle/properties.ts';

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
