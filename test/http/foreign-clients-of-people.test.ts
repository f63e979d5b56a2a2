import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { testStorage } from '../support/azurite.ts';
import {
  type Instance,
  ISSUER,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';
import type { Person } from '../support/people.ts';
import {
  allow,
  type App,
  CALLBACK,
  registerApp,
  requestOf,
  signedInPerson,
  VERIFIER,
} from '../support/authorization.ts';

export const LOCAL_ONLY = 'makes people, with passwords of the test';

/** What is used of simple-oauth2, which comes without types. */
interface Tokens {
  readonly token: Readonly<Record<string, unknown>>;
  refresh(): Promise<Tokens>;
}
interface SimpleOAuth2 {
  readonly AuthorizationCode: new (options: {
    readonly client: { readonly id: string; readonly secret: string };
    readonly auth: Readonly<Record<'tokenHost' | 'tokenPath' | 'authorizePath', string>>;
  }) => {
    authorizeURL(parameters: Readonly<Record<string, string>>): string;
    getToken(parameters: Readonly<Record<string, string>>): Promise<Tokens>;
  };
}
const { AuthorizationCode } = createRequire(import.meta.url)('simple-oauth2') as SimpleOAuth2;

let instance: Instance;
let admin: Management;
let person: Person;

before(async () => {
  instance = await startInstance(await testStorage());
  admin = await manage(instance);
  person = await signedInPerson(instance, admin, 'ann');
});

/** The instance under the name of its issuer. */
const carry = (url: string | URL, init?: unknown): Promise<Response> =>
  fetch(String(url).replace(ISSUER, instance.url), init as RequestInit);

/** Takes the browser to an address of the issuer, and allows what it asks. */
const browse = (url: URL): Promise<URL> => allow(person, url.pathname + url.search);

const discover = (app: App): Promise<openid.Configuration> =>
  openid.discovery(
    new URL(ISSUER),
    app.id,
    undefined,
    app.secret === '' ? openid.None() : openid.ClientSecretPost(app.secret),
    { algorithm: 'oauth2', [openid.customFetch]: carry },
  );

for (const [kind, settings] of [
  ['confidential', {}],
  ['public', { token_endpoint_auth_method: 'none' }],
] as const) {
  test(`openid-client signs a person in with a code and PKCE, and refreshes (${kind} client)`, async () => {
    const config = await discover(await registerApp(admin, settings));
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const back = await browse(
      openid.buildAuthorizationUrl(config, {
        redirect_uri: CALLBACK,
        scope: 'read',
        state,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    );
    const tokens = await openid.authorizationCodeGrant(config, back, {
      pkceCodeVerifier: verifier,
      expectedState: state,
    });
    assert.equal(tokens.scope, 'read');
    const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    assert.ok(next.access_token && next.refresh_token !== tokens.refresh_token);
    const latest = await openid.refreshTokenGrant(config, next.refresh_token ?? '');
    await assert.rejects(
      openid.refreshTokenGrant(config, tokens.refresh_token ?? ''),
      (error: unknown) =>
        error instanceof openid.ResponseBodyError && error.error === 'invalid_grant',
    );
    await assert.rejects(
      openid.refreshTokenGrant(config, latest.refresh_token ?? ''),
      'and the newest',
    );
  });
}

test('openid-client pushes its request, and gets a code for the reference (RFC 9126)', async () => {
  const app = await registerApp(admin, { require_pushed_authorization_requests: true });
  const config = await discover(app);
  const verifier = openid.randomPKCECodeVerifier();
  const url = await openid.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: CALLBACK,
    scope: 'read write',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  const tokens = await openid.authorizationCodeGrant(config, await browse(url), {
    pkceCodeVerifier: verifier,
  });
  assert.equal(tokens.scope, 'read write');
});

test('oauth4webapi pushes a request, checks state and iss, redeems the code, with DPoP at each step (RFC 9449 section 10)', async () => {
  const app = await registerApp(admin, { dpop_bound_access_tokens: true });
  const issuer = new URL(ISSUER);
  const options = { [oauth.customFetch]: carry };
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }),
  );
  const client: oauth.Client = { client_id: app.id };
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  const authentication = oauth.ClientSecretBasic(app.secret);
  const verifier = oauth.generateRandomCodeVerifier();
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: app.id,
    redirect_uri: CALLBACK,
    scope: 'read',
    state: 'mine',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const pushed = await oauth.processPushedAuthorizationResponse(
    server,
    client,
    await oauth.pushedAuthorizationRequest(server, client, authentication, request, {
      DPoP,
      ...options,
    }),
  );
  const url = new URL(server.authorization_endpoint ?? '');
  url.search = new URLSearchParams({
    client_id: app.id,
    request_uri: pushed.request_uri,
  }).toString();
  const answer = oauth.validateAuthResponse(server, client, await browse(url), 'mine');
  const redeem = (key: oauth.DPoPHandle): Promise<Response> =>
    oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      answer,
      CALLBACK,
      verifier,
      { DPoP: key, ...options },
    );
  const other = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
  assert.equal((await redeem(other)).status, 400, 'a code that was stolen with its verifier');
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, await redeem(DPoP));
  assert.equal(tokens.token_type, 'dpop');
});

test('oauth4webapi takes no answer of another issuer for ours (RFC 9207 section 2.4)', async () => {
  const app = await registerApp(admin);
  const back = await allow(person, requestOf(app));
  const server = {
    issuer: 'https://evil.example',
    authorization_response_iss_parameter_supported: true,
  };
  assert.throws(
    () => oauth.validateAuthResponse(server, { client_id: app.id }, back, 'a state'),
    /iss/,
  );
});

test('simple-oauth2 gets tokens for a code, and refreshes', async () => {
  const app = await registerApp(admin);
  const client = new AuthorizationCode({
    client: { id: app.id, secret: app.secret },
    auth: {
      tokenHost: instance.url,
      tokenPath: '/oauth2/api/v1/token',
      authorizePath: '/oauth2/api/v1/authorize',
    },
  });
  const query = new URL(requestOf(app), instance.url).searchParams;
  const url = client.authorizeURL({
    redirect_uri: CALLBACK,
    scope: 'read',
    state: 'a state',
    ...Object.fromEntries(query),
  });
  const back = await browse(new URL(url));
  const code = back.searchParams.get('code') ?? '';
  const parameters = { code, redirect_uri: CALLBACK, code_verifier: VERIFIER };
  const tokens = await client.getToken(parameters);
  assert.equal(tokens.token['scope'], 'read');
  const next = await tokens.refresh();
  assert.notEqual(next.token['refresh_token'], tokens.token['refresh_token']);
});
