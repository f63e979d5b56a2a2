import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Address,
  buildAddressTable,
  overlaps,
  parseAddress,
} from '../../shared/iflow/address.ts';
import { check, textOf } from './check.ts';

const segment = fc.constantFrom('a', 'A', 'b', 'c', 'a-b', 'a~b', '$x', '*', '', '.', '..', '%2f');
const written = fc.oneof(
  fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
  textOf('/', 'a', '*', '$', '~', '..', '%', '\u0000', '\u{1F600}'),
);

/** The rule in its plainest form. */
function serves(address: Address, segments: readonly string[]): boolean {
  const starts = address.segments.every((s, i) => segments[i]?.toLowerCase() === s);
  const more = segments.length - address.segments.length;
  return starts && (address.wildcard ? more >= 0 : more === 0);
}

test('any text is an address or a sentence that says why not', async () => {
  await check(
    fc.property(written, (text) => {
      const address = parseAddress(text);
      if (typeof address === 'string') assert.match(address, /^The address ".*\.$/s);
      else {
        assert.ok(address.segments.length > 0);
        assert.ok(
          address.segments.every((s) => /^[a-z0-9_~.$-]+$/.test(s) && !/^\.{1,2}$/.test(s)),
        );
      }
    }),
  );
});

test('two addresses overlap where a path exists that both serve, and only there', async () => {
  const paths = ['a', 'b', 'a-b', 'c'].flatMap((x) => [
    [x],
    ...['a', 'b', 'a-b', 'c'].flatMap((y) => [
      [x, y],
      [x, y, 'a'],
      [x, y, 'a', 'b', 'z', 'z'],
    ]),
  ]);
  const plain = fc
    .tuple(
      fc.array(fc.constantFrom('a', 'B', 'a-b', 'c'), { minLength: 1, maxLength: 2 }),
      fc.boolean(),
    )
    .map(([parts, wildcard]) => parseAddress(`/${parts.join('/')}${wildcard ? '/*' : ''}`))
    .filter((address) => typeof address !== 'string');
  await check(
    fc.property(plain, plain, (a, b) => {
      // What stands right above a wildcard is left to an address of its own.
      const whole = (one: Address, other: Address): boolean =>
        one.wildcard && !other.wildcard && one.segments.length === other.segments.length;
      const both =
        !whole(a, b) && !whole(b, a) && paths.some((path) => serves(a, path) && serves(b, path));
      assert.equal(overlaps(a, b), both, `${a.text} ${b.text}`);
      assert.equal(overlaps(b, a), both);
    }),
  );
});

test('a path is served by the exact address, else by the longest wildcard that ends there or above', async () => {
  const path = fc.array(fc.constantFrom('a', 'A', 'b', 'a-b', 'x%20y', '%41', 'a%2Fb'), {
    minLength: 1,
    maxLength: 5,
  });
  await check(
    fc.property(fc.array(written, { maxLength: 12 }), path, (texts, raw) => {
      const table = buildAddressTable(texts.map((address) => ({ address, entry: address })));
      const segments = raw.map((s) => (s === 'a%2Fb' ? s : decodeURIComponent(s)));
      const addresses = texts.map(parseAddress).filter((a) => typeof a !== 'string');
      const candidates = addresses
        .filter((address) => serves(address, segments))
        .sort(
          (a, b) =>
            Number(a.wildcard) - Number(b.wildcard) || b.segments.length - a.segments.length,
        );
      const [best] = candidates;
      const found = table.find(`/${raw.join('/')}`);
      assert.equal(found === undefined, best === undefined);
      if (found === undefined || best === undefined) return;
      const served = parseAddress(found.entry);
      assert.ok(typeof served !== 'string');
      assert.deepEqual([served.segments, served.wildcard], [best.segments, best.wildcard]);
      const tail = best.wildcard ? segments.slice(best.segments.length).join('/') : '';
      assert.equal(found.wildcardTail, tail);
    }),
  );
});

test('any path is looked up without an error', async () => {
  const table = buildAddressTable([{ address: '/a/*', entry: 1 }]);
  await check(
    fc.property(textOf('/', 'a', '%', '%2F', '%00', '..', '.', '%ff', '%c3%a4'), (path) => {
      const found = table.find(path);
      if (found !== undefined) assert.doesNotMatch(found.wildcardTail, /\p{Cc}|^\/|\/\//u);
    }),
  );
});
