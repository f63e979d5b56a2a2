import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { createMetadataEndpoint } from '../../shared/oauth/metadata-endpoint.ts';
import { answerOf, makeCall } from '../support/call.ts';
import { LEAST_FEATURES, someClient } from '../support/oauth.ts';
import { SECRET, type TokenEndpoint, tokenEndpoints } from './open-token-endpoint.ts';

const open = tokenEndpoints();
const metadata = createMetadataEndpoint(LEAST_FEATURES);
const server = {
  issuer: 'https://flowgate.example',
  token_endpoint: 'https://flowgate.example/oauth2/api/v1/token',
};

/** Carries a library's requests to the endpoints, as its `fetch`. */
function fetchFrom({ send }: TokenEndpoint) {
  return async (
    url: string,
    init: { method?: string; headers?: HeadersInit; body?: unknown },
  ): Promise<Response> => {
    const { pathname, search } = new URL(url);
    const request = new Headers(init.headers);
    const authorization = request.get('authorization');
    const answer = pathname.endsWith('/token')
      ? await send({
          method: init.method ?? 'GET',
          query: search,
          ...(authorization === null ? {} : { authorization }),
          type: 'application/x-www-form-urlencoded;charset=UTF-8',
          body: String(init.body),
        })
      : await answerOf(metadata, makeCall({ path: pathname }));
    return new Response(answer.text, { status: answer.status, headers: answer.headers });
  };
}

const authentications = {
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
};

for (const [name, authentication] of Object.entries(authentications)) {
  test(`oauth4webapi gets a token with ${name}, whose values it form-encodes`, async () => {
    const endpoint = open(someClient({ scopes: ['read', 'write'] }));
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      { client_id: 'app' },
      authentication(SECRET),
      new URLSearchParams({ scope: 'read' }),
      { [oauth.customFetch]: fetchFrom(endpoint) },
    );
    const token = await oauth.processClientCredentialsResponse(
      server,
      { client_id: 'app' },
      response,
    );
    assert.equal(token.scope, 'read');
    assert.equal(token.expires_in, 3600);
  });
}

test('oauth4webapi understands a refusal of credentials in the header as a challenge', async () => {
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    { client_id: 'app' },
    oauth.ClientSecretBasic('wrong'),
    new URLSearchParams(),
    { [oauth.customFetch]: fetchFrom(open()) },
  );
  await assert.rejects(
    oauth.processClientCredentialsResponse(server, { client_id: 'app' }, response),
    (error: unknown) =>
      error instanceof oauth.WWWAuthenticateChallengeError &&
      error.status === 401 &&
      error.cause[0]?.scheme === 'basic' &&
      error.cause[0].parameters.realm === 'flowgate',
  );
});

test('oauth4webapi understands a refusal of credentials in the body as invalid_client', async () => {
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    { client_id: 'app' },
    oauth.ClientSecretPost('wrong'),
    new URLSearchParams(),
    { [oauth.customFetch]: fetchFrom(open()) },
  );
  await assert.rejects(
    oauth.processClientCredentialsResponse(server, { client_id: 'app' }, response),
    (error: unknown) =>
      error instanceof oauth.ResponseBodyError && error.error === 'invalid_client',
  );
});

test('openid-client discovers the server by RFC 8414 and gets a token', async () => {
  const config = await openid.discovery(
    new URL('https://flowgate.example'),
    'app',
    undefined,
    openid.ClientSecretBasic(SECRET),
    { algorithm: 'oauth2', [openid.customFetch]: fetchFrom(open()) },
  );
  const token = await openid.clientCredentialsGrant(config, { scope: '' });
  assert.equal(token.token_type, 'bearer');
  // Whole seconds that are left, by its own clock.
  assert.ok([3599, 3600].includes(token.expiresIn() ?? 0));
});
