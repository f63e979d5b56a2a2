import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { type Deployment, deploy } from '../conformance/deployment.ts';

export const REMOTE = true;

let target: Deployment;
before(async () => {
  target = await deploy();
});

/** The libraries insist on the issuer's own address. */
const throughProxy = (url: string, init?: object): Promise<Response> => {
  assert.ok(url.startsWith(`${target.issuer}/`), url);
  return fetch(target.url + url.slice(target.issuer.length), init);
};
const isPlain = (): boolean => new URL(target.issuer).protocol === 'http:';
const proxied = {
  [oauth.customFetch]: throughProxy,
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that nobody overlooks it
  get [oauth.allowInsecureRequests]() {
    return isPlain();
  },
};

const jwkOf = async (key: CryptoKey, kid: string): Promise<object> => ({
  ...(await crypto.subtle.exportKey('jwk', key)),
  // What the browser's API adds is not for signatures of every kind.
  key_ops: undefined,
  ext: undefined,
  kid,
});

/** Registers a client that may call the iFlow. */
async function register(id: string, members: object): Promise<string> {
  const clientId = target.name(id);
  const body = { client_id: clientId, ...members };
  const made = await target.admin.send('POST', '/registry/v1/clients', body);
  assert.equal(made.status, 201, await made.text());
  const users = `/registry/v1/subscriptions/${target.subscriptions.iflmap}/roles/ESBMessaging.send/users`;
  const assigned = await target.admin.send('PUT', `${users}/oauth_client_${clientId}`);
  assert.equal(assigned.status, 204);
  return clientId;
}

const helloUrl = (): URL => new URL(target.issuer + target.hello);

void suite('oauth4webapi', () => {
  const discover = async (): Promise<oauth.AuthorizationServer> => {
    const issuer = new URL(target.issuer);
    const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...proxied });
    return oauth.processDiscoveryResponse(issuer, response);
  };

  for (const alg of ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'Ed25519']) {
    test(`private_key_jwt with ${alg}: a token that calls an iFlow, and introspection of it (RFC 7523)`, async () => {
      const keys = await oauth.generateKeyPair(alg);
      const client_id = await register(`signs-${alg.toLowerCase()}`, {
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [await jwkOf(keys.publicKey, 'k1')] },
      });
      const server = await discover();
      const client = { client_id };
      const authentication = oauth.PrivateKeyJwt({ key: keys.privateKey, kid: 'k1' });
      const granted = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        {},
        proxied,
      );
      const token = await oauth.processClientCredentialsResponse(server, client, granted);
      const called = await target.call({ authorization: `Bearer ${token.access_token}` });
      assert.deepEqual([called.status, await called.text()], [200, 'hello']);
      const asked = await oauth.introspectionRequest(
        server,
        client,
        authentication,
        token.access_token,
        proxied,
      );
      const told = await oauth.processIntrospectionResponse(server, client, asked);
      assert.deepEqual([told.active, told.client_id], [true, client_id]);
    });
  }

  test('private_key_jwt where requests are pushed and tokens revoked (RFC 9126, RFC 7009)', async () => {
    const keys = await oauth.generateKeyPair('ES256');
    const client_id = await register('signs-everywhere', {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [await jwkOf(keys.publicKey, 'k1')] },
      grant_types: ['client_credentials', 'authorization_code'],
      redirect_uris: ['https://app.example/back'],
    });
    const server = await discover();
    const client = { client_id };
    const authentication = oauth.PrivateKeyJwt({ key: keys.privateKey, kid: 'k1' });
    const request = {
      response_type: 'code',
      redirect_uri: 'https://app.example/back',
      code_challenge: await oauth.calculatePKCECodeChallenge(oauth.generateRandomCodeVerifier()),
      code_challenge_method: 'S256',
    };
    const pushed = await oauth.pushedAuthorizationRequest(
      server,
      client,
      authentication,
      request,
      proxied,
    );
    const reference = await oauth.processPushedAuthorizationResponse(server, client, pushed);
    assert.match(reference.request_uri, /^urn:/);
    const granted = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      authentication,
      {},
      proxied,
    );
    const { access_token } = await oauth.processClientCredentialsResponse(server, client, granted);
    const revoked = await oauth.revocationRequest(
      server,
      client,
      authentication,
      access_token,
      proxied,
    );
    await oauth.processRevocationResponse(revoked);
    await target.eventually(async () => {
      const called = await target.call({ authorization: `Bearer ${access_token}` });
      assert.equal(called.status, 401);
    });
  });

  test('private_key_jwt with a key that is not registered is refused as invalid_client', async () => {
    const [registered, another] = await Promise.all([
      oauth.generateKeyPair('ES256'),
      oauth.generateKeyPair('ES256'),
    ]);
    const client_id = await register('signs-wrongly', {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [await jwkOf(registered.publicKey, 'k1')] },
    });
    const server = await discover();
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      { client_id },
      oauth.PrivateKeyJwt({ key: another.privateKey, kid: 'k1' }),
      {},
      proxied,
    );
    await assert.rejects(
      oauth.processClientCredentialsResponse(server, { client_id }, response),
      (error: unknown) =>
        error instanceof oauth.ResponseBodyError && error.error === 'invalid_client',
    );
  });

  for (const alg of ['ES256', 'PS256', 'Ed25519']) {
    test(`DPoP with ${alg}: the token calls an iFlow with a proof each time, and not without (RFC 9449)`, async () => {
      const keys = await oauth.generateKeyPair(alg);
      const client_id = await register(`proves-${alg.toLowerCase()}`, {
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [await jwkOf(keys.publicKey, 'k1')] },
        dpop_bound_access_tokens: true,
      });
      const server = await discover();
      const client = { client_id };
      const DPoP = oauth.DPoP({}, await oauth.generateKeyPair(alg));
      const authentication = oauth.PrivateKeyJwt({ key: keys.privateKey, kid: 'k1' });
      const options = { ...proxied, DPoP };
      const granted = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        {},
        options,
      );
      const token = await oauth.processClientCredentialsResponse(server, client, granted);
      assert.equal(token.token_type, 'dpop');
      const { access_token } = token;
      for (let i = 0; i < 2; i += 1) {
        const called = await oauth.protectedResourceRequest(
          access_token,
          'POST',
          new URL('?x=1', helloUrl()),
          undefined,
          'body',
          options,
        );
        assert.equal(await called.text(), 'hello');
      }
      const stolen = await target.call({ authorization: `Bearer ${access_token}` });
      assert.equal(stolen.status, 401);
      assert.match(
        stolen.headers.get('www-authenticate') ?? '',
        /^DPoP .*error="invalid_token".*algs="/,
      );
      const thief = oauth.DPoP({}, await oauth.generateKeyPair(alg));
      await assert.rejects(
        oauth.protectedResourceRequest(access_token, 'GET', helloUrl(), undefined, undefined, {
          ...proxied,
          DPoP: thief,
        }),
        (error: unknown) =>
          error instanceof oauth.WWWAuthenticateChallengeError &&
          error.cause[0]?.scheme === 'dpop' &&
          error.cause[0].parameters.error === 'invalid_token',
      );
      const asked = await oauth.introspectionRequest(
        server,
        client,
        authentication,
        access_token,
        proxied,
      );
      const told = await oauth.processIntrospectionResponse(server, client, asked);
      assert.equal(told.token_type, 'DPoP');
      assert.equal(told.cnf?.jkt, await DPoP.calculateThumbprint());
      const unbound = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        {},
        proxied,
      );
      await assert.rejects(
        oauth.processClientCredentialsResponse(server, client, unbound),
        (error: unknown) =>
          error instanceof oauth.ResponseBodyError && error.error === 'invalid_dpop_proof',
      );
    });
  }

  test('a public client gets no token for itself, and may not introspect (RFC 7662 section 2.1)', async () => {
    const client_id = await register('public', {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
      redirect_uris: ['https://app.example/back'],
    });
    const server = await discover();
    const client = { client_id };
    const granted = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.None(),
      {},
      proxied,
    );
    await assert.rejects(
      oauth.processClientCredentialsResponse(server, client, granted),
      (error: unknown) =>
        error instanceof oauth.ResponseBodyError && error.error === 'unauthorized_client',
    );
    const asked = await oauth.introspectionRequest(
      server,
      client,
      oauth.None(),
      target.token,
      proxied,
    );
    assert.equal(asked.status, 401);
    assert.match(await asked.text(), /invalid_client/);
  });
});

void suite('openid-client', () => {
  test('private_key_jwt and DPoP together', async () => {
    const keys = await openid.randomDPoPKeyPair('ES256');
    const client_id = await register('openid-client', {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [await jwkOf(keys.publicKey, 'k1')] },
    });
    const config = await openid.discovery(
      new URL(target.issuer),
      client_id,
      undefined,
      openid.PrivateKeyJwt({ key: keys.privateKey, kid: 'k1' }),
      {
        algorithm: 'oauth2',
        [openid.customFetch]: throughProxy,
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- as above
        ...(isPlain() ? { execute: [openid.allowInsecureRequests] } : {}),
      },
    );
    const bearer = await openid.clientCredentialsGrant(config);
    assert.equal(bearer.token_type, 'bearer');
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
    const bound = await openid.clientCredentialsGrant(config, {}, { DPoP });
    assert.equal(bound.token_type, 'dpop');
    const args = [config, bound.access_token, helloUrl(), 'GET'] as const;
    const called = await openid.fetchProtectedResource(...args, undefined, undefined, { DPoP });
    assert.equal(await called.text(), 'hello');
  });
});

test('a client of the management node works with DPoP tokens too', async () => {
  const keys = await oauth.generateKeyPair('ES256');
  const { tmn } = target.subscriptions;
  const client_id = await register('manages', {
    subscription: tmn,
    dpop_bound_access_tokens: true,
  });
  const path = `/registry/v1/subscriptions/${tmn}/roles/AuthGroup.ReadOnly/users/oauth_client_${client_id}`;
  assert.equal((await target.admin.send('PUT', path)).status, 204);
  const secret = await target.admin.send('POST', `/registry/v1/clients/${client_id}/secrets`);
  const { client_secret } = (await secret.json()) as { client_secret: string };
  const server: oauth.AuthorizationServer = {
    issuer: target.issuer,
    token_endpoint: `${target.issuer}/oauth2/api/v1/token`,
  };
  const client = { client_id };
  const options = { ...proxied, DPoP: oauth.DPoP({}, keys) };
  const granted = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    oauth.ClientSecretBasic(client_secret),
    {},
    options,
  );
  const { access_token } = await oauth.processClientCredentialsResponse(server, client, granted);
  const url = new URL(`${target.issuer}/registry/v1/clients/${client_id}`);
  const read = await oauth.protectedResourceRequest(
    access_token,
    'GET',
    url,
    undefined,
    undefined,
    options,
  );
  assert.equal(((await read.json()) as { client_id: string }).client_id, client_id);
  const stolen = await fetch(`${target.url}/registry/v1/clients/${client_id}`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  assert.equal(stolen.status, 401);
});
