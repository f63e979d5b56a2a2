import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FunctionResponse } from '../../shared/http/function-response.ts';

const bodyOf = async (response: FunctionResponse): Promise<string> =>
  Buffer.from(await response.arrayBuffer()).toString('utf8');

test('status, headers and a text body are handed on, the text as UTF-8', async () => {
  const response = new FunctionResponse({
    status: 418,
    headers: { 'Content-Type': 'text/plain', 'X-A': 'b' },
    body: 'schön ✓',
  });
  assert.equal(response.status, 418);
  assert.deepEqual(
    [...response.headers],
    [
      ['content-type', 'text/plain'],
      ['x-a', 'b'],
    ],
  );
  assert.equal(await bodyOf(response), 'schön ✓');
});

test('of bytes that are a view into something larger nothing beside the view is handed on', async () => {
  const whole = Buffer.from('secret|body|secret');
  const body = await new FunctionResponse({
    status: 200,
    body: whole.subarray(7, 11),
  }).arrayBuffer();
  assert.equal(Buffer.from(body).toString(), 'body');
  assert.equal(body.byteLength, 4);
});

test('an answer without a body has none, also where a flow has set one (RFC 9110 section 15.3.5)', async () => {
  for (const status of [204, 205, 304]) {
    assert.equal(await bodyOf(new FunctionResponse({ status, body: 'x' })), '');
  }
});

test('cookies are handed on beside the headers', () => {
  const cookie = { name: 'a', value: 'b', path: '/', secure: true, httpOnly: true } as const;
  const cookies = [{ ...cookie, sameSite: 'Lax', maxAge: 0 } as const];
  const response = new FunctionResponse({ status: 200, cookies });
  assert.deepEqual(response.cookies, cookies);
  assert.equal(response.headers.has('set-cookie'), false);
  assert.deepEqual(new FunctionResponse({ status: 200 }).cookies, []);
});

test('a status that no answer can have is refused, not sent', () => {
  for (const status of [0, 101, 199, 600, NaN]) {
    assert.throws(() => new FunctionResponse({ status }), RangeError);
  }
});

test('a header that would end its line is refused, not sent (RFC 9110 section 5.5)', () => {
  for (const value of ['a\r\nSet-Cookie: x=y', 'a\nb', 'price: 5 €']) {
    assert.throws(
      () => new FunctionResponse({ status: 200, headers: { 'X-A': value } }),
      TypeError,
    );
  }
});
