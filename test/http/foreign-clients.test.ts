import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

/** What is used of simple-oauth2, which comes without types. */
interface SimpleOAuth2 {
  readonly ClientCredentials: new (options: {
    readonly client: { readonly id: string; readonly secret: string };
    readonly auth: { readonly tokenHost: string; readonly tokenPath?: string };
    readonly options?: {
      readonly authorizationMethod?: 'header' | 'body';
      readonly credentialsEncodingMode?: 'strict' | 'loose';
      readonly bodyFormat?: 'form' | 'json';
    };
  }) => {
    getToken(params: { readonly scope?: string }): Promise<{
      readonly token: Readonly<Record<string, unknown>>;
      expired(windowSeconds?: number): boolean;
    }>;
  };
}
const { ClientCredentials } = createRequire(import.meta.url)('simple-oauth2') as SimpleOAuth2;

/** Characters that form encoding changes: each library has its own way with them. */
const SECRET = 'p+s/w%41 &=:ä, sixteen';
const ASCII_SECRET = 'p+s/w%41 &=:~ sixteen';
let ID: string;
let ASCII_ID: string;
let ISSUER: string;
let target: Target;

before(async () => {
  target = await openTarget();
  const { admin, name, subscriptions } = target;
  ISSUER = target.issuer;
  ID = name('foreign.client_1~x');
  ASCII_ID = name('foreign.ascii-2');
  for (const [client_id, client_secret] of [
    [ID, SECRET],
    [ASCII_ID, ASCII_SECRET],
  ]) {
    const made = await admin.send('POST', '/registry/v1/clients', {
      client_id,
      client_secret,
      scope: 'read write',
    });
    assert.equal(made.status, 201, await made.text());
    const users = `/registry/v1/subscriptions/${subscriptions.iflmap}/roles/ESBMessaging.send/users`;
    const assigned = await admin.send('PUT', `${users}/oauth_client_${client_id ?? ''}`);
    assert.equal(assigned.status, 204);
  }
  const source = 'function processData(message) { message.setBody("hello"); return message; }';
  const steps = [{ type: 'script' as const, name: 'Hello', fileName: 'script1.js', source }];
  const id = name('hello');
  const bundle = buildBundle({ id, name: id, address: `/${id}`, steps });
  assert.equal(await admin.deploy(id, bundle), 'SUCCESS');
});

/** The libraries insist on the issuer's own address: a proxy in one line. */
const throughProxy = (url: string, init?: object): Promise<Response> => {
  assert.ok(url.startsWith(`${ISSUER}/`), url);
  return fetch(target.url + url.slice(ISSUER.length), init);
};

/** `npm start` serves one machine alone, without TLS, which the libraries want to be told. */
const isPlain = (): boolean => new URL(ISSUER).protocol === 'http:';
const plain = (): { execute?: ((config: openid.Configuration) => void)[] } =>
  // Marked as deprecated so that nobody overlooks it.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  isPlain() ? { execute: [openid.allowInsecureRequests] } : {};

const helloUrl = (at: string): string => `${at}/http/${target.name('hello')}`;

async function callHello(token: unknown): Promise<string> {
  const response = await fetch(helloUrl(target.url), {
    headers: { authorization: `Bearer ${String(token)}` },
  });
  return `${response.status} ${await response.text()}`;
}

void suite('openid-client', () => {
  for (const algorithm of ['oauth2', 'oidc'] as const) {
    test(`discovers the server by its ${algorithm} document and gets a token that calls an iFlow`, async () => {
      const config = await openid.discovery(
        new URL(ISSUER),
        ID,
        undefined,
        openid.ClientSecretBasic(SECRET),
        { algorithm, [openid.customFetch]: throughProxy, ...plain() },
      );
      const token = await openid.clientCredentialsGrant(config, { scope: 'read' });
      assert.deepEqual([token.token_type, token.scope], ['bearer', 'read']);
      // The library counts down from 3600 as time passes.
      const left = token.expiresIn() ?? 0;
      assert.ok(left > 3590 && left <= 3600, String(left));
      assert.equal(await callHello(token.access_token), '200 hello');
    });
  }

  test('is told invalid_scope for a scope that the client does not have', async () => {
    const config = await openid.discovery(
      new URL(ISSUER),
      ID,
      undefined,
      openid.ClientSecretPost(SECRET),
      { algorithm: 'oauth2', [openid.customFetch]: throughProxy, ...plain() },
    );
    await assert.rejects(
      openid.clientCredentialsGrant(config, { scope: 'read all' }),
      (error: unknown) =>
        error instanceof openid.ResponseBodyError &&
        error.error === 'invalid_scope' &&
        /all/.test(error.error_description ?? ''),
    );
  });
});

void suite('oauth4webapi', () => {
  const proxied = {
    [oauth.customFetch]: throughProxy,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as above
    get [oauth.allowInsecureRequests]() {
      return isPlain();
    },
  };
  const discover = async (): Promise<oauth.AuthorizationServer> => {
    const issuer = new URL(ISSUER);
    const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...proxied });
    return oauth.processDiscoveryResponse(issuer, response);
  };
  const authentications = {
    client_secret_basic: oauth.ClientSecretBasic,
    client_secret_post: oauth.ClientSecretPost,
  };
  for (const [method, authentication] of Object.entries(authentications)) {
    test(`gets a token with ${method} and takes it as a resource server with our JWKS (RFC 9068)`, async () => {
      const server = await discover();
      assert.ok(server.token_endpoint_auth_methods_supported?.includes(method));
      const client = { client_id: ID };
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication(SECRET),
        {},
        proxied,
      );
      const token = await oauth.processClientCredentialsResponse(server, client, response);
      assert.equal(token.scope, 'read write');
      const presented = new Request(helloUrl(ISSUER), {
        headers: { authorization: `Bearer ${token.access_token}` },
      });
      const claims = await oauth.validateJwtAccessToken(
        server,
        presented,
        target.subscriptions.iflmap,
        proxied,
      );
      assert.equal(claims.client_id, ID);
      assert.equal(claims.sub, `oauth_client_${ID}`);
      assert.deepEqual(claims['roles'], ['ESBMessaging.send']);
      await assert.rejects(
        oauth.validateJwtAccessToken(server, presented, 'anotheriflmap', proxied),
        'another audience',
      );
      assert.equal(await callHello(token.access_token), '200 hello');
    });
  }

  test('takes our 401 of an iFlow call as the challenge that it is (RFC 6750 section 3)', async () => {
    const url = new URL(helloUrl(ISSUER));
    await assert.rejects(
      oauth.protectedResourceRequest('not.a.token', 'GET', url, undefined, undefined, proxied),
      (error: unknown) => {
        assert.ok(error instanceof oauth.WWWAuthenticateChallengeError);
        const [challenge] = error.cause;
        assert.deepEqual([error.status, challenge?.scheme], [401, 'bearer']);
        assert.equal(challenge?.parameters.error, 'invalid_token');
        return true;
      },
    );
  });
});

void suite('simple-oauth2', () => {
  for (const authorizationMethod of ['header', 'body'] as const) {
    for (const credentialsEncodingMode of ['strict', 'loose'] as const) {
      test(`gets a token with credentials in the ${authorizationMethod}, encoded ${credentialsEncodingMode}`, async () => {
        const client = new ClientCredentials({
          client: { id: ASCII_ID, secret: ASCII_SECRET },
          // Its default path, /oauth/token, is the alias.
          auth: { tokenHost: target.url },
          options: { authorizationMethod, credentialsEncodingMode },
        });
        const grant = await client.getToken({ scope: 'write' });
        assert.equal(grant.expired(), false);
        assert.equal(grant.token['scope'], 'write');
        assert.equal(await callHello(grant.token['access_token']), '200 hello');
      });
    }
  }

  test('is told what to do when it sends its parameters as JSON', async () => {
    const client = new ClientCredentials({
      client: { id: ASCII_ID, secret: ASCII_SECRET },
      auth: { tokenHost: target.url, tokenPath: '/oauth2/api/v1/token' },
      options: { bodyFormat: 'json' },
    });
    await assert.rejects(client.getToken({}), (error: { data?: { payload?: unknown } }) => {
      assert.match(JSON.stringify(error.data?.payload), /application\/x-www-form-urlencoded/);
      return true;
    });
  });
});

const run = promisify(execFile);
const curl = (...args: readonly string[]): Promise<{ stdout: string }> =>
  run('curl', ['--silent', '--show-error', '--fail-with-body', '--max-time', '10', ...args]);

const hasCurl = await curl('--version').then(
  () => true,
  () => false,
);

void suite('curl', { skip: hasCurl ? false : 'there is no curl on this machine' }, () => {
  const endpoint = (): string => `${target.url}/oauth2/api/v1/token`;
  const accessToken = ({ stdout }: { stdout: string }): unknown =>
    (JSON.parse(stdout) as { access_token?: string }).access_token;

  test('as SAP documents it: POST, grant_type in the query, Basic, empty body', async () => {
    const url = `${endpoint()}?grant_type=client_credentials`;
    const answer = await curl('-X', 'POST', '-u', `${ID}:${SECRET}`, url);
    assert.equal(await callHello(accessToken(answer)), '200 hello');
  });

  test('the same with -d and an empty body, which makes it a form', async () => {
    const url = `${endpoint()}?grant_type=client_credentials`;
    const answer = await curl('-d', '', '-u', `${ID}:${SECRET}`, url);
    assert.equal(await callHello(accessToken(answer)), '200 hello');
  });

  test('grant_type in the body, credentials by Basic', async () => {
    const grant = 'grant_type=client_credentials';
    const answer = await curl('-d', grant, '-u', `${ID}:${SECRET}`, endpoint());
    assert.equal(await callHello(accessToken(answer)), '200 hello');
  });

  test('everything in the body', async () => {
    const form = [`client_id=${ID}`, `client_secret=${SECRET}`, 'grant_type=client_credentials'];
    const answer = await curl(
      ...form.flatMap((parameter) => ['--data-urlencode', parameter]),
      endpoint(),
    );
    assert.equal(await callHello(accessToken(answer)), '200 hello');
  });

  test('calls an iFlow with --oauth2-bearer', async () => {
    const url = `${endpoint()}?grant_type=client_credentials`;
    const token = accessToken(await curl('-X', 'POST', '-u', `${ID}:${SECRET}`, url));
    const { stdout } = await curl('--oauth2-bearer', String(token), helloUrl(target.url));
    assert.equal(stdout, 'hello');
  });

  test('a chunked body is answered 411 with what to do, or read where calls are streamed', async () => {
    const url = `${endpoint()}?grant_type=client_credentials`;
    const chunked = ['-H', 'Transfer-Encoding: chunked', '-d', 'scope=read'];
    const told = await curl(...chunked, '-u', `${ID}:${SECRET}`, url).then(
      (answer) => JSON.stringify(answer),
      (error: unknown) => (error as { stdout?: string }).stdout ?? '',
    );
    assert.match(told, /Content-Length|access_token|invalid_scope/);
  });
});
