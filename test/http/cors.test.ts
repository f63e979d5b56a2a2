import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import { type Instance, type Management, manage, startInstance } from '../support/instance.ts';

export const LOCAL_ONLY = 'starts two instances over one storage';

const ORIGIN = 'https://page.example';
const OAUTH = '/oauth2/api/v1';

let one: Instance;
let other: Instance;
let admin: Management;

before(async () => {
  const storage = await testStorage();
  [one, other] = await Promise.all([startInstance(storage), startInstance(storage)]);
  admin = await manage(one);
});

function preflight(instance: Instance, path: string): Promise<Response> {
  const headers = { origin: ORIGIN, 'access-control-request-method': 'POST' };
  return fetch(instance.url + path, { method: 'OPTIONS', headers });
}

/** Headers that let a page of another origin do anything. */
const corsOf = ({ headers }: Response): readonly string[] =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'));

test('token, pushed request and revocation endpoints allow an origin from the moment a client lists it, on every instance', async () => {
  const asked = ['token', 'par', 'revoke'].flatMap((name) =>
    [one, other].map((instance) => [instance, `${OAUTH}/${name}`] as const),
  );
  for (const [instance, path] of asked) {
    const answer = await preflight(instance, path);
    assert.deepEqual([answer.status, corsOf(answer)], [204, []], path);
  }
  const client = { client_id: 'page', allowed_origins: [ORIGIN] };
  assert.equal((await admin.send('POST', '/registry/v1/clients', client)).status, 201);
  await new Promise((resolve) => setTimeout(resolve, 150));
  for (const [instance, path] of asked) {
    const answer = await preflight(instance, path);
    assert.equal(answer.headers.get('access-control-allow-origin'), ORIGIN, path);
    assert.equal(answer.headers.get('access-control-max-age'), '5', path);
  }
});

test('the authorization endpoint and introspection answer no page of another origin (RFC 9700 section 2.6)', async () => {
  for (const path of [`${OAUTH}/authorize`, `${OAUTH}/introspect`]) {
    const answer = await preflight(one, path);
    assert.deepEqual([answer.status, corsOf(answer)], [405, []], path);
    const request = await fetch(one.url + path, {
      headers: { origin: ORIGIN },
      redirect: 'manual',
    });
    assert.deepEqual(corsOf(request), [], path);
  }
});

test('an unknown origin loses the headers, never the request', async () => {
  const { id, secret } = await admin.registerClient();
  const answer = await fetch(`${one.url}${OAUTH}/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
      origin: 'https://stranger.example',
    },
  });
  assert.deepEqual([answer.status, corsOf(answer)], [200, []]);
});

test('keys and metadata are for pages of any origin', async () => {
  for (const path of [`${OAUTH}/jwks`, '/.well-known/oauth-authorization-server']) {
    const answer = await fetch(one.url + path, { headers: { origin: 'https://any.example' } });
    assert.equal(answer.headers.get('access-control-allow-origin'), '*', path);
  }
});
