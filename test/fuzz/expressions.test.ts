import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import fontoxpath from 'fontoxpath';
import { formatDate, parseDatePattern } from '../../shared/iflow/expressions/date-format.ts';
import { ExpressionFault } from '../../shared/iflow/expressions/expression-fault.ts';
import { parseDate } from '../../shared/iflow/expressions/parse-date.ts';
import { compileXPath } from '../../shared/iflow/expressions/xpath-engine.ts';
import { xpathTask } from '../../shared/iflow/expressions/xpath-task.ts';
import { check, textOf } from './check.ts';

const NAMESPACES = { n: 'urn:names' };

/** Runs what may refuse an expression. @returns undefined where it does */
function unlessRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    assert.notEqual(error.message, '');
    return undefined;
  }
}

test('any XPath compiles or is refused as a fault of the expression', async () => {
  const written = textOf(
    '/',
    '//',
    'a',
    'n:b',
    'missing:b',
    '@x',
    '*',
    '.',
    '..',
    '[',
    ']',
    '(',
    ')',
    '1',
    "'",
    '"',
    "'t'",
    ' = ',
    ' < ',
    ' | ',
    ' and ',
    'count(',
    'last()',
    'text()',
    'ancestor::',
    '$v',
    '$',
    'function:simple(',
    "'${header.a}'",
    "in:header('a')",
    'if (',
    ' then ',
    ' else ',
    'for $i in ',
    ' return ',
    '&apos;',
    '(:',
    ':)',
    'map{',
    '}',
    ',',
  );
  await check(
    fc.property(written, (source) => {
      const compiled = unlessRefused(() => compileXPath(source, NAMESPACES));
      if (compiled !== undefined) assert.equal(typeof compiled.source, 'string');
    }),
    3,
  );
});

const name = fc.constantFrom('a', 'b', 'n:a');
const content = fc.string({
  unit: fc.constantFrom('x', '1', ' ', '&lt;', 'ä', '😀'),
  maxLength: 4,
});
const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .record({
      tag: name,
      x: fc.option(content, { nil: undefined }),
      inner: fc.array(
        fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          content,
          fc.constantFrom('<!--c-->', '<?p i?>'),
          tie('element'),
        ),
        { maxLength: 4 },
      ),
    })
    .map(({ tag, x, inner }) => {
      const attribute = x === undefined ? '' : ` x="${x}"`;
      return `<${tag}${attribute}>${inner.join('')}</${tag}>`;
    }),
}));
const documents = element.map((inner) => `<r xmlns:n="urn:names">${inner}</r>`);

const axis = fc.constantFrom('/', '//', '/descendant::', '/following-sibling::', '//ancestor::');
const nodeTest = fc.constantFrom('a', 'b', 'n:a', '*', 'node()', 'text()', '*[@x]');
const filter = fc.constantFrom(
  '',
  '',
  '[1]',
  '[last()]',
  "[@x = '1']",
  '[. < 2]',
  "[contains(., 'x')]",
);
const path = fc
  .tuple(
    fc.array(fc.tuple(axis, nodeTest, filter), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '', '/@x', '/@*', '/..'),
  )
  .map(([parts, end]) => parts.map((part) => part.join('')).join('') + end);
const xpaths = fc
  .tuple(fc.constantFrom('', 'count', 'string', 'name', 'boolean', 'not', 'string-join'), path)
  .map(([called, of]) => {
    if (called === '') return of;
    if (called === 'string-join') return `string-join(${of}, '-')`;
    return called === 'string' || called === 'name' ? `${called}((${of})[1])` : `${called}(${of})`;
  });

test("an XPath yields what fontoxpath finds in another reader's document", async () => {
  await check(
    fc.property(documents, xpaths, (xml, source) => {
      // Comparing a text with a number fails in both, in some documents.
      const attempted = <T>(work: () => T): T | 'fails' => {
        try {
          return work();
        } catch {
          return 'fails';
        }
      };
      const compiled = compileXPath(source, NAMESPACES);
      const query = { source: compiled.source, variables: {}, result: 'text' as const };
      const call = { body: xml, namespaces: NAMESPACES, queries: [query] };
      const found = attempted(() => xpathTask.run(call, undefined));
      const document: unknown = new DOMParser().parseFromString(xml, 'text/xml');
      const expected = attempted(() => [
        fontoxpath.evaluateXPathToString(`string((${source})[1])`, document, null, null, {
          namespaceResolver: (prefix) => (prefix === 'n' ? NAMESPACES.n : null),
        }),
      ]);
      assert.deepEqual(found, expected);
    }),
    5,
  );
});

const times = fc.integer({ min: Date.UTC(1980, 0, 1), max: Date.UTC(2200, 0, 1) });
const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', '+05:45');

test('a date is written so that it is read as the same moment, in any zone (SimpleDateFormat)', async () => {
  const pattern = parseDatePattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX");
  await check(
    fc.property(times, zones, (time, zone) => {
      assert.equal(Date.parse(formatDate(pattern, time, zone)), time);
    }),
  );
});

test('quoted text stands in a date as it is (SimpleDateFormat)', async () => {
  const literal = fc.string({ unit: fc.constantFrom('y', 'Z', "'", ' ', 'ä', '\n'), minLength: 1 });
  await check(
    fc.property(literal, times, (text, time) => {
      const pattern = parseDatePattern(`'${text.replaceAll("'", "''")}'yyyy`);
      assert.equal(formatDate(pattern, time, 'UTC'), `${text}${new Date(time).getUTCFullYear()}`);
    }),
  );
});

test('any date expression is one, is none, or is refused as a fault of the expression', async () => {
  const written = textOf(
    'date:now',
    'date-with-timezone:now',
    ':',
    '-',
    '+',
    '1d',
    '2h30m',
    '999999999d',
    'yyyy',
    'MM',
    "'",
    'q',
    'Europe/Berlin',
    'GMT+5:30',
    'GMT-99',
    'z',
    'XXX',
  ).map((rest) => `date:now${rest}`);
  const starts = fc.constantFrom('date:now', 'date-with-timezone:now', '');
  await check(
    fc.property(starts, written, times, (start, rest, time) => {
      const token = unlessRefused(() => parseDate(rest.replace('date:now', start)));
      if (token?.token !== 'date') return;
      const text = formatDate(token.pattern, time + (token.offset ?? 0), token.zone);
      assert.doesNotMatch(text, /undefined|NaN|Invalid/);
    }),
  );
});
