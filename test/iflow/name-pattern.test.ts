import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseNamePattern } from '../../shared/iflow/name-pattern.ts';
import { processorMs } from '../support/processor-time.ts';

const examples: readonly [pattern: string, yes: readonly string[], no: readonly string[]][] = [
  ['x-.*', ['x-', 'X-Order', 'x-a.b'], ['x', 'ax-b']],
  ['^x-[a-c]+$', ['x-a', 'x-cab', 'X-ABC'], ['x-', 'x-d']],
  ['x\\.y', ['x.y'], ['xay']],
  ['a{2}b{1,2}c{2,}', ['aabcc', 'aabbcccc'], ['abcc', 'aabbbcc', 'aabbc']],
  ['sap[^0-9]?\\d*', ['sap', 'sap-', 'sap1', 'sap-12'], ['sap--', 'sap1a']],
  ['[\\w-]+?', ['a-b_1'], ['a.b', '']],
  ['price\\$', ['price$'], ['price']],
  ['SAP_Sender(.*)', ['sap_sender', 'SAP_SenderInterface'], ['sap_receiver']],
  ['(?:x-)(a.)', ['x-ab'], ['x-a']],
];

for (const [pattern, yes, no] of examples) {
  test(`the pattern ${pattern} takes names that it describes whole, and no others`, () => {
    const parsed = parseNamePattern(pattern);
    assert.ok(parsed !== undefined);
    for (const name of yes) assert.ok(parsed.matches(name), name);
    for (const name of no) assert.ok(!parsed.matches(name), name);
  });
}

for (const pattern of [
  '(a+)+',
  '(a)*',
  '((a))',
  '(a',
  'a**',
  '[z-a]',
  '\\1',
  '\\bx',
  '[',
  'a{3,2}',
  'a{200}b{200}',
  '*',
]) {
  test(`${pattern} is no pattern here`, () => {
    assert.equal(parseNamePattern(pattern), undefined);
  });
}

test('what makes a regular expression explode takes linear time', () => {
  const pattern = parseNamePattern(`${'.*'.repeat(40)}x`);
  const startedAt = processorMs();
  assert.equal(pattern?.matches('a'.repeat(8000)), false);
  assert.ok(processorMs() - startedAt < 1000);
});

test('where a pattern is understood, it means what the regular expression means', () => {
  const atom = fc.constantFrom('a', 'b', '-', '.', '[ab]', '[^a]', '\\w', '\\.', '\\d');
  const times = fc.constantFrom('', '*', '+', '?', '{2}', '{0,2}', '{1,}');
  const text = fc
    .array(fc.tuple(atom, times), { maxLength: 6 })
    .map((parts) => parts.map((part) => part.join('')).join(''));
  const name = fc.string({ unit: fc.constantFrom('a', 'B', '-', '.', '1'), maxLength: 8 });
  fc.assert(
    fc.property(text, name, (pattern, header) => {
      const expected = new RegExp(`^(?:${pattern})$`, 'i').test(header);
      assert.equal(parseNamePattern(pattern)?.matches(header), expected);
    }),
    { seed: 20260101, numRuns: 1000 },
  );
});
