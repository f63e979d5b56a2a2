import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FORM, good, PATH, SECRET, tokenEndpoints } from '../oauth/open-token-endpoint.ts';
import { basic } from '../support/oauth.ts';
import { check, textOf } from './check.ts';

const open = tokenEndpoints();

const PAIRS = [
  'grant_type=client_credentials',
  'client_id=app',
  `client_secret=${encodeURIComponent(SECRET)}`,
  'client_secret=wrong',
  'scope=',
  'token_format=jwt',
  'grant_type=password',
];
const parameters = fc.oneof(
  { weight: 3, arbitrary: fc.subarray(PAIRS, { maxLength: 4 }).map((pairs) => pairs.join('&')) },
  { weight: 1, arbitrary: textOf(...PAIRS, '&', '&', '&', '=', '%', '+', '%00') },
);
const authorization = fc.oneof(
  fc.constantFrom(undefined, good, good, good, good.toLowerCase(), `${good},${good}`),
  fc.constantFrom('Basic', 'Basic ', 'Basic ====', 'Bearer x', basic('app', ''), basic('', SECRET)),
  fc.string({ maxLength: 20 }).map((id) => basic(id.replace(/[^\x20-\x7e]/g, ''), 'wrong')),
);
const request = fc.record({
  method: fc.constantFrom(
    'POST',
    'POST',
    'POST',
    'POST',
    'POST',
    'GET',
    'PUT',
    'HEAD',
    'OPTIONS',
    'DELETE',
  ),
  query: fc.oneof(
    fc.constantFrom('?grant_type=client_credentials', '?grant_type=client_credentials', ''),
    parameters.map((text) => `?${text.replace(/[^\x21-\x7e]|[#\\]/g, '')}`),
  ),
  authorization,
  type: fc.constantFrom(
    undefined,
    FORM,
    FORM,
    FORM,
    `${FORM};charset=utf-8`,
    'application/json',
    'x',
    '',
  ),
  body: fc.oneof(parameters, fc.constantFrom(undefined, '', '', 'x'.repeat(70_000))),
});

test(`POST ${PATH}: whatever is sent gets a token for the right credentials, or a clear refusal`, async () => {
  const endpoint = open();
  let granted = 0;
  await check(
    fc.asyncProperty(request, async ({ query, authorization, type, body, method }) => {
      const sent = {
        method,
        query,
        ...(authorization === undefined ? {} : { authorization }),
        ...(type === undefined ? {} : { type }),
        ...(body === undefined ? {} : { body }),
      };
      const answer = await endpoint.send(sent);
      assert.ok(!answer.text.includes(SECRET));
      assert.ok(!JSON.stringify(answer.call.annotations).includes(SECRET));
      if (answer.status === 200 && method === 'POST') {
        granted += 1;
        const shown = authorization?.toLowerCase().startsWith('basic') === true;
        const inBody = body?.includes(encodeURIComponent(SECRET)) === true;
        assert.ok(shown || inBody);
        assert.equal((await endpoint.claimsOf(answer)).client_id, 'app');
      } else if (answer.status >= 400) {
        assert.ok([400, 401, 405, 413, 429].includes(answer.status), String(answer.status));
        const { error, error_description } = answer.json();
        assert.match(String(error), /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
        // RFC 6749 section 5.2.
        assert.match(String(error_description), /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
        assert.equal(answer.headers.get('cache-control'), 'no-store');
      } else {
        assert.ok(method !== 'POST' && answer.status <= 204, `${method} ${answer.status}`);
      }
    }),
  );
  assert.ok(granted > 0);
});
