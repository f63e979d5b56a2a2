import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ODataError } from '../../shared/odata/errors.ts';
import { matches, parseFilter } from '../../shared/odata/filter.ts';
import { logQueryOf } from '../../shared/odata/message-log-filter.ts';
import { messageProcessingLogType as type } from '../../shared/odata/message-processing-logs.ts';
import { parsePath, parseStringLiteral } from '../../shared/odata/path.ts';
import { COLLECTION_OPTIONS, parseQueryOptions } from '../../shared/odata/query-options.ts';
import { check, textOf } from './check.ts';

function readsOrRefuses(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ODataError, String(error));
  }
}

test('any path, filter and query option is read or refused', async () => {
  const parts = [
    "'",
    '(',
    ')',
    '/',
    '%27',
    '%',
    ' and ',
    ' or ',
    ' eq ',
    'Status',
    "'x'",
    ',',
    '$value',
    'LogStart',
    "datetime'2026-01-01T00:00:00'",
    '__proto__',
    '-1',
    '1e99',
    '*',
  ];
  const option = fc.constantFrom(...COLLECTION_OPTIONS, '$skiptoken', '$x', 'a');
  await check(
    fc.property(textOf(...parts), option, (text, name) => {
      readsOrRefuses(() => parsePath(text));
      readsOrRefuses(() => logQueryOf(parseFilter(text, type)));
      const url = new URL('http://localhost/api/v1/a');
      url.searchParams.append(name, text);
      readsOrRefuses(() => parseQueryOptions(url, type, COLLECTION_OPTIONS));
    }),
  );
});

interface Tree {
  readonly text: string;
  readonly holds: (entity: Readonly<Record<string, string>>) => boolean;
}

const literal = fc.constantFrom('a', "b'", '', ' and ', '(');
const comparison: fc.Arbitrary<Tree> = fc
  .tuple(fc.constantFrom('Status', 'Sender'), fc.constantFrom('eq', 'ne', 'lt', 'ge'), literal)
  .map(([property, operator, value]) => ({
    text: `${property} ${operator} '${value.replaceAll("'", "''")}'`,
    holds: (entity) => {
      const given = entity[property] ?? '';
      if (operator === 'eq') return given === value;
      if (operator === 'ne') return given !== value;
      return operator === 'lt' ? given < value : given >= value;
    },
  }));
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    fc.tuple(tie('tree'), fc.constantFrom('and', 'or'), tie('tree')).map(([left, word, right]) => ({
      text: `(${left.text}) ${word} (${right.text})`,
      holds: (entity: Readonly<Record<string, string>>) =>
        word === 'and'
          ? left.holds(entity) && right.holds(entity)
          : left.holds(entity) || right.holds(entity),
    })),
  ),
}));

test('a filter means what it says', async () => {
  await check(
    fc.property(tree, literal, literal, ({ text, holds }, Status, Sender) => {
      fc.pre(text.length <= 4000);
      assert.equal(matches(parseFilter(text, type), { Status, Sender }), holds({ Status, Sender }));
    }),
  );
});

test('a string literal is what it was written from', async () => {
  await check(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(parseStringLiteral(`'${text.replaceAll("'", "''")}'`), text);
    }),
  );
});
