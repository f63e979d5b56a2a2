import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { described } from '../openapi/described.ts';
import { testStorage } from '../support/azurite.ts';
import {
  basic,
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

export const LOCAL_ONLY = 'starts two instances over one storage, with addresses as issuers';

const REGISTER = '/oauth2/api/v1/register';
const METADATA = '/.well-known/oauth-authorization-server';
type Members = Record<string, unknown>;

let one: Instance;
let other: Instance;
let admin: Management;
/** Carries requests to the issuer's addresses to the instance of the test's choice. */
const through =
  (instance: Instance) =>
  (url: string, init: object): Promise<Response> =>
    fetch(url.replace('https://flowgate.example', instance.url), init);

before(async () => {
  const storage = await testStorage();
  [one, other] = await Promise.all([startInstance(storage), startInstance(storage)]);
  admin = await manage(one);
});

async function makeToken(limits: Members): Promise<string> {
  const path = '/registry/v1/initial-access-tokens';
  const made = await described(path, 'POST', 201, admin.send('POST', path, limits));
  return String((made as Members)['initial_access_token']);
}

const endpointOf = async (instance: Instance): Promise<unknown> =>
  ((await (await fetch(instance.url + METADATA)).json()) as Members)['registration_endpoint'];

test('registration is off, and not in the metadata, until there is an initial access token (RFC 8414 section 2)', async () => {
  assert.equal(await endpointOf(one), undefined);
  const refused = await fetch(one.url + REGISTER, { method: 'POST', body: '{}' });
  assert.equal(refused.status, 401);
  await makeToken({ max_clients: 1 });
  const deadline = Date.now() + 30_000;
  while ((await endpointOf(one)) === undefined && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  assert.equal(await endpointOf(one), `https://flowgate.example${REGISTER}`);
  assert.equal(await endpointOf(other), `https://flowgate.example${REGISTER}`);
});

test('oauth4webapi registers a client on one instance and gets a token for it on another', async () => {
  const initialAccessToken = await makeToken({ grant_types: ['client_credentials'], scope: 'a b' });
  const server = {
    issuer: 'https://flowgate.example',
    registration_endpoint: `https://flowgate.example${REGISTER}`,
    token_endpoint: 'https://flowgate.example/oauth2/api/v1/token',
  };
  const response = await oauth.dynamicClientRegistrationRequest(
    server,
    { client_name: 'Partner', grant_types: ['client_credentials'], response_types: [] },
    { initialAccessToken, [oauth.customFetch]: through(one) },
  );
  const client = await oauth.processDynamicClientRegistrationResponse(response);
  const { client_secret: secret } = client;
  assert.ok(typeof secret === 'string');
  const granted = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    oauth.ClientSecretBasic(secret),
    new URLSearchParams(),
    { [oauth.customFetch]: through(other) },
  );
  const token = await oauth.processClientCredentialsResponse(server, client, granted);
  assert.equal(token.scope, 'a b');
  const call = await fetch(`${other.url}/registry/v1/clients`, {
    headers: { authorization: `Bearer ${token.access_token}` },
  });
  assert.equal(call.status, 401, 'its token is for no other subscription, and it has no role');
});

test('openid-client registers a client from the metadata alone', async () => {
  const initialAccessToken = await makeToken({ grant_types: ['client_credentials'] });
  const config = await openid.dynamicClientRegistration(
    new URL('https://flowgate.example'),
    { client_name: 'Partner', grant_types: ['client_credentials'], response_types: [] },
    openid.ClientSecretPost(),
    { initialAccessToken, algorithm: 'oauth2', [openid.customFetch]: through(one) },
  );
  const token = await openid.clientCredentialsGrant(config);
  assert.equal(token.token_type, 'bearer');
});

test('a client changes and deletes itself on one instance, and the others refuse it (RFC 7592)', async () => {
  const initial = await makeToken({ grant_types: ['client_credentials'] });
  const send = (
    instance: Instance,
    method: string,
    path: string,
    token: string,
    body?: Members,
  ): Promise<Response> =>
    fetch(instance.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const made = (await described(
    REGISTER,
    'POST',
    201,
    send(one, 'POST', REGISTER, initial, { client_name: 'Mine' }),
  )) as Members;
  const [id, secret] = [String(made['client_id']), String(made['client_secret'])];
  assert.ok(await fetchToken(other.url, id, secret));
  const uri = String(made['registration_client_uri']).replace('https://flowgate.example', '');
  const token = String(made['registration_access_token']);
  const path = `${REGISTER}/{client_id}`;
  await described(path, 'GET', 200, send(other, 'GET', uri, token));
  const change = { client_id: id, client_name: 'Ours' };
  await described(path, 'PUT', 200, send(other, 'PUT', uri, token, change));
  await described(path, 'PUT', 400, send(one, 'PUT', uri, token, { client_name: 'x' }));
  await described(path, 'GET', 401, send(one, 'GET', uri, 'x'));
  const read = (await described(path, 'GET', 200, send(one, 'GET', uri, token))) as Members;
  assert.equal(read['client_name'], 'Ours');
  await described(path, 'DELETE', 204, send(one, 'DELETE', uri, token));
  await described(path, 'GET', 401, send(other, 'GET', uri, token));
  const refused = await fetch(`${one.url}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
  });
  assert.equal(refused.status, 401);
});
