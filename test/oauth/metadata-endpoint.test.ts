import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { createMetadataEndpoint } from '../../shared/oauth/metadata-endpoint.ts';
import { answerOf, makeCall } from '../support/call.ts';

const endpoint = createMetadataEndpoint({
  issuer: 'https://flowgate.example',
  grantTypes: ['client_credentials'],
  signingAlgorithm: 'ES256',
});
const get = (method = 'GET', headers: Record<string, string> = {}) =>
  answerOf(
    endpoint,
    makeCall({ method, path: '/.well-known/oauth-authorization-server', headers }),
  );

test('names what is switched on, and nothing else (RFC 8414 section 2)', async () => {
  const answer = await get();
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json(), {
    issuer: 'https://flowgate.example',
    token_endpoint: 'https://flowgate.example/oauth2/api/v1/token',
    jwks_uri: 'https://flowgate.example/oauth2/api/v1/jwks',
    introspection_endpoint: 'https://flowgate.example/oauth2/api/v1/introspect',
    revocation_endpoint: 'https://flowgate.example/oauth2/api/v1/revoke',
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    introspection_signing_alg_values_supported: ['ES256'],
    response_types_supported: [],
  });
});

test('may be kept for an hour and read from any origin; GET and HEAD only', async () => {
  const { headers } = await get();
  assert.equal(headers.get('content-type'), 'application/json');
  assert.equal(headers.get('cache-control'), 'public, max-age=3600');
  assert.equal(headers.get('access-control-allow-origin'), '*');
  const etag = headers.get('etag') ?? '';
  assert.equal((await get('GET', { 'if-none-match': etag })).status, 304);
  assert.deepEqual([(await get('HEAD')).status, (await get('HEAD')).text], [200, '']);
  const post = await get('POST');
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
});

test('another make of client finds the token endpoint by it (oauth4webapi)', async () => {
  const issuer = new URL('https://flowgate.example');
  const response = await oauth.discoveryRequest(issuer, {
    algorithm: 'oauth2',
    [oauth.customFetch]: async (url) => {
      assert.equal(url, 'https://flowgate.example/.well-known/oauth-authorization-server');
      const { status, headers, text } = await get();
      return new Response(text, { status, headers });
    },
  });
  const server = await oauth.processDiscoveryResponse(issuer, response);
  assert.equal(server.token_endpoint, 'https://flowgate.example/oauth2/api/v1/token');
});
