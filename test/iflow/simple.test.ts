import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Body, Value } from '../../shared/iflow/exchange.ts';
import { formatDate, parseDatePattern } from '../../shared/iflow/expressions/date-format.ts';
import { ExpressionFault, parseSimple } from '../../shared/iflow/expressions/parse-simple.ts';
import { evaluate, ExpressionFailure, WorkBudget } from '../../shared/iflow/expressions/simple.ts';
import { exchangeOf, NOW } from './running.ts';
import { processorMs } from '../support/processor-time.ts';

const exchange = exchangeOf(
  'the body',
  { Name: 'Flow', List: ['a', 'b'], CamelFileName: 'in/box/file.txt', Dotted: 'x', None: null },
  {
    p: 'Value',
    'with space': 's',
    'dot.ted': 'd',
    n: 7,
    map: { a: 1, b: null },
    $filter: 'f',
    of: 'p',
    of2: 'name',
    key_7_Flow: 'made',
    path: 'a.b.c',
    csv: 'x ,y,,',
    SAP_MessageProcessingLogID: 'guid',
  },
);

function result(expression: string, on = exchange): Value | Body {
  const template = parseSimple(expression);
  // Deployments keep templates as JSON.
  const stored = JSON.parse(JSON.stringify(template)) as typeof template;
  return evaluate(stored, {
    exchange: on,
    now: () => NOW,
    flowId: 'Flow_1',
    budget: new WorkBudget(),
  });
}

const values: readonly [expression: string, value: Value][] = [
  ['plain text', 'plain text'],
  ['', ''],
  ['${body}', 'the body'],
  ['${in.body}', 'the body'],
  ['${bodyAs(String)}', 'the body'],
  ['${in.body.length}', 8],
  ['${bodyAs(String).substring(0,3)}', 'the'],
  ['${header.Name}', 'Flow'],
  ['${header.name}', 'Flow'],
  ['${in.header.Name}', 'Flow'],
  ['${headers.Name}', 'Flow'],
  ['${header[Name]}', 'Flow'],
  ["${in.headers['Name']}", 'Flow'],
  ['${property.p}', 'Value'],
  ['${property.P}', null],
  ['${exchangeProperty.p}', 'Value'],
  ['${exchangeProperty[p]}', 'Value'],
  ['${property.with space}', 's'],
  ['${property.dot.ted}', 'd'],
  ['${property.$filter}', 'f'],
  ['${property.n}', 7],
  ['${property.missing}', null],
  ['${header.None}', null],
  ['${null}', null],
  ['${camelId}', 'Flow_1'],
  ['${file:name}', 'in/box/file.txt'],
  ['${file:onlyname}', 'file.txt'],
  ['${exception.message}', null],
  ['${exception.getMessage()}', null],
  ['${exception.stacktrace}', null],
  ['${date:now:yyyyMMdd}', '20260102'],
  ["${date:now:yyyy-MM-dd'T'HH:mm:ss.SSS'Z'}", '2026-01-02T13:04:05.006Z'],
  ['${date-with-timezone:now:Asia/Kolkata:yyyyMMddHHmm}', '202601021834'],
  ['${property.p.toUpperCase()}', 'VALUE'],
  ['${header.Name.toLowerCase()}', 'flow'],
  ['${property.p.substring(1)}', 'alue'],
  ['${property.p.substring(1, 3)}', 'al'],
  ['${property.p.substring(1,3).toUpperCase()}', 'AL'],
  ['${property.p.length()}', 5],
  ['${header.List[1]}', 'b'],
  ['${header.Name[0]}', 'Flow'],
  ['${property.missing.toUpperCase()}', null],
  ['<a>${body}</a>', '<a>the body</a>'],
  ['${header.Name}-${property.n}', 'Flow-7'],
  ['[${property.missing}]', '[]'],
  ['${header.List} ${property.map}', '[a, b] {a=1, b=null}'],
  ['costs $5 {or} $', 'costs $5 {or} $'],
  // a header that is not there is a property (Camel, Simple Language)
  ['${header.p}', 'Value'],
  ['${header:Name}', 'Flow'],
  ['${headerAs(Name, String)}', 'Flow'],
  ['${mandatoryBodyAs(String)}', 'the body'],
  [
    '${headers}',
    { Name: 'Flow', List: ['a', 'b'], CamelFileName: 'in/box/file.txt', Dotted: 'x', None: null },
  ],
  // names that expressions make
  ['${property.${property.of}}', 'Value'],
  ['${property.key_${property.n}_${header.Name}}', 'made'],
  ['${header[${property.of2}]}', 'Flow'],
  ['${property.${property.missing}}', null],
  // methods of Java
  ["${header.Name.contains('lo')}", true],
  ["${header.Name.startsWith('F')}", true],
  ["${header.Name.endsWith('F')}", false],
  ["${header.Name.replace('l', 'LL')}", 'FLLow'],
  ["${property.path.replaceAll('\\.', '-')}", 'a-b-c'],
  ["${property.path.split('\\.')[1]}", 'b'],
  ["${property.csv.split(',')[0].trim()}", 'x'],
  ["${property.csv.split(',').size()}", 2],
  ["${header.Name.indexOf('o')}", 2],
  ["${header.Name.equalsIgnoreCase('FLOW')}", true],
  ["${header.Name.concat('!')}", 'Flow!'],
  ['${property.n.toString()}', '7'],
  ['${header.List.size()}', 2],
  ['${header.List.get(1)}', 'b'],
  ['${header.List.get(7)}', null],
  ["${header.List.contains('b')}", true],
  ['${property.map.keySet()}', ['a', 'b']],
  ["${property.map.get('a')}", 1],
  ["${property.map.get('constructor')}", null],
  ["${property.map.containsKey('toString')}", false],
  ['${property.missing.size()}', null],
  // files
  ['${file:onlyname.noext}', 'file'],
  ['${file:name.noext}', 'in/box/file'],
  ['${file:ext}', 'txt'],
  // other moments and zones
  ['${date:now-2h30m:HH:mm}', '10:34'],
  ['${date:now+1d:yyyy-MM-dd}', '2026-01-03'],
  ['${date:now+365000d:yyyy}', '3025'],
  ['${date:now}', 'Fri Jan 02 13:04:05 UTC 2026'],
  ['${date-with-timezone:now+2h30m:IST:HH:mm}', '21:04'],
  ['${date-with-timezone:now:GMT+530:HH:mm}', '18:34'],
  ['${exchangeId}', 'guid'],
  ['${id}', 'guid'],
  ['a\\nb\\tc\\rd\\}e\\f\\', 'a\nb\tc\rd}e\\f\\'],
];

for (const [expression, value] of values) {
  test(`Simple: ${JSON.stringify(expression)} is ${JSON.stringify(value)}`, () => {
    assert.deepEqual(result(expression), value);
  });
}

test('a body of bytes alone stays bytes, and is text among text', () => {
  const bytes = exchangeOf(Buffer.from('ä'));
  assert.deepEqual(result('${body}', bytes), Buffer.from('ä'));
  assert.equal(result('<${body}>', bytes), '<ä>');
});

test('calls that a value does not have fail with a sentence', () => {
  assert.throws(() => result('${header.Name.size()}'), {
    name: 'ExpressionFailure',
    message: 'There is no size() of a text.',
  });
  assert.throws(() => result("${header.List.startsWith('a')}"), /no startsWith\(\) of a list/);
  assert.throws(() => result("${property.map.indexOf('a')}"), /no indexOf\(\) of a map/);
});

test('what methods make is bounded', () => {
  const body = exchangeOf('x'.repeat(1024 * 1024));
  const by = 'y'.repeat(200);
  for (const call of [
    `replace('x', '${by}')`,
    `replace('', '${by}')`,
    `replaceAll('x', '${by}')`,
  ]) {
    assert.throws(() => result(`\${body.${call}.length()}`, body), /yields more than 104857600/);
  }
  const growing = ".replace('x', 'xxxxxxxxxxxxxxx')".repeat(20);
  assert.throws(() => result(`\${body${growing}}`, body), ExpressionFailure);
  const commas = exchangeOf(','.repeat(100_001));
  assert.throws(() => result("${body.split(',')}", commas), /100000 parts at most/);
  const places = exchangeOf('x'.repeat(2_000_001));
  for (const call of ["replace('x', 'y')", "replaceAll('x', '')", "replace('', 'y')"]) {
    assert.throws(() => result(`\${body.${call}}`, places), /2000000 places at most/);
  }
  assert.equal(
    result("${body.replace('x', 'yy')}", exchangeOf('xz'.repeat(1_000_000))),
    'yyz'.repeat(1_000_000),
  );
});

test('lists and maps that are too long as text fail the expression', () => {
  const large = 'x'.repeat(60 * 1024 * 1024);
  const headers = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`h${i}`, large]));
  const exchange = exchangeOf('', headers, { list: Object.values(headers) });
  for (const expression of ['all: ${headers}', '${property.list.toString()}']) {
    assert.throws(() => result(expression, exchange), ExpressionFailure);
  }
});

test('a caught exception has its message and stack trace', () => {
  const caught = exchangeOf('', {}, { CamelExceptionCaught: { message: 'no', stacktrace: 'at' } });
  assert.equal(result('${exception.message}/${exception.stacktrace}', caught), 'no/at');
});

test('what a token yields is never parsed as an expression', () => {
  const hostile = exchangeOf('${property.secret}\\n', {}, { secret: 's' });
  assert.equal(result('x${body}', hostile), 'x${property.secret}\\n');
});

const unavailable = [
  '${header}',
  '${header.}',
  "${header.Name.replaceAll('[x]', 'y')}",
  "${header.Name.replaceAll('x', '$1')}",
  "${header.Name.split('')}",
  '${header.Name.matches(1)}',
  '${header.Name.trim(1)}',
  '${header.Name.substring(-1)}',
  '${header.Name.getClass().getName()}',
  '${header.Name.concat(${body})}',
  '${body.constructor()}',
  '${date:now-2x:yyyy}',
  '${date:header.x:yyyy}',
  '${property.${body}',
  '${'.repeat(7) + 'property.x' + '}'.repeat(7),
  `${'${property.'.repeat(7)}x${'}'.repeat(7)}`,
  '${headers.a.foo()}',
  '${body.getClass()}',
  '${bean:x}',
  '${bean:x?method=y}',
  '${sys.user.home}',
  '${env.PATH}',
  '${ref:x}',
  '${groovy:1}',
  '${random(10)}',
  '${date:header.x:yyyy}',
  '${date:now:}',
  '${date:now:qq}',
  "${date:now:yyyy'T}",
  '${date-with-timezone:now:Mars/Base:yyyy}',
  '${date:now+900000000d:yyyy}',
  '${date-with-timezone:now-999999999d999999999d:Europe/Berlin:yyyy}',
  '${body',
  '${}',
  '${constructor}',
  '${__proto__}',
  `\${property.${'x'.repeat(2000)}}`,
];

for (const expression of unavailable) {
  test(`Simple: ${JSON.stringify(expression.slice(0, 60))} is refused when it is parsed`, () => {
    assert.throws(() => parseSimple(expression), ExpressionFault);
  });
}

test('a refused token is named', () => {
  assert.throws(() => parseSimple('Hello ${sys.user.home}!'), {
    message: 'the expression ${sys.user.home} is not available yet',
  });
});

for (const expression of [
  '${property.p.substring(9)}',
  '${property.p.substring(3,2)}',
  '${header.List[2]}',
  '${header.Name[1]}',
]) {
  test(`Simple: ${expression} fails outside its value`, () => {
    assert.throws(() => result(expression), ExpressionFailure);
  });
}

const dates: readonly [pattern: string, text: string][] = [
  ['yyyy yy y', '2026 26 2026'],
  ['M MM MMM MMMM', '1 01 Jan January'],
  ['d dd D', '2 02 2'],
  ['E EEEE u', 'Fri Friday 5'],
  ['H HH h hh K k a', '13 13 1 01 1 13 PM'],
  ['m mm s ss S SSS', '4 04 5 05 6 006'],
  ['z Z X XX XXX', 'UTC +0000 Z Z Z'],
  ["'T' '' 'it''s'", "T ' it's"],
  ['HH:mm:ssX', '13:04:05Z'],
  ["HH'%3A'mm", '13%3A04'],
];

for (const [pattern, text] of dates) {
  test(`SimpleDateFormat: ${pattern} is ${text}`, () => {
    assert.equal(formatDate(parseDatePattern(pattern), NOW, 'UTC'), text);
  });
}

test('SimpleDateFormat: a zone shifts the clock, the day and the offset, summer time included', () => {
  const pattern = parseDatePattern('yyyy-MM-dd HH:mm Z XXX X');
  const late = Date.UTC(2026, 6, 1, 23, 30);
  assert.equal(formatDate(pattern, late, 'Europe/Berlin'), '2026-07-02 01:30 +0200 +02:00 +02');
  assert.equal(formatDate(pattern, late, 'America/New_York'), '2026-07-01 19:30 -0400 -04:00 -04');
  assert.equal(formatDate(pattern, NOW, 'Asia/Kolkata'), '2026-01-02 18:34 +0530 +05:30 +05');
});

test('SimpleDateFormat: midnight and noon in the four ways to count hours', () => {
  const pattern = parseDatePattern('H k K h');
  assert.equal(formatDate(pattern, Date.UTC(2026, 0, 1), 'UTC'), '0 24 0 12');
  assert.equal(formatDate(pattern, Date.UTC(2026, 0, 1, 12), 'UTC'), '12 12 0 12');
});

test('Simple: any text is either parsed and evaluated, or refused with a fault of its own', () => {
  const piece = fc.constantFrom(
    '${',
    '}',
    'body',
    'property.',
    'header',
    '[',
    ']',
    '.substring(',
    '1',
    ',',
    ')',
    "'",
    'date:now:',
    'yyyy',
    '\\',
    'n',
    '$',
    ' ',
    '.length()',
    '.',
    '${property.',
    ".split('",
    "')",
    '.get(0)',
    ':',
    'now-2h',
    'exception',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      try {
        result(pieces.join(''));
      } catch (error) {
        assert.ok(
          error instanceof ExpressionFault || error instanceof ExpressionFailure,
          String(error),
        );
      }
    }),
    { numRuns: 2000 },
  );
});

test('Simple: hostile texts are parsed or refused in time that is linear in their length', () => {
  const startedAt = processorMs();
  for (const part of [
    '${',
    '}',
    '\\',
    '$',
    '${body}',
    '${property.a.b(',
    '${property.${',
    "${header.x.split('",
  ]) {
    const text = part.repeat(Math.floor(1_000_000 / part.length));
    try {
      parseSimple(text);
    } catch (error) {
      assert.ok(error instanceof ExpressionFault, String(error));
    }
  }
  for (const inside of ['[0]', '.trim()', ".concat('x')", 'a.', '(', ' ', "'", '${a', '-1h']) {
    const token = inside.repeat(Math.floor(950 / inside.length));
    for (const written of [`\${property.x${token}}`, `\${date:now${token}}`, `\${${token}}`]) {
      try {
        parseSimple(written.repeat(100));
      } catch (error) {
        assert.ok(error instanceof ExpressionFault, String(error));
      }
    }
  }
  assert.ok(processorMs() - startedAt < 5000);
});

test('what the expressions of a step work on is bounded, whatever each of them yields', () => {
  const body = 'x'.repeat(30 * 1024 * 1024);
  const many = '${body.toUpperCase().length()}'.repeat(7);
  assert.throws(() => result(many, exchangeOf(body)), {
    name: 'ExpressionFailure',
    message: 'The expressions of the step work on more than 209715200 characters.',
  });
});
