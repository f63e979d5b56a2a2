import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Value } from '../../../shared/iflow/exchange.ts';
import { textsOf } from '../../../shared/iflow/steps/evaluating.ts';
import { writeUrl } from '../../../shared/iflow/receivers/http/url.ts';
import { StepFailure } from '../../../shared/iflow/steps/step-failure.ts';
import { parseSimple } from '../../../shared/iflow/expressions/parse-simple.ts';
import { environmentOf, exchangeOf } from '../running.ts';
import { compileBundle } from '../../../shared/iflow/compile.ts';
import { flowBundle, line } from '../../support/flow-bundle.ts';

const { flow } = compileBundle(flowBundle({ processes: [line()] }));

function urlOf(
  address: string,
  query = '',
  headers: Readonly<Record<string, Value>> = {},
  properties: Readonly<Record<string, Value>> = {},
): string {
  const exchange = exchangeOf('', headers, properties);
  const evaluate = textsOf(exchange, { flow, environment: environmentOf() });
  const config = { address: parseSimple(address), query: parseSimple(query) };
  return writeUrl(config, exchange.headers, evaluate);
}

test('address and query become a URL; a leading ? does not count twice', () => {
  assert.equal(urlOf('https://a.example/x'), 'https://a.example/x');
  assert.equal(urlOf('https://a.example/x', 'b=c'), 'https://a.example/x?b=c');
  assert.equal(urlOf('https://a.example/x', '?b=c'), 'https://a.example/x?b=c');
  assert.equal(urlOf('https://a.example/x?a=1', 'b=c'), 'https://a.example/x?a=1&b=c');
  assert.equal(urlOf('https://a.example'), 'https://a.example');
});

test('expressions are filled in, and white space around the whole does not count', () => {
  const properties = { Host: ' https://a.example/x\n', Id: '4711', Top: 5 };
  assert.equal(
    urlOf('${property.Host}', '$top=${property.Top}&id=${property.Id}', {}, properties),
    'https://a.example/x?$top=5&id=4711',
  );
});

test('what has no place in a URL is percent-encoded, what is encoded stays as it is', () => {
  assert.equal(
    urlOf('https://a.example/a b/ä{}|"<>^`\\', `$filter=Name eq 'ä' and a<b#c%zz%20`),
    "https://a.example/a%20b/%C3%A4%7B%7D%7C%22%3C%3E%5E%60%5C?$filter=Name%20eq%20'%C3%A4'%20and%20a%3Cb%23c%25zz%20",
  );
  assert.equal(urlOf('https://a.example/#/x'), 'https://a.example/%23/x');
  assert.equal(urlOf('https://a.example/\ud800'), 'https://a.example/%EF%BF%BD');
});

test('CamelHttpUri and CamelHttpQuery override what is fixed, and not what is an expression (SAP Help)', () => {
  const headers = { CamelHttpUri: 'https://b.example/y', CamelHttpQuery: '?q=1' };
  assert.equal(urlOf('https://a.example/x', 'b=c', headers), 'https://b.example/y?q=1');
  assert.equal(urlOf('https://a.example/x', '', headers), 'https://b.example/y?q=1');
  const properties = { u: 'https://c.example/z', q: 'r=2' };
  assert.equal(
    urlOf('${property.u}', '${property.q}', headers, properties),
    'https://c.example/z?r=2',
  );
  assert.equal(urlOf('${property.none}', '', headers), 'https://b.example/y?q=1');
});

test('an empty CamelHttpQuery, as a call without a query has it, leaves the query of the channel', () => {
  assert.equal(
    urlOf('https://a.example/x', 'b=c', { CamelHttpQuery: '' }),
    'https://a.example/x?b=c',
  );
});

test('CamelHttpPath is appended with one slash in between, its own signs encoded', () => {
  for (const address of ['https://a.example/x', 'https://a.example/x/']) {
    assert.equal(
      urlOf(address, 'b=c', { CamelHttpPath: '/Orders/1 of?2#3' }),
      'https://a.example/x/Orders/1%20of%3F2%233?b=c',
    );
  }
});

for (const path of [
  '../admin',
  'a/../../b',
  '%2e%2e/b',
  '.%2E',
  'a/..;x=1/b',
  '..%2fb',
  '..\\b',
  '.',
]) {
  test(`a path that climbs out of its address is refused: ${path}`, () => {
    const expected = (error: unknown): boolean =>
      error instanceof StepFailure &&
      error.reason === 'url' &&
      error.message.includes('lead elsewhere');
    assert.throws(() => urlOf('https://a.example/x', '', { CamelHttpPath: path }), expected);
    assert.throws(() => urlOf('https://a.example/x/${header.id}', '', { id: path }), expected);
    const uri = { CamelHttpUri: `https://b.example/${path}` };
    assert.throws(() => urlOf('https://a.example/x', '', uri), expected);
  });
}

test('dots that are no way out may stand in a path, and in a query', () => {
  const headers = { id: '..a/b..c/...', q: '../x' };
  assert.equal(
    urlOf('https://a.example/${header.id}', 'q=${header.q}', headers),
    'https://a.example/..a/b..c/...?q=../x',
  );
});

for (const value of [
  'evil.example/',
  'evil.example?',
  'evil.example#',
  'a@evil.example',
  'a\\b',
  'a:80/',
  '%2f',
  'a b',
]) {
  test(`a value within a host does not end it: ${value}`, () => {
    for (const address of [
      'https://${header.tenant}.alm.example/api',
      'https://alm-${header.tenant}/api',
      'https://${header.tenant}:8443/api',
      'https://alm.${header.region}.${header.tenant}',
    ]) {
      assert.throws(
        () => urlOf(address, '', { tenant: value, region: 'eu' }),
        (error) => error instanceof StepFailure && error.reason === 'url',
        address,
      );
    }
  });
}

test('values make up a host, or the whole of it with a path', () => {
  const headers = { tenant: 'acme', region: 'eu10', host: 'b.example:8443/base' };
  assert.equal(
    urlOf('https://${header.tenant}.${header.region}.alm.example/api', '', headers),
    'https://acme.eu10.alm.example/api',
  );
  assert.equal(urlOf('https://${header.host}/api', '', headers), 'https://b.example:8443/base/api');
});

for (const [name, value] of [
  ['a line break', 'https://a.example/x\r\nX-Evil: 1'],
  ['a NUL', 'https://a.example/\0'],
  ['a user', 'https://me:pw@a.example/'],
  ['a user behind a backslash', 'https://a.example\\@b.example/'],
  ['another scheme', 'file:///etc/passwd'],
  ['no scheme', '//a.example/x'],
  ['no host', 'https:///x'],
  ['nothing', ''],
  ['more characters than a URL has', `https://a.example/${'x'.repeat(20_000)}`],
] as const) {
  test(`an address with ${name} is refused, and not quoted`, () => {
    assert.throws(
      () => urlOf('${header.url}', '', { url: value }),
      (error) =>
        error instanceof StepFailure &&
        error.reason === 'url' &&
        !/pw|passwd|Evil/.test(error.message),
    );
  });
}

test('a line break in a query or a path is refused', () => {
  for (const header of ['CamelHttpQuery', 'CamelHttpPath']) {
    assert.throws(
      () => urlOf('https://a.example/x', '', { [header]: 'a\r\nHost: b' }),
      StepFailure,
    );
  }
});
