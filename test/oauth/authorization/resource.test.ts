import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  authorizationServers,
  ISSUER,
  requestOf,
  someApp,
  toldTo,
  VERIFIER,
} from './authorization-server.ts';

const open = authorizationServers();
const FIT = `${ISSUER}/http/v1/test`;
const UNFIT = `${ISSUER}/registry/v1`;

test('the authorization endpoint takes a resource that the client’s tokens are for, and so does the code (RFC 8707 section 2.1)', async () => {
  const server = open(someApp({ skipConsent: true }));
  const parameters = [...Object.entries(requestOf()), ['resource', FIT], ['resource', ISSUER]];
  const { code = '' } = toldTo(await server.get(parameters as [string, string][]));
  const answer = await server.redeem(code, { resource: FIT });
  assert.equal(answer.status, 200, answer.text);
  assert.equal((await server.claimsOf(answer)).aud, 'flowgateiflmap');
});

test('it tells the client of another one with invalid_target, and nobody is asked (RFC 8707 section 2)', async () => {
  const server = open();
  const answer = await server.get(requestOf({ resource: UNFIT }));
  const { error, code, iss } = toldTo(answer);
  assert.deepEqual([error, code, iss], ['invalid_target', undefined, ISSUER]);
  assert.deepEqual(server.asked, []);
});

test('a pushed request for another one is refused when it is pushed (RFC 9126 section 2.3)', async () => {
  const answer = await open().push(requestOf({ resource: UNFIT }));
  assert.deepEqual([answer.status, answer.json()['error']], [400, 'invalid_target']);
});

test('a code is not used up by a token request for another one, nor is a refresh token (RFC 8707 section 2.2)', async () => {
  const server = open(someApp({ skipConsent: true }));
  const code = await server.obtainCode();
  const refused = await server.redeem(code, { resource: UNFIT });
  assert.deepEqual([refused.status, refused.json()['error']], [400, 'invalid_target']);
  const answer = await server.redeem(code, { code_verifier: VERIFIER });
  assert.equal(answer.status, 200, answer.text);
  const form = {
    grant_type: 'refresh_token',
    refresh_token: String(answer.json()['refresh_token']),
  };
  const unfit = await server.token({ ...form, resource: UNFIT });
  assert.deepEqual([unfit.status, unfit.json()['error']], [400, 'invalid_target']);
  assert.equal((await server.token({ ...form, resource: FIT })).status, 200);
});
