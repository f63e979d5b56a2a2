import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeExchange } from '../../shared/iflow/dispatch/incoming.ts';
import { InvalidReply, makeReply, snapshotHeaders } from '../../shared/iflow/dispatch/outgoing.ts';
import { HeaderMap, type Value } from '../../shared/iflow/exchange.ts';
import { makeCall } from '../support/call.ts';
import { check, textOf } from './check.ts';

const arrival = {
  messageGuid: 'A'.repeat(28),
  correlationId: 'B'.repeat(28),
  user: 'oauth_client_a',
  address: '/a/*',
  wildcardTail: 'b',
};
const RESERVED =
  /^(?:camel.*|org\.apache\.camel.*|sapauthenticatedusername|sap_mplcorrelationid|cookie)$/is;

const name = textOf('x-', 'a', 'Camel', 'CAMEL', 'SapAuthenticatedUserName', '__proto__', 'Cookie');
const token = name.map((text) => text.replace(/[^!#$%&'*+.^_`|~0-9A-Za-z-]/g, '') || 'x');

test('incoming: a caller sets no header that is the adapter’s, whatever the flow allows', async () => {
  const allowed = fc.array(fc.constantFrom('*', 'x-.*', '.*', 'Camel.*', '(a+)+', '[', 'a'), {
    maxLength: 3,
  });
  const query = fc.array(fc.tuple(name, fc.string({ unit: 'binary', maxLength: 5 })), {
    maxLength: 6,
  });
  await check(
    fc.property(
      fc.array(token, { maxLength: 6 }),
      query,
      allowed,
      (names, pairs, allowedHeaders) => {
        const headers = Object.fromEntries(names.map((header) => [header, 'forged']));
        const search = new URLSearchParams(
          pairs.map(([key, value]) => [key.toWellFormed(), `forged${value.toWellFormed()}`]),
        );
        const call = makeCall({ path: `/http/a/b?${search.toString()}`, headers });
        const exchange = makeExchange(call, Buffer.alloc(0), arrival, { allowedHeaders });
        for (const [header, value] of exchange.headers) {
          if (!RESERVED.test(header) || header === 'CamelHttpQuery') continue;
          assert.doesNotMatch(JSON.stringify(value), /forged/, header);
        }
        assert.equal(exchange.headers.get('SapAuthenticatedUserName'), 'oauth_client_a');
      },
    ),
  );
});

test('outgoing: whatever a flow sets is an answer that HTTP can carry, or a sentence', async () => {
  const value: fc.Arbitrary<Value> = fc.oneof(
    textOf('a', '\r\n', '\0', 'Set-Cookie: a=b', '\ud800', '\u{1F600}', 'ÿ'),
    fc.constantFrom<Value>(
      null,
      true,
      0,
      200,
      99_999,
      '201',
      ['a', 'b'],
      { a: 1 },
      'x'.repeat(9000),
    ),
  );
  const header = fc.oneof(
    name,
    fc.constantFrom('CamelHttpResponseCode', 'Content-Type', 'Set-Cookie', 'x-invocation-id', ''),
  );
  await check(
    fc.property(
      fc.array(fc.tuple(header, value), { maxLength: 8 }),
      fc.oneof(fc.string(), fc.uint8Array()),
      (pairs, body) => {
        const headers = new HeaderMap();
        for (const [key, given] of pairs) headers.set(key, given);
        const none = snapshotHeaders(new HeaderMap());
        try {
          const reply = makeReply(
            { body, headers, properties: new Map(), attachments: new Map() },
            none,
          );
          assert.ok(reply.status >= 200 && reply.status <= 599);
          for (const [key, text] of Object.entries(reply.headers ?? {})) {
            new Headers().set(key, text);
            assert.match(text, /^[\t\x20-\x7e\xa0-\xff]*$/);
            assert.doesNotMatch(key, /^(?:camel.*|set-cookie|x-invocation-id|cookie)$/i);
          }
        } catch (error) {
          assert.ok(error instanceof InvalidReply, String(error));
        }
      },
    ),
  );
});
