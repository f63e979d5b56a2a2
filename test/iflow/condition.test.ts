import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Value } from '../../shared/iflow/exchange.ts';
import { evaluateCondition } from '../../shared/iflow/expressions/condition.ts';
import { ExpressionFault } from '../../shared/iflow/expressions/expression-fault.ts';
import { parseCondition, patternsOf } from '../../shared/iflow/expressions/parse-condition.ts';
import { compilePattern } from '../../shared/iflow/expressions/pattern.ts';
import { ExpressionFailure, WorkBudget } from '../../shared/iflow/expressions/simple.ts';
import { exchangeOf, NOW } from './running.ts';
import { processorMs } from '../support/processor-time.ts';

const exchange = exchangeOf(
  'the body',
  { SenderId: '1', Url: '/http/CustomerBill', Accept: 'application/json', n: '007' },
  {
    ten: 10,
    big: '123456789012345678901',
    half: 1.5,
    yes: true,
    no: 'false',
    empty: '',
    list: ['a', 'b'],
    none: [],
    map: { k: 'v' },
    pattern: '[a-c]+',
    name: 'a',
  },
);

function holds(text: string, on = exchange): boolean {
  // Deployments keep conditions as JSON.
  const condition = JSON.parse(JSON.stringify(parseCondition(text))) as ReturnType<
    typeof parseCondition
  >;
  const evaluation = evaluateCondition(condition, {
    exchange: on,
    now: () => NOW,
    flowId: 'F',
    budget: new WorkBudget(),
  });
  let step = evaluation.next(false);
  while (step.done !== true) {
    step = evaluation.next(compilePattern(step.value.pattern)(step.value.text));
  }
  return step.value;
}

const TRUE = [
  // SAP Help, Define Router: Usage of Operators in Non-XML Conditions
  "${header.SenderId} = '1'",
  "${header.SenderId} != '2'",
  "${header.SenderId} > '0'",
  "${header.SenderId} >= '1'",
  "${header.SenderId} < '2'",
  "${header.SenderId} <= '1'",
  "${header.SenderId}= '1' and ${header.Accept} = 'application/json'",
  "${header.SenderId}= '2' or ${header.Accept}= 'application/json'",
  "${header.Url} contains '/CustomerBill'",
  "${header.Url} not contains '/financialAccount'",
  "${header.SenderId} in '1,2'",
  "${header.SenderId} not in '2,3'",
  "${header.Accept} regex 'application/.*'",
  "${header.Accept} not regex 'text/.*'",
  "${header.Accept}contains 'json'",
  // Camel's own spelling
  "${header.SenderId} == '1'",
  "${header.Accept} =~ 'APPLICATION/JSON'",
  "${header.Accept} !=~ 'text/plain'",
  "${header.Accept} ~~ 'JSON'",
  "${header.Accept} !~~ 'XML'",
  "${header.Url} !contains 'x'",
  "${header.SenderId} !in '2,3'",
  "${header.Accept} !regex 'x'",
  "${header.Accept} startsWith 'application'",
  "${header.Accept} starts with 'application'",
  "${header.Accept} !startsWith 'text'",
  "${header.Accept} endsWith 'json'",
  "${header.Accept} ends with 'json'",
  "${header.Accept} !endsWith 'xml'",
  "${header.SenderId} range '1..3'",
  "${header.SenderId} not range '2..3'",
  '${header.SenderId} == "1" && ${property.yes} || ${property.no}',
  // nothing
  '${header.missing} = null',
  '${header.SenderId} != null',
  "${header.missing} != ''",
  '${property.empty} != null',
  "${property.empty} = ''",
  "${header.missing} not in '1,2'",
  "${header.missing} not regex 'x'",
  '${header.missing} <= null',
  // numbers, as Camel compares them
  "${header.n} = '7'",
  '${header.n} = 7',
  "${property.ten} = '10'",
  "${property.ten} > '9'",
  '${property.ten} >= 9.5',
  "${property.big} > '123456789012345678900'",
  "${property.half} = '1.50'",
  "'10.5' < '9'",
  "'10' > '9'",
  "-1 < '0'",
  "${property.ten} in '9,10'",
  // booleans
  "${property.yes} = 'TRUE'",
  '${property.yes} = true',
  "${property.no} = 'false'",
  '${property.yes}',
  '${header.SenderId}',
  '${property.list}',
  // lists and maps
  "${property.list} contains 'b'",
  '${property.name} in ${property.list}',
  "'k' in ${property.map.keySet()}",
  "${property.none.size()} = '0'",
  "${property.list.size()} != '0'",
  // both sides are expressions, in quotes or not
  '${header.SenderId} = ${header.senderid}',
  "'/${header.SenderId}/x' = '/1/x'",
  "'${header.SenderId}' = ${header.SenderId}",
  '${header.Accept.toUpperCase()} contains "JSON"',
  '${property.name} regex ${property.pattern}',
  "${body} = 'the body'",
];

const FALSE = [
  "${header.SenderId} = '11'",
  "${header.SenderId} > '1'",
  "${header.SenderId} in '2,3'",
  "${header.missing} in ''",
  "${header.missing} regex '.*'",
  "${header.missing} > '0'",
  "${header.missing} < '0'",
  "${header.missing} contains ''",
  "${header.Accept} regex 'json'",
  "${header.SenderId} range '2..3'",
  '${property.no}',
  '${property.empty}',
  '${property.none}',
  '${header.missing}',
  "${property.yes} = 'yes'",
  "${header.Accept} =~ 'x'",
  // Camel joins from left to right, whatever the word
  "${header.SenderId} = '1' or ${header.SenderId} = '1' and ${header.SenderId} = '2'",
];

for (const [expected, conditions] of [
  [true, TRUE],
  [false, FALSE],
] as const) {
  for (const condition of conditions) {
    test(`Condition: ${condition} is ${expected}`, () => assert.equal(holds(condition), expected));
  }
}

test('what follows from the tests before is not evaluated', () => {
  const failing = "${body.substring(99)} = ''";
  assert.equal(holds(`\${body} = null and ${failing}`), false);
  assert.equal(holds(`\${body} != null or ${failing}`), true);
  assert.throws(() => holds(failing), ExpressionFailure);
});

test('what a message holds is no part of the condition', () => {
  const hostile = exchangeOf("' or 'a' = 'a", { h: "${body}' = '${body}" });
  assert.equal(holds("${body} = 'x'", hostile), false);
  assert.equal(holds("'${header.h}' = 'x'", hostile), false);
});

for (const condition of [
  '',
  ' ',
  '${header.a',
  "${header.a} = 'b",
  '${header.a} = b',
  '${header.a} = ',
  '= 1',
  '${header.a} ${header.b}',
  "${header.a} = 'b' and",
  "${header.a} = 'b' xor ${header.a} = 'c'",
  "(${header.a} = 'b')",
  '${header.a} contains ‘true’',
  "${header.a} is 'java.lang.String'",
  "${header.a} range '1-2'",
  '${header.a} AND ${header.b}',
  '${header.a}++',
  '${sys.user.home} = 1',
  '${header.a} = 1.',
  `\${header.a} = '${'x'.repeat(10_000)}'`,
  Array(102).fill('${header.a}').join(' and '),
]) {
  test(`Condition: ${JSON.stringify(condition.slice(0, 60))} is refused when it is parsed`, () => {
    assert.throws(() => parseCondition(condition), ExpressionFault);
  });
}

test('a refused condition says where it is not understood, and what one is', () => {
  assert.throws(() => parseCondition("${header.a} = 'x' then 1"), {
    message:
      /^the condition .* is not understood: at "then 1"\. A condition compares an expression such as/,
  });
});

for (const pattern of ['(?=a)', '(a)\\1', 'a++', '[a&&b]', '(', 'x{1001}', '(\\pL{1,500}){9}']) {
  test(`Pattern: ${pattern} is refused`, () => {
    assert.deepEqual(patternsOf(parseCondition(`\${body} regex '${pattern}'`)), [pattern]);
    assert.throws(() => compilePattern(pattern), ExpressionFault);
  });
}

const pieces = fc.constantFrom(
  '${header.SenderId}',
  '${property.list}',
  '${body}',
  '${',
  '}',
  "'",
  '"',
  "'1'",
  ' ',
  '=',
  '!=',
  '<',
  '~~',
  'not ',
  'contains',
  'in',
  'regex',
  'range',
  'and',
  'or',
  '&&',
  'null',
  'true',
  '1',
  '-',
  '.',
  '1..2',
  '(',
  '\\',
  'é',
);

test('Condition: any text is either parsed and evaluated, or refused with a fault of its own', () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      try {
        holds(parts.join(''));
      } catch (error) {
        assert.ok(
          error instanceof ExpressionFault || error instanceof ExpressionFailure,
          String(error),
        );
      }
    }),
    { numRuns: 5000 },
  );
});

test('Condition: tests are joined from left to right, as a fold of what each comes to', () => {
  const link = fc.record({ join: fc.constantFrom('and', 'or', '&&', '||'), value: fc.boolean() });
  fc.assert(
    fc.property(fc.boolean(), fc.array(link, { maxLength: 8 }), (first, rest) => {
      const written = (value: boolean): string => `\${header.SenderId} = '${value ? 1 : 2}'`;
      const text = [written(first), ...rest.map(({ join, value }) => `${join} ${written(value)}`)];
      const model = rest.reduce(
        (result, { join, value }) =>
          join === 'and' || join === '&&' ? result && value : result || value,
        first,
      );
      assert.equal(holds(text.join(' ')), model);
    }),
  );
});

test('Condition: values are compared as numbers if both are whole, else by their characters', () => {
  const value = fc.oneof(
    fc.integer().map(String),
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
    fc.integer({ min: 0, max: 99 }).map((n) => `0${n}`),
    fc.stringMatching(/^[a-z0-9.]{0,4}$/),
  );
  const isWhole = (text: string): boolean => /^-?\d+$/.test(text);
  fc.assert(
    fc.property(value, value, (a, b) => {
      const on = exchangeOf('', { a, b } satisfies Record<string, Value>);
      const [x, y] = isWhole(a) && isWhole(b) ? [BigInt(a), BigInt(b)] : [a, b];
      assert.equal(holds('${header.a} = ${header.b}', on), x === y);
      assert.equal(holds('${header.a} < ${header.b}', on), x < y);
      assert.equal(holds('${header.a} >= ${header.b}', on), x >= y);
      assert.equal(holds('${header.a} != ${header.b}', on), x !== y);
    }),
    { numRuns: 1000 },
  );
});

test('Condition: hostile texts are refused in time that is linear in their length', () => {
  const startedAt = processorMs();
  for (const part of [
    '${',
    "'",
    '"${',
    '${header.',
    '[0]',
    ' ',
    'not ',
    '1',
    '}',
    "${a}'",
    '(',
    '&&',
  ]) {
    const text = part.repeat(Math.floor(9990 / part.length));
    for (const hostile of [
      text,
      `\${header.a} = '${text}`,
      `\${header.a} = ${text}`,
      `\${header.${text}`,
    ]) {
      assert.throws(() => parseCondition(hostile), ExpressionFault, hostile.slice(0, 40));
    }
  }
  assert.ok(processorMs() - startedAt < 1000);
});

test('a condition does not hold the event loop, whatever texts a message brings', () => {
  const text = 'a'.repeat(20 * 1024 * 1024);
  const part = `${'a'.repeat(16_000)}b${'a'.repeat(16_000)}`;
  const message = exchangeOf(text, { Part: part }, { commas: ','.repeat(100_000) });
  const begun = processorMs();
  assert.equal(holds('${body} contains ${header.Part}', message), false);
  assert.equal(holds('${body} ~~ ${header.Part}', message), false);
  assert.ok(processorMs() - begun < 30_000);
  assert.throws(
    () => holds("'a' in ${property.commas}", message),
    /list of 100000 entries at most/,
  );
});
