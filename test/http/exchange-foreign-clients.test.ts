import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { ISSUER } from '../support/instance.ts';
import { type OidcProvider, startOidcProvider } from '../support/oidc-provider.ts';
import { openOwnTarget, type OwnTarget } from '../support/target.ts';

export const LOCAL_ONLY = 'its trusted issuer is a server on the loopback';

const AUDIENCE = 'api://flowgate';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ID = 'gateway';
const SECRET = 'a secret of sixteen and more';

let target: OwnTarget;
let provider: OidcProvider;

before(async () => {
  target = await openOwnTarget({ FLOWGATE_PRIVATE_HOSTS: '127.0.0.1' });
  provider = await startOidcProvider('svc');
  const { admin } = target;
  const trusted = await admin.send('POST', '/registry/v1/issuers', {
    issuer_id: 'provider',
    issuer: provider.issuer,
    audience: [AUDIENCE],
    user_claim: 'sub',
    use: ['exchange'],
    require_at_jwt: true,
  });
  assert.equal(trusted.status, 201, await trusted.text());
  const registered = await admin.send('POST', '/registry/v1/clients', {
    client_id: ID,
    client_secret: SECRET,
    grant_types: [EXCHANGE, BEARER],
    scope: 'read write',
  });
  assert.equal(registered.status, 201, await registered.text());
});
after(async () => {
  await target.instance.stop();
  await provider.close();
});

/** The libraries insist on the issuer's own address: a proxy in one line. */
const throughProxy = (url: string, init?: object): Promise<Response> => {
  assert.ok(url.startsWith(`${ISSUER}/`), url);
  return fetch(target.url + url.slice(ISSUER.length), init);
};

const exchanged = async (scope: string) => ({
  subject_token: await provider.token(AUDIENCE),
  subject_token_type: ACCESS_TOKEN,
  scope,
});

function subjectOf(token: string): unknown {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
  return (JSON.parse(payload) as Record<string, unknown>)['sub'];
}

test('openid-client exchanges a token (RFC 8693), and is told what it may not have', async () => {
  const authentication = openid.ClientSecretBasic(SECRET);
  const options = { algorithm: 'oauth2', [openid.customFetch]: throughProxy } as const;
  const config = await openid.discovery(new URL(ISSUER), ID, undefined, authentication, options);
  const answer = await openid.genericGrantRequest(config, EXCHANGE, await exchanged('read'));
  assert.equal(answer.scope, 'read');
  assert.equal(answer['issued_token_type'], ACCESS_TOKEN);
  assert.equal(subjectOf(answer.access_token), 'provider:svc');
  const excess = openid.genericGrantRequest(config, EXCHANGE, await exchanged('admin'));
  await assert.rejects(excess, (error: unknown) => {
    assert.ok(error instanceof openid.ResponseBodyError);
    assert.equal(error.error, 'invalid_scope');
    return true;
  });
});

test('oauth4webapi presents an assertion (RFC 7523 section 2.1), once', async () => {
  const issuer = new URL(ISSUER);
  const found = await oauth.discoveryRequest(issuer, {
    algorithm: 'oauth2',
    [oauth.customFetch]: throughProxy,
  });
  const server = await oauth.processDiscoveryResponse(issuer, found);
  const client: oauth.Client = { client_id: ID };
  const assertion = await provider.token(AUDIENCE);
  const present = async () =>
    oauth.processGenericTokenEndpointResponse(
      server,
      client,
      await oauth.genericTokenEndpointRequest(
        server,
        client,
        oauth.ClientSecretPost(SECRET),
        BEARER,
        { assertion },
        { [oauth.customFetch]: throughProxy },
      ),
    );
  const answer = await present();
  assert.equal(subjectOf(answer.access_token), 'provider:svc');
  await assert.rejects(present(), (error: unknown) => {
    assert.ok(error instanceof oauth.ResponseBodyError);
    assert.equal(error.error, 'invalid_grant');
    return true;
  });
});
