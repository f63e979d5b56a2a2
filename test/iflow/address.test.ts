import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  buildAddressTable,
  MAX_ADDRESS_LENGTH,
  overlaps,
  parseAddress,
} from '../../shared/iflow/address.ts';

for (const address of [
  '/hello',
  '/v1/test/hello',
  '/Customer/*',
  '/a-b_c.d/~user',
  '/$batch',
  '/v1/',
  '/1',
]) {
  test(`${address} is an address`, () => {
    const parsed = parseAddress(address);
    assert.ok(typeof parsed !== 'string');
    assert.equal(parsed.text, address);
    assert.equal(parsed.wildcard, address.endsWith('*'));
  });
}

for (const address of [
  '',
  '/',
  'hello',
  '//',
  '/a//b',
  '/a/./b',
  '/a/../b',
  '/.well-known',
  '/-a',
  '/~a',
  '/a~b',
  '/a$b',
  '/a/$b',
  '/a*',
  '/a/*/b',
  '/*',
  '/a/**',
  '*',
  '/a b',
  '/a%20b',
  '/a?b',
  '/a#b',
  '/ä',
  '/FILLED BY CUSTOMER',
  '/a\n',
  `/${'a'.repeat(MAX_ADDRESS_LENGTH)}`,
]) {
  test(`${JSON.stringify(address.slice(0, 30))} is no address`, () => {
    const parsed = parseAddress(address);
    assert.ok(typeof parsed === 'string');
    assert.match(parsed, /^The address ".*\.$/);
  });
}

const pairs: readonly [a: string, b: string, overlap: boolean][] = [
  ['/a/b', '/a/b', true],
  ['/a/b', '/A/B', true],
  ['/a/b', '/a/b/', true],
  ['/a/b', '/a/c', false],
  ['/a/b', '/a/b/c', false],
  ['/a/*', '/a/b', true],
  ['/a/*', '/a/b/c', true],
  ['/a/*', '/a', false],
  ['/a/*', '/ab', false],
  ['/a/*', '/a/b/*', true],
  ['/a/*', '/b/*', false],
];

for (const [a, b, overlap] of pairs) {
  test(`${a} and ${b} ${overlap ? 'serve a common path' : 'have no path in common'}`, () => {
    const [first, second] = [parseAddress(a), parseAddress(b)];
    assert.ok(typeof first !== 'string' && typeof second !== 'string');
    assert.equal(overlaps(first, second), overlap);
    assert.equal(overlaps(second, first), overlap);
  });
}

const table = buildAddressTable(
  ['/v1/hello', '/Customer/*', '/Customer/vip/*', '/Customer/vip/list', '/$metadata'].map(
    (address) => ({ address, entry: address }),
  ),
);

const lookups: readonly [path: string, entry: string | undefined, tail?: string][] = [
  ['/v1/hello', '/v1/hello', ''],
  ['/V1/HELLO', '/v1/hello', ''],
  ['/v1/hello/', '/v1/hello', ''],
  ['/v1/hell%6F', '/v1/hello', ''],
  ['/%24metadata', '/$metadata', ''],
  ['/v1/hello/x', undefined],
  ['/v1', undefined],
  ['/', undefined],
  ['', undefined],
  ['v1/hello', undefined],
  ['//v1/hello', undefined],
  ['/v1//hello', undefined],
  ['/v1%2Fhello', undefined],
  ['/v1/hel%2', undefined],
  ['/v1/hell%c3', undefined],
  ['/Customer', '/Customer/*', ''],
  ['/customer/', '/Customer/*', ''],
  ['/Customers', undefined],
  ['/Customer//', undefined],
  ['/customer/Anything/Below', '/Customer/*', 'Anything/Below'],
  ['/Customer/a%20b', '/Customer/*', 'a b'],
  ['/Customer/a%2Fb%2fc', '/Customer/*', 'a%2Fb%2fc'],
  ['/Customer/a%2520b', '/Customer/*', 'a%20b'],
  ['/Customer/..', undefined],
  ['/Customer/%2e%2E/x', undefined],
  ['/Customer/a%00', undefined],
  ['/Customer/a//b', undefined],
  ['/Customer/vip', '/Customer/vip/*', ''],
  ['/Customer/vips', '/Customer/*', 'vips'],
  ['/Customer/vip/x', '/Customer/vip/*', 'x'],
  ['/Customer/vip/list', '/Customer/vip/list', ''],
  ['/Customer/vip/list/x', '/Customer/vip/*', 'list/x'],
];

for (const [path, entry, tail] of lookups) {
  test(`the path ${JSON.stringify(path)} leads to ${entry ?? 'nothing'}`, () => {
    const expected = entry === undefined ? undefined : { entry, wildcardTail: tail };
    assert.deepEqual(table.find(path), expected);
  });
}

// SAP Help, HTTPS Sender Adapter
test('an address right above a wildcard may be deployed beside it, and is served first', () => {
  const beside = buildAddressTable([
    { address: '/a/*', entry: 'wild' },
    { address: '/a', entry: 'exact' },
  ]);
  for (const path of ['/a', '/a/']) {
    assert.deepEqual(beside.find(path), { entry: 'exact', wildcardTail: '' });
  }
  assert.deepEqual(beside.find('/a/b'), { entry: 'wild', wildcardTail: 'b' });
});

test('of two entries with one address the first counts', () => {
  const both = buildAddressTable([
    { address: '/a', entry: 1 },
    { address: '/A', entry: 2 },
  ]);
  assert.equal(both.find('/a')?.entry, 1);
});

test('an address that is none serves nothing', () => {
  const none = buildAddressTable([{ address: '/a b', entry: 1 }]);
  assert.equal(none.find('/a%20b'), undefined);
});

test('an address that is accepted serves itself, and a path never throws', () => {
  const piece = fc.constantFrom(
    '/',
    'a',
    'B',
    '*',
    '.',
    '..',
    '~',
    '$',
    '-',
    '%2F',
    '%2e',
    '%',
    '%41',
    '_1',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const address = `/${pieces.join('')}`;
      table.find(address);
      if (typeof parseAddress(address) === 'string') return;
      const found = buildAddressTable([{ address, entry: 1 }]).find(address.toUpperCase());
      assert.equal(found?.entry, 1);
    }),
    { numRuns: 2000 },
  );
});
