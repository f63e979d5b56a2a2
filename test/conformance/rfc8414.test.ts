import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { decode, deploy, type Deployment, type Members, membersOf } from './deployment.ts';

const PATH = '/.well-known/oauth-authorization-server';
export const REMOTE = true;

let deployment: Deployment;
let metadata: Members;

before(async () => {
  deployment = await deploy();
  metadata = await membersOf(await fetch(deployment.url + PATH));
});

/** The address that a member of the document names, on this instance. */
function here(member: string): string {
  const address = String(metadata[member]);
  assert.ok(address.startsWith(`${deployment.issuer}/`), address);
  return deployment.url + address.slice(deployment.issuer.length);
}

test('RFC 8414 section 2: the issuer is an https URL without query and fragment', () => {
  assert.equal(metadata['issuer'], deployment.issuer);
  const { protocol, hostname, search, hash } = new URL(deployment.issuer);
  // `npm start` serves one machine alone, without TLS.
  assert.ok(protocol === 'https:' || hostname === 'localhost');
  assert.deepEqual([search, hash], ['', '']);
});

test('RFC 8414 section 2: the token endpoint that is named gives tokens', async () => {
  const response = await fetch(here('token_endpoint'), {
    method: 'POST',
    headers: {
      authorization: deployment.authorization,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  assert.equal(response.status, 200);
});

test('RFC 8414 section 2: jwks_uri leads to the keys that tokens are signed with', async () => {
  const { keys } = (await (await fetch(here('jwks_uri'))).json()) as { keys: Members[] };
  const { kid } = decode(deployment.token).header;
  assert.ok(keys.some((key) => key['kid'] === kid && key['use'] === 'sig'));
});

/** By member: where it is, how it is asked without any credentials, and the statuses it answers with. */
const ENDPOINTS: Readonly<Record<string, readonly [string, string, readonly number[]]>> = {
  token_endpoint: ['token', 'POST', [401]],
  introspection_endpoint: ['introspect', 'POST', [401]],
  revocation_endpoint: ['revoke', 'POST', [401]],
  pushed_authorization_request_endpoint: ['par', 'POST', [401]],
  registration_endpoint: ['register', 'POST', [401]],
  authorization_endpoint: ['authorize', 'GET', [400]],
  jwks_uri: ['jwks', 'GET', [200]],
};

test('RFC 8414 section 2: every endpoint that is named is there, and only those', async () => {
  for (const [member, [name, method, statuses]] of Object.entries(ENDPOINTS)) {
    // It refuses everybody while nobody can register.
    if (member === 'registration_endpoint' && metadata[member] === undefined) continue;
    const named = metadata[member] !== undefined;
    const path = `/oauth2/api/v1/${name}`;
    if (named) assert.equal(metadata[member], deployment.issuer + path);
    const { status } = await fetch(deployment.url + path, { method, redirect: 'manual' });
    assert.ok(named ? statuses.includes(status) : status === 404, `${member}: ${status}`);
  }
  const others = Object.keys(metadata).filter((name) => /_(?:endpoint|uri)$/.test(name));
  assert.deepEqual(
    others.filter((name) => !(name in ENDPOINTS)),
    [],
  );
});

test('RFC 8414 section 2: response types go with the authorization endpoint', () => {
  const named = metadata['authorization_endpoint'] !== undefined;
  assert.deepEqual(metadata['response_types_supported'], named ? ['code'] : []);
  const expected = named ? ['S256'] : undefined;
  assert.deepEqual(metadata['code_challenge_methods_supported'], expected);
  assert.equal(metadata['authorization_response_iss_parameter_supported'], named || undefined);
});

const GRANTS = [
  'client_credentials',
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'password',
  'implicit',
];

test('RFC 8414 section 2: every grant that is named is known to the token endpoint, no other is', async () => {
  const named = metadata['grant_types_supported'] as string[];
  assert.ok(named.every((grant) => GRANTS.includes(grant)));
  assert.ok(!named.includes('password') && !named.includes('implicit'));
  for (const grant of GRANTS) {
    const response = await deployment.post(`grant_type=${encodeURIComponent(grant)}`);
    const { error } = await membersOf(response);
    const expected = grant === 'client_credentials' ? undefined : 'unauthorized_client';
    assert.equal(error, named.includes(grant) ? expected : 'unsupported_grant_type', grant);
  }
});

test('RFC 8414 section 2: of the methods of authentication, those that are named are looked at', async () => {
  const named = metadata['token_endpoint_auth_methods_supported'] as string[];
  const { id, secret } = deployment.client;
  const inBody = `grant_type=client_credentials&client_id=${id}&client_secret=${secret}`;
  assert.ok(named.includes('client_secret_post'));
  assert.equal((await deployment.post(inBody, {})).status, 200);
  assert.ok(named.includes('client_secret_basic'));
  assert.equal((await deployment.post('grant_type=client_credentials')).status, 200);
  assert.ok(!named.includes('client_secret_jwt'));
  const type = encodeURIComponent('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
  const assertion = `grant_type=client_credentials&client_id=${id}&client_assertion=x&client_assertion_type=${type}`;
  assert.equal((await deployment.post(assertion, {})).status, 401);
  const algorithms = metadata['token_endpoint_auth_signing_alg_values_supported'];
  assert.equal(Array.isArray(algorithms), named.includes('private_key_jwt'));
  const ofIntrospection = metadata['introspection_endpoint_auth_methods_supported'] as string[];
  assert.deepEqual(
    ofIntrospection,
    named.filter((method) => method !== 'none'),
  );
});

test('RFC 8414 section 3: the document is at the well-known path of the issuer, and at that of OpenID Connect', async () => {
  const other = await fetch(`${deployment.url}/.well-known/openid-configuration`);
  assert.equal(other.status, 200);
  assert.deepEqual(await membersOf(other), metadata);
});

test('RFC 8414 section 3.1: it is read with GET, without credentials, from any origin', async () => {
  const response = await fetch(deployment.url + PATH, {
    headers: { origin: 'https://any.example' },
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.equal((await fetch(deployment.url + PATH, { method: 'POST' })).status, 405);
});

test('RFC 8414 section 3.2: the answer is a JSON object with status 200', async () => {
  const response = await fetch(deployment.url + PATH);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
});

test('RFC 8414 section 3.3: the issuer is the one of the tokens, whatever host is asked', async () => {
  const forwarded = await fetch(deployment.url + PATH, {
    headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
  });
  assert.equal((await membersOf(forwarded))['issuer'], deployment.issuer);
  assert.equal(decode(deployment.token).claims['iss'], deployment.issuer);
});
