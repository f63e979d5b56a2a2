import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ODataError } from '../../shared/odata/errors.ts';
import { type Filter, matches, parseFilter } from '../../shared/odata/filter.ts';
import { messageProcessingLogType as type } from '../../shared/odata/message-processing-logs.ts';
import { relativeUri } from '../../shared/odata/model.ts';
import { keyValues, parsePath } from '../../shared/odata/path.ts';
import { artifactTypes } from '../../shared/odata/artifact-types.ts';

/** Whatever a caller sends is read or refused; nothing else comes out. */
function readsOrRefuses(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ODataError, String(error));
  }
}

test('any path and any filter is read or refused', () => {
  const snippet = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "'",
      '(',
      ')',
      '/',
      '%27',
      '%',
      ' and ',
      ' eq ',
      'Status',
      "'x'",
      ',',
      '$value',
    ),
  );
  const text = fc.array(snippet, { maxLength: 20 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (given) => {
      readsOrRefuses(() => parsePath(given));
      readsOrRefuses(() => parseFilter(given, type));
    }),
    { numRuns: 500 },
  );
});

test('an entity’s own address leads back to its key, whatever characters are in it', () => {
  const key = fc.string({ unit: 'grapheme', maxLength: 60 });
  fc.assert(
    fc.property(key, key, (id, version) => {
      const uri = relativeUri(artifactTypes.IntegrationFlow, { Id: id, Version: version });
      const { pathname } = new URL(`https://flowgate.example/api/v1/${uri}`);
      const [segment] = parsePath(pathname.slice('/api/v1'.length));
      assert.deepEqual(keyValues(segment, ['Id', 'Version']), [id, version]);
    }),
  );
});

test('and binds closer than or, and parentheses come first (OData V2, URI Conventions 4.5)', () => {
  const passes = (filter: string, Status: string, Sender: string) =>
    matches(parseFilter(filter, type), { Status, Sender });
  const plain = "Status eq 'a' or Status eq 'b' and Sender eq 'x'";
  assert.equal(passes(plain, 'a', 'y'), true);
  assert.equal(passes(plain, 'b', 'y'), false);
  const grouped = "(Status eq 'a' or Status eq 'b') and Sender eq 'x'";
  assert.equal(passes(grouped, 'a', 'y'), false);
  assert.equal(passes(grouped, 'a', 'x'), true);
});

test('comparisons order texts and times; null equals nothing but null', () => {
  const entity = { Status: 'b', LogStart: Date.UTC(2026, 1, 1), Receiver: null };
  const cases: [string, boolean][] = [
    ["Status gt 'a'", true],
    ["Status ge 'b'", true],
    ["Status lt 'b'", false],
    ["Status le 'b'", true],
    ["LogStart ge datetime'2026-02-01T00:00:00'", true],
    ["LogStart gt datetime'2026-02-01T00:00'", false],
    ["LogStart lt datetime'2026-02-01T00:00:00.001'", true],
    ['Receiver eq null', true],
    ["Receiver lt 'x'", false],
    ["Receiver ne 'x'", true],
  ];
  for (const [filter, expected] of cases) {
    assert.equal(matches(parseFilter(filter, type), entity), expected, filter);
  }
});

test('nesting, length and a long run of conditions are bounded', () => {
  const refused = (filter: string) =>
    assert.throws(() => parseFilter(filter, type), { status: 400 });
  refused(`${'('.repeat(40)}Status eq 'a'${')'.repeat(40)}`);
  refused(`Status eq '${'x'.repeat(4000)}'`);
  const long = Array.from({ length: 150 }, () => "Status eq 'a'").join(' or ');
  const filter: Filter = parseFilter(long, type);
  assert.equal(matches(filter, { Status: 'a' }), true);
});
