import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { testStorage } from '../support/azurite.ts';
import { flowBundle, line } from '../support/flow-bundle.ts';
import {
  type Credentials,
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';
import { serve } from '../support/loopback-server.ts';
import { type OidcProvider, startOidcProvider } from '../support/oidc-provider.ts';

export const LOCAL_ONLY = 'its receivers are servers on the loopback';

const AUDIENCE = 'api://flowgate';

/** The tenant whose flows call the other one. */
let local: Instance;
let localAdmin: Management;
let token: string;
/** Another Flowgate, as a remote tenant. */
let remote: Instance;
let remoteAdmin: Management;
let client: Credentials;
let provider: OidcProvider;

before(async () => {
  const env = { FLOWGATE_PRIVATE_HOSTS: 'localhost, 127.0.0.1' };
  [local, remote] = await Promise.all([
    startInstance(await testStorage(), env),
    startInstance(await testStorage(), env),
  ]);
  localAdmin = await manage(local);
  remoteAdmin = await manage(remote);
  const source = `function processData(message) {
    var headers = message.getHeaders();
    message.setBody(headers.get('SapAuthenticatedUserName') + ' ' + headers.get('CamelHttpMethod') + ' '
      + headers.get('CamelHttpPath') + '?' + headers.get('CamelHttpQuery') + ' ' + message.getBody(java.lang.String));
    message.setHeader('X-Answered', 'yes');
    return message;
  }`;
  const steps = [{ type: 'script' as const, name: 'Echo', fileName: 'script1.js', source }];
  const echo = buildBundle({ id: 'Echo', name: 'Echo', address: '/echo/*', steps });
  assert.equal(await remoteAdmin.deploy('Echo', echo), 'SUCCESS');
  client = await remoteAdmin.registerClient();
  const caller = await localAdmin.registerClient();
  token = await fetchToken(local.url, caller.id, caller.secret);
  provider = await startOidcProvider('svc');
});
after(async () => {
  await Promise.all([local.stop(), remote.stop(), provider.close()]);
});

async function addCredential(name: string, settings: object): Promise<void> {
  const body = { Name: name, ...settings };
  const response = await localAdmin.send('POST', '/api/v1/OAuth2ClientCredentials', body);
  assert.equal(response.status, 201, await response.clone().text());
}

/** A flow at the address of its name that calls `/http/echo/…` of the other tenant. */
async function deployFacade(
  name: string,
  credential: string,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const properties = {
    httpAddressWithoutQuery: `${remote.url}/http/echo`,
    authenticationMethod: 'OAuth2 Client Credentials',
    credentialName: credential,
    allowedRequestHeaders: 'Accept',
    ...more,
  };
  const bundle = flowBundle({
    id: name,
    senders: [
      {
        adapter: 'HTTPS',
        to: 'Start_1',
        properties: { urlPath: `/${name.toLowerCase()}/*` },
      },
    ],
    receivers: [{ from: 'Call', adapter: 'HTTP', properties }],
    processes: [line({ id: 'Call', cname: 'ExternalCall' })],
  });
  assert.equal(await localAdmin.deploy(name, bundle), 'SUCCESS');
}

const call = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${local.url}/http/${path}`, {
    method: 'POST',
    body: 'x',
    ...init,
    headers: { authorization: `Bearer ${token}` },
  });

async function errorOf(flow: string): Promise<string> {
  const filter = encodeURIComponent(`IntegrationArtifact/Id eq '${flow}' and Status eq 'FAILED'`);
  const log = await localAdmin.send('GET', `/api/v1/MessageProcessingLogs?$filter=${filter}`);
  const { d } = (await log.json()) as { d: { results: { MessageGuid: string }[] } };
  const path = `/api/v1/MessageProcessingLogs('${d.results[0]?.MessageGuid}')/ErrorInformation/$value`;
  return (await localAdmin.send('GET', path)).text();
}

test('a flow calls a flow of another tenant with a token that it fetches there, path and query handed on', async () => {
  await addCredential('Tenant', {
    TokenServiceUrl: `${remote.url}/oauth2/api/v1/token?grant_type=client_credentials`,
    ClientId: client.id,
    ClientSecret: client.secret,
    ClientAuthentication: 'header',
  });
  await deployFacade('Facade', 'Tenant');
  const response = await call('facade/orders/17?top=1', { body: 'grün' });
  assert.equal(response.status, 200, await response.clone().text());
  assert.equal(response.headers.get('x-answered'), 'yes');
  assert.equal(await response.text(), `oauth_client_${client.id} POST orders/17?top=1 grün`);
});

test('200 messages at a time, each with a call of another tenant, fetch one token there', async (t) => {
  let tokenRequests = 0;
  const relay = await serve(t, (request, response) => {
    tokenRequests += 1;
    const { method, url, headers } = request;
    const onward = httpRequest(remote.url + (url ?? ''), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await addCredential('Relayed', {
    TokenServiceUrl: `${relay}/oauth2/api/v1/token`,
    ClientId: client.id,
    ClientSecret: client.secret,
    ClientAuthentication: 'body',
  });
  await deployFacade('Crowd', 'Relayed');
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const response = await call(`crowd/${i}`);
      return `${response.status} ${await response.text()}`;
    }),
  );
  const expected = answers.map((_, i) => `200 oauth_client_${client.id} POST ${i}? x`);
  assert.deepEqual(answers, expected);
  assert.equal(tokenRequests, 1);
});

test('a token that the other tenant takes no more is renewed, and the message arrives', async () => {
  const id = `again-${randomBytes(4).toString('hex')}`;
  const secret = randomBytes(24).toString('base64url');
  const register = async (): Promise<void> => {
    const body = { client_id: id, client_secret: secret };
    assert.equal((await remoteAdmin.send('POST', '/registry/v1/clients', body)).status, 201);
    const users = '/registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users';
    assert.equal((await remoteAdmin.send('PUT', `${users}/oauth_client_${id}`)).status, 204);
  };
  await register();
  await addCredential('Again', {
    TokenServiceUrl: `${remote.url}/oauth2/api/v1/token`,
    ClientId: id,
    ClientSecret: secret,
    ClientAuthentication: 'header',
  });
  await deployFacade('Again', 'Again');
  assert.equal((await call('again/1')).status, 200);
  // Tokens of before are not those of the client that is registered anew.
  const gone = await remoteAdmin.send('DELETE', `/registry/v1/clients/${id}`, undefined, {
    'if-match': '*',
  });
  assert.equal(gone.status, 204);
  await sleep(1100);
  await register();
  const response = await call('again/2');
  assert.equal(await response.text(), `oauth_client_${id} POST 2? x`);
});

test('a token endpoint’s refusal stands in the message log, without the secret', async () => {
  await addCredential('Wrong', {
    TokenServiceUrl: `${remote.url}/oauth2/api/v1/token`,
    ClientId: client.id,
    ClientSecret: 'a-secret-that-is-wrong',
    ClientAuthentication: 'header',
  });
  await deployFacade('Wrong', 'Wrong');
  const response = await call('wrong/1');
  assert.equal(response.status, 500);
  const error = await errorOf('Wrong');
  assert.match(
    error,
    /The token endpoint http:\S+\/oauth2\/api\/v1\/token answers the OAuth2 credential "Wrong" with status 401: invalid_client/,
  );
  assert.doesNotMatch(error + (await response.text()), /a-secret-that-is-wrong|Basic /);
});

test('a credential that is not there is named in the message log, with what to do', async () => {
  await deployFacade('Nameless', 'Nobody');
  assert.equal((await call('nameless/1')).status, 500);
  assert.match(await errorOf('Nameless'), /no security material .* of the name "Nobody"\. Add it/);
});

test('a token of a real OpenID provider calls a tenant that trusts it', async () => {
  const issuer = {
    issuer_id: 'provider',
    issuer: provider.issuer,
    audience: [AUDIENCE],
    user_claim: 'sub',
  };
  const trusted = await remoteAdmin.send('POST', '/registry/v1/issuers', issuer);
  assert.equal(trusted.status, 201, await trusted.clone().text());
  const users = '/registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users';
  assert.equal((await remoteAdmin.send('PUT', `${users}/provider%3Asvc`)).status, 204);
  await addCredential('Provider', {
    TokenServiceUrl: `${provider.issuer}/token`,
    ClientId: 'svc',
    ClientSecret: provider.secret,
    ClientAuthentication: 'body',
    Resource: AUDIENCE,
    Scope: 'orders',
  });
  await deployFacade('Provided', 'Provider');
  const answers = await Promise.all(
    Array.from({ length: 50 }, async () => (await call('provided/1')).text()),
  );
  assert.deepEqual(new Set(answers), new Set(['provider:svc POST 1? x']));
  assert.equal(provider.tokenRequests, 1);
});
