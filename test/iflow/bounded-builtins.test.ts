import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import fc from 'fast-check';
import { boundBuiltins } from '../../shared/iflow/expressions/bounded-builtins.ts';
import { textSearch } from '../../shared/iflow/expressions/find.ts';

/** A realm like that of the XSLT processor, and what it has been refused. */
function boundRealm(maxJoined: number): (source: string) => unknown {
  const context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
  const refuse = `() => { throw new RangeError('too large'); }`;
  runInContext(
    `'use strict'; (${String(boundBuiltins)})(globalThis, (${String(textSearch)})().indexIn, { maxJoined: ${maxJoined}, isBound: () => globalThis.isFree !== true, refuse: ${refuse} })`,
    context,
  );
  return (source) => runInContext(source, context) as unknown;
}

const evaluate = boundRealm(1000);
const plain = createContext();

test('a text of more characters than may be joined is not joined', () => {
  assert.equal(evaluate(`['a'.repeat(499), 'b'.repeat(500)].join('-').length`), 1000);
  for (const source of [
    `['a'.repeat(500), 'b'.repeat(500)].join('-')`,
    `Array(1002).join('-')`,
    `Array(501).fill('ж').join()`,
    `String([['a'.repeat(1001)]])`,
  ]) {
    assert.throws(() => evaluate(source), { name: 'RangeError', message: 'too large' }, source);
  }
});

test('what is joined is what JavaScript joins', () => {
  for (const source of [
    `[1, null, undefined, true, [2, [3]], {}].join()`,
    `[].join('x') + ['a'].join('x')`,
    `['a', 'b'].join(undefined) + ['a', 'b'].join(null) + ['a', , 'b'].join('')`,
    `Array.prototype.join.call({ length: 2, 0: 'a', 1: 'b' }, '+')`,
  ]) {
    assert.equal(evaluate(source), runInContext(source, createContext()), source);
  }
});

test('what is found is what JavaScript finds, in the time of the sum of the lengths', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 }),
      fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 4 }),
      fc.option(fc.integer({ min: -3, max: 45 }), { nil: undefined }),
      (text, part, from) => {
        const [a, b, c] = [text, part, from].map((value) => JSON.stringify(value));
        assert.equal(evaluate(`${a}.indexOf(${b}, ${c})`), text.indexOf(part, from));
        assert.equal(evaluate(`${a}.includes(${b}, ${c})`), text.includes(part, from));
      },
    ),
  );
  assert.throws(() => evaluate(`'a'.includes(/a/)`), { name: 'TypeError' });
  // Compared at each place, it would be 60,000,000,000,000 comparisons that nothing can interrupt.
  const halves = `const half = 'a'.repeat(5_000_000), text = half + half + half`;
  assert.deepEqual(
    [
      evaluate(`{ ${halves}; text.indexOf(half + 'b' + half) }`),
      evaluate(`{ ${halves}; (text + 'b' + text).indexOf(half + 'b' + half, 7) }`),
      evaluate(`{ ${halves}; (text + 'b' + text).includes(half + 'b' + half) }`),
    ],
    [-1, 10_000_000, true],
  );
});

test('a regular expression that is a long text, or too long for any, is not made', () => {
  assert.equal(evaluate(`new RegExp('a'.repeat(1024)).test('a'.repeat(1024))`), true);
  assert.equal(evaluate(`new RegExp('a'.repeat(1024) + '[b]').test('a')`), false);
  assert.equal(evaluate(`new RegExp('a', 'g') instanceof RegExp && /a/ instanceof RegExp`), true);
  for (const source of [
    `new RegExp('a'.repeat(1025))`,
    `new RegExp('a'.repeat(1024) + '\\\\.', 'g')`,
    `new RegExp('[a]' + 'a'.repeat(1024 * 1024))`,
  ]) {
    assert.throws(() => evaluate(source), { name: 'RangeError', message: 'too large' }, source);
  }
});

test('marks behind each other are put in order, but not more than anybody writes', () => {
  const marks = `'\\u0301\\u0316'`;
  assert.equal(
    evaluate(`('a' + ${marks}.repeat(128)).repeat(9).normalize('NFD')`),
    ('a' + '\u0316'.repeat(128) + '\u0301'.repeat(128)).repeat(9),
  );
  assert.equal(evaluate(`'e\\u0301'.normalize() + '\\uFF9E'.normalize('NFKC')`), '\u00E9\u3099');
  const compared = `['Z', 'a' + ${marks}, 'A', 'ä', 'a10', 'a9', 'a' + ${marks}.repeat(128)].sort`;
  const sorted = (collator: string) => `${compared}(${collator}.compare).join()`;
  assert.equal(
    evaluate(
      `${compared}((a, b) => new Intl.Collator('sv', { numeric: true }).compare(a, b)).join()`,
    ),
    runInContext(sorted(`new Intl.Collator('sv', { numeric: true })`), createContext()),
  );
  assert.equal(evaluate(`'\\uFDFA'.repeat(55).normalize('NFKC').length`), 18 * 55);
  assert.throws(() => evaluate(`'a'.normalize('x')`), { name: 'RangeError' });
  for (const source of [
    `(${marks}.repeat(128) + '\\u0301').normalize()`,
    `${marks}.repeat(5_000_000).normalize()`,
    `new Intl.Collator('en').compare('a' + ${marks}.repeat(129), 'a')`,
    `new Intl.Collator('en').compare('a', 'a' + ${marks}.repeat(129))`,
    `'\\uFDFA'.repeat(59).normalize('NFKC')`,
    `('a'.repeat(9) + '\\uFF9E\\u05B0'.repeat(129) + 'a').normalize('NFKD')`,
  ]) {
    assert.throws(() => evaluate(source), { name: 'RangeError', message: 'too large' }, source);
  }
});

test('what is replaced in a text makes it no longer than a text may be', () => {
  const few = boundRealm(20);
  const replacement = fc.array(fc.constantFrom('$', '$$', '$&', '0', '1', '2', 'b', '$01', '$10'));
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 20 }),
      fc.constantFrom(
        '/a/',
        '/[ab]/g',
        '/(a)|(b)/g',
        '/(a)(b)?(c)?/g',
        '/((((((((((a))))))))))b/g',
      ),
      replacement,
      (text, pattern, parts) => {
        const source = `${JSON.stringify(text)}.replace(${pattern}, ${JSON.stringify(parts.join(''))})`;
        const replaced = runInContext(source, plain) as string;
        if (replaced.length <= 20) assert.equal(few(source), replaced);
        else assert.throws(() => few(source), { name: 'RangeError', message: 'too large' });
      },
    ),
    { numRuns: 1000 },
  );
  assert.equal(
    few(`'ab'.replace('a', 'bcd') + 'ab'.replace(/a/, () => 'c'.repeat(21))`),
    `bcdb${'c'.repeat(21)}b`,
  );
});

test('what else runs in the realm is not bounded', () => {
  evaluate('globalThis.isFree = true');
  try {
    assert.equal(evaluate(`['a'.repeat(999), 'b'].join('--').length`), 1002);
    assert.equal(evaluate(`'ab'.repeat(400).replace(/a/g, 'x'.repeat(9)).length`), 4000);
    assert.equal(evaluate(`'\u0301'.repeat(300).normalize().length`), 300);
    assert.equal(evaluate(`new RegExp('a'.repeat(2000)).source.length`), 2000);
  } finally {
    evaluate('globalThis.isFree = false');
  }
});
