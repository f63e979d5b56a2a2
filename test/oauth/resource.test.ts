import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subscriptionsOf } from '../../shared/config/subscriptions.ts';
import { OAuthError } from '../../shared/oauth/errors.ts';
import { createResourceIndicators } from '../../shared/oauth/resource.ts';
import { someClient } from '../support/oauth.ts';
import { FORM, good, tokenEndpoints } from './open-token-endpoint.ts';

const ISSUER = 'https://flowgate.example';
const runtime = someClient();
const management = someClient({ subscription: 'flowgatetmn' });
const indicators = createResourceIndicators(
  [ISSUER, 'https://app.azurewebsites.example'],
  subscriptionsOf('flowgate'),
);

for (const [resource, client] of [
  [ISSUER, runtime],
  [`${ISSUER}/`, runtime],
  [`${ISSUER}/http`, runtime],
  [`${ISSUER}/http/v1/test/hello`, runtime],
  ['https://FLOWGATE.example:443/http', runtime],
  ['https://app.azurewebsites.example/http/x', runtime],
  [ISSUER, management],
  [`${ISSUER}/registry/v1`, management],
  [`${ISSUER}/registry/v1/clients`, management],
  [`${ISSUER}/api/v1`, management],
  [`${ISSUER}/http/a ${ISSUER}/http/b`, runtime],
] as const) {
  test(`tokens for ${client.subscription} are for ${resource} (RFC 8707 section 2)`, () => {
    indicators.require(resource, client);
  });
}

for (const [resource, client] of [
  [`${ISSUER}/registry/v1`, runtime],
  [`${ISSUER}/api/v1`, runtime],
  [`${ISSUER}/http/v1/test/hello`, management],
  [`${ISSUER}/httpx`, runtime],
  [`${ISSUER}/http/../registry/v1`, runtime],
  [`${ISSUER}/http/%2e%2e/registry/v1`, runtime],
  [`${ISSUER}/http#part`, runtime],
  [`${ISSUER}/http#`, runtime],
  [`${ISSUER}/http?x=1`, runtime],
  [`${ISSUER}/oauth2/api/v1/token`, runtime],
  ['https://flowgate.example.evil.example/http', runtime],
  ['https://me@flowgate.example/http', runtime],
  ['http://flowgate.example/http', runtime],
  ['https://flowgate.example:8443/http', runtime],
  ['/http', runtime],
  ['flowgateiflmap', runtime],
  ['urn:flowgate', runtime],
  [`${ISSUER}/http https://other.example`, runtime],
  [Array.from({ length: 11 }, (_, i) => `${ISSUER}/http/${i}`).join(' '), runtime],
] as const) {
  test(`tokens for ${client.subscription} are not for ${resource.slice(0, 80)} (RFC 8707 section 2)`, () => {
    assert.throws(
      () => indicators.require(resource, client),
      (error: unknown) =>
        error instanceof OAuthError &&
        error.code === 'invalid_target' &&
        error.message.includes(`tokens for ${client.subscription} are not for`) &&
        !error.message.includes('evil'),
    );
  });
}

const open = tokenEndpoints();
const ask = (...resources: readonly string[]) => ({
  authorization: good,
  type: FORM,
  body: new URLSearchParams([
    ['grant_type', 'client_credentials'],
    ...resources.map((one): [string, string] => ['resource', one]),
  ]).toString(),
});

test('the token endpoint takes resource several times, and the token is the one of the subscription (RFC 8707 section 2.2)', async () => {
  const { send, claimsOf } = open();
  const answer = await send(ask(`${ISSUER}/http/a`, `${ISSUER}/http/b`));
  assert.equal(answer.status, 200, answer.text);
  assert.equal((await claimsOf(answer)).aud, 'flowgateiflmap');
  assert.equal((await send(ask())).status, 200, 'without it too');
});

test('the token endpoint refuses a resource that is not the client’s with invalid_target, and signs nothing (RFC 8707 section 2)', async () => {
  const { send, trail } = open();
  const answer = await send(ask(`${ISSUER}/http/a`, `${ISSUER}/registry/v1`));
  assert.equal(answer.status, 400);
  assert.equal(answer.json()['error'], 'invalid_target');
  assert.match(String(answer.json()['error_description']), /https:\/\/flowgate\.example\/http/);
  assert.equal(answer.json()['access_token'], undefined);
  assert.equal(trail.events.at(-1)?.reason, 'resource');
});
