import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { watchRegistration } from '../../shared/oauth/registration/open-registration.ts';
import type { InitialAccessToken } from '../../shared/registry/initial-access-tokens.ts';
import {
  createMetadataEndpoint,
  type ServerFeatures,
} from '../../shared/oauth/metadata-endpoint.ts';
import { answerOf, makeCall } from '../support/call.ts';
import { testClock } from '../support/clock.ts';
import { LEAST_FEATURES } from '../support/oauth.ts';

const PATH = '/.well-known/oauth-authorization-server';
const read = async (features: Partial<ServerFeatures>) =>
  (
    await answerOf(
      createMetadataEndpoint({ ...LEAST_FEATURES, ...features }),
      makeCall({ path: PATH }),
    )
  ).json();
const endpoint = createMetadataEndpoint(LEAST_FEATURES);
const get = (method = 'GET', headers: Record<string, string> = {}) =>
  answerOf(endpoint, makeCall({ method, path: PATH, headers }));

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
    dpop_signing_alg_values_supported: ['ES256', 'RS256'],
    response_types_supported: [],
  });
});

test('with private_key_jwt it tells the algorithms of each endpoint (RFC 8414 section 2)', async () => {
  const without = await read({});
  const with_ = await read({
    authMethods: ['private_key_jwt', 'none'],
    provingAuthMethods: ['private_key_jwt'],
  });
  for (const endpoint of ['token', 'introspection', 'revocation']) {
    const member = `${endpoint}_endpoint_auth_signing_alg_values_supported`;
    assert.equal(without[member], undefined, member);
    assert.deepEqual(with_[member], ['ES256', 'RS256'], member);
  }
  assert.deepEqual(with_['introspection_endpoint_auth_methods_supported'], ['private_key_jwt']);
  assert.deepEqual(with_['revocation_endpoint_auth_methods_supported'], [
    'private_key_jwt',
    'none',
  ]);
});

test('the authorization endpoint is told of with its grant, and what goes with it (RFC 9126 section 5, RFC 9207 section 3)', async () => {
  const { response_types_supported: before, ...without } = await read({});
  assert.deepEqual(before, []);
  const withCodes = await read({ grantTypes: ['client_credentials', 'authorization_code'] });
  const added = Object.entries(withCodes).filter(([name]) => !(name in without));
  assert.deepEqual(Object.fromEntries(added), {
    authorization_endpoint: 'https://flowgate.example/oauth2/api/v1/authorize',
    pushed_authorization_request_endpoint: 'https://flowgate.example/oauth2/api/v1/par',
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    require_pushed_authorization_requests: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  });
});

test('certificates are told of while they are looked at (RFC 8705 section 3.3)', async () => {
  const member = 'tls_client_certificate_bound_access_tokens';
  assert.equal((await read({}))[member], undefined);
  assert.equal((await read({ mtls: true }))[member], true);
});

test('the registration endpoint is told of while somebody can register (RFC 8414 section 2)', async () => {
  const member = 'registration_endpoint';
  assert.equal((await read({}))[member], undefined);
  const open = await read({ canRegister: () => Promise.resolve(true) });
  assert.equal(open[member], 'https://flowgate.example/oauth2/api/v1/register');
});

test('whether somebody can register is known as of 25 s ago, and as it was while storage is away', async () => {
  const clock = testClock();
  const token = (changes: Partial<InitialAccessToken>): InitialAccessToken => ({
    ...{ tokenId: 'a', description: '', hash: '', subscription: '' },
    ...{ limits: { grantTypes: [], scopes: [] }, mostClients: 1, registered: 0 },
    ...{ createdAt: 0, expiresAt: clock.now() + 60_000 },
    ...changes,
  });
  let page: () => InitialAccessToken[] = () => [];
  const errors: string[] = [];
  const canRegister = watchRegistration({
    initialAccessTokens: {
      list: ({ after }) => {
        const items = page();
        // Two pages, of which the second matters.
        return Promise.resolve(
          after === undefined ? { items: [], next: 'a' } : { items, next: undefined },
        );
      },
    },
    clock,
    onError: (problem) => errors.push(problem),
  });
  assert.equal(await canRegister(), false);
  page = () => [token({})];
  clock.advance(25_001);
  assert.equal(await canRegister(), true);
  page = () => {
    throw new Error('away');
  };
  clock.advance(25_001);
  assert.equal(await canRegister(), true);
  assert.equal(errors.length, 1);
  for (const useless of [token({ registered: 1 }), token({ expiresAt: clock.now() })]) {
    page = () => [useless];
    clock.advance(25_001);
    assert.equal(await canRegister(), false);
  }
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
