import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openRegistry } from '../registry/registry.ts';
import { check, textOf } from './check.ts';

const words = textOf('a', 'b', '..', '%2F', '%00', "'", '~', '-', '.', '__proto__', '%F0%9F%98%80');
const id = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'b', 'X', '0', '9', '.', '_', '~', '-'),
    minLength: 1,
    maxLength: 20,
  }),
  words,
);
const members = {
  client_id: fc.oneof(id, fc.constant('__proto__'), fc.constant(null)),
  client_name: fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constant('name')),
  client_secret: fc.oneof(fc.string({ maxLength: 40 }), fc.constant('a-secret-that-is-good')),
  grant_types: fc.constantFrom(['client_credentials'], [], ['password'], 'client_credentials'),
  scope: fc.constantFrom('', ' ', 'read write', 'a\u0000', 'x'.repeat(5000)),
  subscription: fc.constantFrom('acmeiflmap', 'acmetmn', 'other', 7),
  access_token_lifetime: fc.constantFrom(60, 43_200, 59, 43_201, 1e99, -0, '60', null),
  enabled: fc.constantFrom(true, false, 'false', null),
  allowed_origins: fc.constantFrom([], ['https://a.example'], ['*'], ['javascript:x']),
  description: fc.string({ maxLength: 30 }),
  created_at: fc.constantFrom('2020-01-01T00:00:00Z', 0),
  unknown: fc.anything({ maxDepth: 2 }),
};
const body = fc.record(members, { requiredKeys: [] });
const path = fc.oneof(
  id.map((name) => `/clients/${encodeURIComponent(name)}`),
  words.map((text) => `/clients/${text.replace(/[^\x21-\x7e]|[#\\]/g, '')}`),
  id.map((name) => `/clients/${encodeURIComponent(name)}/secrets`),
  id.map((name) => `/subscriptions/acmeiflmap/roles/${encodeURIComponent(name)}`),
  fc.tuple(id, id).map((two) => {
    const [role = '', user = ''] = two.map(encodeURIComponent);
    return `/subscriptions/acmeiflmap/roles/${role}/users/${user}`;
  }),
  fc.constantFrom(
    '/clients',
    '/clients?limit=1e9',
    '/clients?cursor=a',
    '/clients?q=%00',
    '/__proto__',
  ),
);
const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS');

test('any call of the registry is done or refused with a problem, and a client is what it was made as', async () => {
  const registry = await openRegistry();
  const other = registry.another();
  await check(
    fc.asyncProperty(method, path, body, async (verb, at, sent) => {
      const headers = { 'if-match': '*' };
      const content = verb === 'GET' || verb === 'HEAD' ? undefined : sent;
      const answer = await registry.send(verb, at, content, headers);
      assert.ok(answer.status < 500, `${verb} ${at}: ${answer.status}`);
      if (answer.status < 400) return;
      assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
      const { title, status, detail } = answer.json();
      assert.equal(status, answer.status);
      assert.ok(typeof title === 'string' && typeof detail === 'string');
      assert.doesNotMatch(detail, /zod|RestError|undefined|\bat .*\.ts/);
    }),
    20,
  );
  await check(
    fc.asyncProperty(body, async (sent) => {
      const made = await registry.send('POST', '/clients', sent);
      assert.ok([201, 409, 422].includes(made.status), `${made.status} ${made.text}`);
      if (made.status !== 201) return;
      const { client_secret, ...client } = made.json();
      assert.equal(typeof client_secret, 'string');
      assert.match(String(client['client_id']), /^[A-Za-z0-9._~-]{1,100}$/);
      const read = await other.send(
        'GET',
        `/clients/${encodeURIComponent(String(client['client_id']))}`,
      );
      assert.equal(read.status, 200);
      assert.ok(!read.text.includes(String(client_secret)));
      assert.equal(read.json()['created_at'], client['created_at']);
      assert.notEqual(client['created_at'], sent.created_at);
    }),
    20,
  );
});
