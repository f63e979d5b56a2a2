import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { described } from '../openapi/described.ts';
import { description, faultIn, responseOf } from '../openapi/description.ts';
import { basic, type Management } from '../support/instance.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

/* What docs/openapi.json says of answers, held against real ones. */

const CLIENTS = '/registry/v1/clients';

let target: Target;
let admin: Management;

before(async () => {
  target = await openTarget();
  ({ admin } = target);
});

const send = (
  path: string,
  method: string,
  status: number,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<unknown> => described(path, method, status, admin.send(method, url, body, headers));

test('clients answer as described, from their registration to their end', async () => {
  const one = `${CLIENTS}/{client_id}`;
  const id = target.name('app');
  const url = `${CLIENTS}/${id}`;
  const any = { 'if-match': '*' };
  await send(CLIENTS, 'POST', 201, CLIENTS, {
    client_id: id,
    scope: 'a b',
    allowed_origins: ['https://app.example.com'],
  });
  await send(CLIENTS, 'POST', 409, CLIENTS, { client_id: id });
  await send(CLIENTS, 'POST', 422, CLIENTS, { client_id: 'a b' });
  await send(CLIENTS, 'POST', 400, CLIENTS, []);
  await send(CLIENTS, 'GET', 200, `${CLIENTS}?limit=1`);
  await send(CLIENTS, 'GET', 400, `${CLIENTS}?limit=0`);
  const client = await send(one, 'GET', 200, url);
  await send(one, 'GET', 404, `${CLIENTS}/${target.name('nobody')}`);
  await send(one, 'PUT', 200, url, client, any);
  await send(one, 'PATCH', 200, url, { description: 'x' }, any);
  await send(one, 'PATCH', 428, url, { description: 'y' });
  await send(one, 'PATCH', 412, url, { description: 'y' }, { 'if-match': '"x"' });
  await send(one, 'DELETE', 204, url, undefined, any);
});

test('the examples of requests are taken by the real thing', async () => {
  const example = (path: string, method: string): unknown =>
    Object.values(description.paths[path]?.[method]?.requestBody?.content ?? {})[0]?.example;
  const id = target.name('apimconnectivity');
  const url = `${CLIENTS}/${id}`;
  const any = { 'if-match': '*' };
  /** Under a name of this run, in a subscription of this deployment. */
  const mine = (body: unknown): unknown => {
    const { iflmap } = target.subscriptions;
    const given = body as Record<string, unknown>;
    return {
      ...given,
      ...(given['client_id'] === undefined ? {} : { client_id: id }),
      ...(given['subscription'] === undefined ? {} : { subscription: iflmap }),
    };
  };
  await send(CLIENTS, 'POST', 201, CLIENTS, mine(example(CLIENTS, 'post')));
  for (const method of ['PUT', 'PATCH']) {
    const path = `${CLIENTS}/{client_id}`;
    await send(path, method, 200, url, mine(example(path, method.toLowerCase())), any);
  }
});

test('secrets answer as described', async () => {
  const [all, one] = [
    `${CLIENTS}/{client_id}/secrets`,
    `${CLIENTS}/{client_id}/secrets/{secret_id}`,
  ];
  const client_id = target.name('keeper');
  await send(CLIENTS, 'POST', 201, CLIENTS, { client_id });
  const url = `${CLIENTS}/${client_id}/secrets`;
  const made = await send(all, 'POST', 201, url, { expires_at: '2100-01-01T00:00:00Z' });
  const { secret_id: id } = made as { secret_id: string };
  await send(all, 'POST', 409, url);
  await send(all, 'GET', 200, url);
  await send(one, 'GET', 200, `${url}/${id}`);
  await send(one, 'PATCH', 200, `${url}/${id}`, { expires_at: null });
  await send(one, 'DELETE', 204, `${url}/${id}`);
  await send(one, 'GET', 404, `${url}/${id}`);
});

test('rotation of a secret answers as described', async () => {
  const rotation = `${CLIENTS}/{client_id}/secrets/rotation`;
  const client_id = target.name('rotated');
  await send(CLIENTS, 'POST', 201, CLIENTS, { client_id });
  const url = `${CLIENTS}/${client_id}/secrets/rotation`;
  await send(rotation, 'GET', 200, url);
  await send(rotation, 'POST', 201, url, { expires_at: '2100-01-01T00:00:00Z' });
  await send(rotation, 'POST', 409, url);
  await send(rotation, 'GET', 200, url);
  await send(rotation, 'DELETE', 204, url);
  await send(rotation, 'DELETE', 404, url);
  const complete = `${rotation}/complete`;
  await send(complete, 'POST', 409, `${url}/complete`);
  await send(rotation, 'POST', 201, url);
  await send(complete, 'POST', 200, `${url}/complete`);
});

test('issued tokens answer as described, and are revoked', async () => {
  const tokens = '/registry/v1/tokens';
  const { id, secret } = await admin.registerClient();
  const granted = await described('/oauth2/api/v1/token', 'POST', 200, signIn(id, secret));
  const { access_token: token } = granted as { access_token: string };
  const post = (endpoint: string, status: number, body: Record<string, string>) =>
    described(
      `/oauth2/api/v1/${endpoint}`,
      'POST',
      status,
      fetch(`${target.url}/oauth2/api/v1/${endpoint}`, {
        method: 'POST',
        headers: { authorization: basic(id, secret) },
        body: new URLSearchParams(body),
      }),
    );
  const { jti } = (await post('introspect', 200, { token })) as { jti: string };
  await target.logged();
  await send(tokens, 'GET', 200, `${tokens}?client_id=${id}`);
  await send(tokens, 'GET', 400, `${tokens}?from=x`);
  await send(`${tokens}/{jti}`, 'GET', 200, `${tokens}/${jti}`);
  await send(`${tokens}/{jti}`, 'GET', 404, `${tokens}/x`);
  await send(`${tokens}/{jti}`, 'DELETE', 204, `${tokens}/${jti}`);
  await post('revoke', 200, { token });
  await post('revoke', 400, {});
  const all = `${CLIENTS}/{client_id}/tokens`;
  await send(all, 'DELETE', 204, `${CLIENTS}/${id}/tokens`);
  await send(all, 'DELETE', 404, `${CLIENTS}/${target.name('nobody')}/tokens`);
});

test('subscriptions, roles and assignments answer as described', async () => {
  const base = '/registry/v1/subscriptions';
  const { iflmap, tmn } = target.subscriptions;
  const ROLES = `${base}/${iflmap}/roles`;
  const [made, holder] = [target.name('Orders.send'), target.name('x')];
  const [roles, role] = [`${base}/{subscription}/roles`, `${base}/{subscription}/roles/{role}`];
  const [users, user] = [`${role}/users`, `${role}/users/{user}`];
  await send(base, 'GET', 200, base);
  await send(`${base}/{subscription}`, 'GET', 200, `${base}/${tmn}`);
  await send(role, 'PUT', 201, `${ROLES}/${made}`, { description: 'Send orders.' });
  await send(role, 'PUT', 200, `${ROLES}/${made}`);
  await send(role, 'PUT', 409, `${ROLES}/ESBMessaging.send`);
  await send(role, 'PUT', 422, `${ROLES}/a%20b`);
  await send(role, 'GET', 200, `${ROLES}/${made}`);
  await send(roles, 'GET', 200, ROLES);
  await send(user, 'PUT', 204, `${ROLES}/${made}/users/${holder}`);
  await send(user, 'GET', 200, `${ROLES}/${made}/users/${holder}`);
  await send(users, 'GET', 200, `${ROLES}/${made}/users`);
  const ofUser = `${base}/{subscription}/users/{user}/roles`;
  await send(ofUser, 'GET', 200, `${base}/${iflmap}/users/${holder}/roles`);
  await send(user, 'DELETE', 204, `${ROLES}/${made}/users/${holder}`);
  await send(role, 'DELETE', 204, `${ROLES}/${made}`);
});

test('diagnosis, list of keys and audit trail answer as described', async () => {
  const diagnosis = `${CLIENTS}/{client_id}/diagnosis`;
  const nobody = `${CLIENTS}/${target.name('nobody')}/diagnosis`;
  await send(diagnosis, 'GET', 200, `${nobody}?address=/v1/test/hello`);
  await send(diagnosis, 'GET', 200, `${CLIENTS}/${target.administrator.id}/diagnosis`);
  await send(diagnosis, 'GET', 400, `${nobody}?address=x`);
  await send('/registry/v1/keys', 'GET', 200, '/registry/v1/keys');
  const trail = await admin.send('GET', '/registry/v1/audit');
  assert.equal(trail.status, 200);
  const media = responseOf(description.paths['/registry/v1/audit']?.['get']?.responses['200'] ?? {})
    .content?.['application/json'];
  assert.ok(media !== undefined);
  assert.equal(faultIn(media, await trail.json()), undefined);
});

test('management refuses as described', async () => {
  await described(CLIENTS, 'GET', 401, fetch(`${target.url}${CLIENTS}`));
  const { id, secret } = await admin.registerClient();
  await admin.send(
    'PATCH',
    `${CLIENTS}/${id}`,
    { subscription: target.subscriptions.tmn },
    { 'if-match': '*' },
  );
  const granted = (await described('/oauth2/api/v1/token', 'POST', 200, signIn(id, secret))) as {
    access_token: string;
  };
  const headers = { authorization: `Bearer ${granted.access_token}` };
  await described(CLIENTS, 'GET', 403, fetch(`${target.url}${CLIENTS}`, { headers }));
});

test('the token endpoint and its alias answer as described', async () => {
  const { id, secret } = await admin.registerClient();
  for (const path of ['/oauth2/api/v1/token', '/oauth/token']) {
    await described(path, 'POST', 200, signIn(id, secret, path));
    await described(path, 'POST', 401, signIn(id, 'a-wrong-secret', path));
    await described(path, 'POST', 400, signIn(id, secret, path, 'password'));
  }
});

test('what anybody may read answers as described', async () => {
  for (const path of [
    '/oauth2/api/v1/jwks',
    '/token_keys',
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/health/live',
    '/health/ready',
    '/',
  ]) {
    await described(path, 'GET', 200, fetch(target.url + path));
  }
});

test('dispatch refuses as described', async () => {
  const url = `${target.url}/http/${target.name('nowhere')}`;
  await described('/http/{address}', 'GET', 401, fetch(url));
  const { id, secret } = await admin.registerClient();
  const answer = await signIn(id, secret);
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${token}` };
  await described('/http/{address}', 'POST', 404, fetch(url, { method: 'POST', headers }));
});

function signIn(
  id: string,
  secret: string,
  path = '/oauth2/api/v1/token',
  grant = 'client_credentials',
): Promise<Response> {
  return fetch(`${target.url}${path}?grant_type=${grant}`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
  });
}
