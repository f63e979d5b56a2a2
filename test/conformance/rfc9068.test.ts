import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fetchToken } from '../support/instance.ts';
import { decode, deploy, type Deployment, type Members, membersOf } from './deployment.ts';

export const REMOTE = true;

let deployment: Deployment;
let header: Members;
let claims: Members;

before(async () => {
  deployment = await deploy();
  ({ header, claims } = decode(deployment.token));
});

test('RFC 9068 section 2.1: tokens are signed and say in typ that they are access tokens', () => {
  assert.deepEqual(Object.keys(header).sort(), ['alg', 'kid', 'typ']);
  assert.equal(header['typ'], 'at+jwt');
  assert.equal(header['alg'], 'ES256');
  assert.ok(deployment.token.split('.')[2]);
});

test('RFC 9068 section 2.2: every required claim is there, of its type', () => {
  const { iss, sub, client_id, aud, exp, iat, jti } = claims;
  assert.equal(iss, deployment.issuer);
  assert.equal(aud, deployment.subscriptions.iflmap);
  assert.equal(client_id, deployment.client.id);
  for (const text of [sub, jti]) assert.ok(typeof text === 'string' && text !== '');
  for (const time of [exp, iat]) assert.ok(Number.isSafeInteger(time));
});

test('RFC 9068 section 2.2: with client credentials, sub names the client, as a name no person can have', () => {
  assert.equal(claims['sub'], `oauth_client_${deployment.client.id}`);
});

test('RFC 9068 section 2.2.3: scope holds what was granted, and is left out where there is none', async () => {
  assert.equal(claims['scope'], 'read write');
  const client = await deployment.admin.registerClient([]);
  const token = await fetchToken(deployment.url, client.id, client.secret);
  assert.equal(Object.hasOwn(decode(token).claims, 'scope'), false);
});

test('RFC 9068 section 2.2.3.1: roles are in a claim of their own', () => {
  assert.deepEqual(claims['roles'], ['ESBMessaging.send']);
});

test('RFC 9068 section 3: without a resource in the request, aud is the default of the client', async () => {
  const path = `/registry/v1/clients/${deployment.client.id}`;
  const { subscription } = await membersOf(await deployment.admin.send('GET', path));
  assert.equal(claims['aud'], subscription);
});

test('RFC 9068 section 5: every token of this server is typed, so none can be taken for another kind', async () => {
  const asked = ['', '&scope=read', '&token_format=jwt', '&token_format=jwtrfc'];
  for (const more of asked) {
    const response = await deployment.post(`grant_type=client_credentials${more}`);
    const { access_token } = await membersOf(response);
    assert.equal(decode(String(access_token)).header['typ'], 'at+jwt');
  }
});
