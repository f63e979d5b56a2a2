import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Parameters, parseTable } from '../../shared/iflow/model/parameters.ts';
import { check, textOf } from './check.ts';

const NAMES = ['a', 'b c', 'ä', '1.x_y-z'];
const values = textOf('{{', '}}', '{{a}}', 'a', '<', '&', '"', '$1', '$&', '\n', ' ');
const literal = fc.string({ unit: fc.constantFrom('x', ' ', '<', '&', '$', 'ä', '\n') });
const known = fc
  .tuple(values, values, values, values)
  .map((all) => new Map(NAMES.map((name, i) => [name, all[i] ?? ''])));
const pieces = fc.array(
  fc.oneof(
    literal.map((text) => ({ text })),
    fc.constantFrom(...NAMES, 'none').map((name) => ({ name })),
  ),
);

test('each use of a parameter becomes its value, once, and one without a value is told and stays', async () => {
  await check(
    fc.property(known, pieces, (own, parts) => {
      const parameters = new Parameters(own);
      const text = parts.map((part) => ('text' in part ? part.text : `{{${part.name}}}`)).join('');
      const expected = parts.map((part) => {
        if ('text' in part) return part.text;
        return own.get(part.name) ?? `{{${part.name}}}`;
      });
      assert.equal(parameters.fill(text), expected.join(''));
      const isUsed = parts.some((part) => 'name' in part && part.name === 'none');
      assert.deepEqual(parameters.unresolved, isUsed ? ['none'] : []);
    }),
  );
});

test('whatever stands between braces, a text without parameters stays as it is', async () => {
  const text = textOf('{', '{{', '}}', '}', 'a', ' ', '{{a}}', '&lt;');
  await check(
    fc.property(text, (written) => {
      const none = new Parameters(new Map());
      assert.equal(none.fill(written), written);
      for (const name of none.unresolved) assert.ok(written.includes(`{{${name}}}`));
      // Filled with themselves, the parameters that it uses change nothing either.
      const themselves = new Map(none.unresolved.map((name) => [name, `{{${name}}}`]));
      assert.equal(new Parameters(themselves).fill(written), written);
    }),
  );
});

test('a value in the cell of a table is that text, whatever XML says of its characters', async () => {
  const value = fc.string({
    unit: fc.constantFrom('x', '<', '>', '&', '"', "'", ']]>', '{{', '}}', 'ä', '</cell>', '😀'),
  });
  await check(
    fc.property(value, value, (first, second) => {
      const parameters = new Parameters(
        new Map([
          ['a', first],
          ['b<c', second],
        ]),
      );
      const table = "<row><cell id='A'>{{a}}</cell><cell id='B'>-{{b&lt;c}}-</cell></row>";
      const rows = parseTable(parameters.fillTable(table));
      assert.deepEqual(
        rows?.map((row) => [...row]),
        [
          [
            ['A', first],
            ['B', `-${second}-`],
          ],
        ],
      );
    }),
  );
});
