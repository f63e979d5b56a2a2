import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  authorizationServers,
  AUTHORIZE,
  CALLBACK,
  CHALLENGE,
  ISSUER,
  requestOf,
  someApp,
} from '../oauth/authorization/authorization-server.ts';
import { check, textOf } from './check.ts';

const open = authorizationServers();

const LOOPBACK = 'http://127.0.0.1/cb';
const NAMES = [
  ...Object.keys(requestOf()),
  ...['prompt', 'max_age', 'request', 'request_uri', 'response_mode', 'dpop_jkt', 'resource'],
  ...['csrf', 'decision', 'sign_in_asked', 'switch_user', 'login_hint'],
];
const value = fc.oneof(
  fc.constantFrom(
    ...['code', 'token', 'app', 'other', 'read', 'write', 'none', 'login', 'S256', 'plain', '0'],
    ...[CALLBACK, CHALLENGE, LOOPBACK, 'csrf-of-ann', 'allow', 'deny'],
    'urn:ietf:params:oauth:request_uri:x',
  ),
  textOf(CALLBACK, LOOPBACK, ':4711', 'https://evil.example', '@', '/', '?', '#', '\r\n', '..'),
);
/** Changes to a good request: a value for a parameter, or another one beside it. */
const change = fc.record({ name: fc.constantFrom(...NAMES), value, adds: fc.boolean() });
const method = fc.constantFrom('GET' as const, 'POST' as const);

/** Where our own pages lead to. */
const OURS = ['/sign-in', `${AUTHORIZE}?`];

/** Whether a redirect goes to the client: to a URI as it is registered, but for the loopback's port. */
function isToClient(location: string): boolean {
  if (location.startsWith(`${CALLBACK}&`)) return true;
  return /^http:\/\/127\.0\.0\.1(:\d{1,5})?\/cb\?/.test(location);
}

test(`${AUTHORIZE}: whatever is sent, the browser goes to the client, to us, or nowhere; and a code takes a good request`, async () => {
  const server = open(
    someApp({ skipConsent: true, redirectUris: [CALLBACK, LOOPBACK] }),
    someApp({ clientId: 'other', enabled: false }),
  );
  let codes = 0;
  await check(
    fc.asyncProperty(method, fc.array(change, { maxLength: 3 }), async (how, changes) => {
      let pairs: (readonly [string, string])[] = Object.entries(requestOf());
      for (const { name, value: text, adds } of changes) {
        if (!adds) pairs = pairs.filter(([known]) => known !== name);
        pairs.push([name, text]);
      }
      const answer = await (how === 'GET' ? server.get(pairs) : server.post(pairs));
      const location = answer.headers.get('location');
      if (location === null) {
        assert.ok([200, 400, 403, 413].includes(answer.status), String(answer.status));
        assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
        return;
      }
      assert.equal(answer.status, 303);
      assert.doesNotMatch(location, /[^\x21-\x7e]/);
      if (OURS.some((ours) => location.startsWith(ours))) return;
      assert.ok(isToClient(location), location);
      const told = new URL(location).searchParams;
      assert.equal(told.get('iss'), ISSUER);
      assert.notEqual(told.has('code'), told.has('error'));
      if (!told.has('code')) return;
      codes += 1;
      const of = (name: string): string[] =>
        pairs.filter(([known, text]) => known === name && text !== '').map(([, text]) => text);
      assert.deepEqual(of('response_type'), ['code']);
      assert.deepEqual(of('client_id'), ['app']);
      assert.deepEqual(of('code_challenge_method'), ['S256']);
      assert.equal(of('code_challenge').length, 1);
      assert.deepEqual([of('request'), of('request_uri')], [[], []]);
    }),
    2,
  );
  assert.ok(codes > 10, `${codes} codes`);
});
