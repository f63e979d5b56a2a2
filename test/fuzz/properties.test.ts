import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeProperties, parseProperties } from '../../shared/iflow/bundle/properties.ts';
import { check, textOf } from './check.ts';
import { processorMs } from '../support/processor-time.ts';

/** As java.util.Properties.store writes a key or a value. */
function store(text: string, isKey: boolean): string {
  const named: Readonly<Record<string, string>> = { '\t': 't', '\n': 'n', '\r': 'r', '\f': 'f' };
  let written = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charAt(i);
    if (named[unit] !== undefined) written += `\\${named[unit]}`;
    else if (unit === ' ' && (isKey || i === 0)) written += '\\ ';
    else if ('=:#!\\'.includes(unit)) written += `\\${unit}`;
    else if (unit < ' ' || unit > '~') {
      written += `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
    } else written += unit;
  }
  return written;
}

const telling = textOf(
  ' ',
  '=',
  ':',
  '#',
  '!',
  '\\',
  '\n',
  '\r',
  '\t',
  '\f',
  'a',
  'ä',
  '\\u00',
  'u0041',
);

test('what Java stores is read back, whatever stands in keys and values', async () => {
  const properties = fc.dictionary(telling, telling, { noNullPrototype: true });
  await check(
    fc.property(properties, fc.constantFrom('\n', '\r\n', '\r'), (expected, end) => {
      const lines = Object.entries(expected).map(
        ([key, value]) => `${store(key, true)}=${store(value, false)}`,
      );
      const file = Buffer.from(['#comment', ...lines, ''].join(end), 'latin1');
      assert.deepEqual(parseProperties(decodeProperties(file)), new Map(Object.entries(expected)));
    }),
  );
});

test('a value may be continued on further lines wherever no escape is cut', async () => {
  const pieces = fc.array(
    fc.string({ unit: fc.constantFrom('a', '=', '#', 'ä', '"'), minLength: 1 }),
    { minLength: 1 },
  );
  await check(
    fc.property(pieces, fc.constantFrom('', ' ', '\t\f '), (parts, indent) => {
      const text = `k=${parts.join(`\\\n${indent}`)}`;
      assert.equal(parseProperties(text).get('k'), parts.join('').replace(/^=/, '='));
    }),
  );
});

test('any text is read as properties, in time that grows with its size', async () => {
  await check(fc.property(telling, (text) => void parseProperties(text)));
  for (const line of ['\\', '\\\\\n', 'a\\\n', ' ', '=', '\\u004']) {
    const before = processorMs();
    parseProperties(line.repeat(100_000));
    assert.ok(processorMs() - before < 2000, JSON.stringify(line));
  }
});
