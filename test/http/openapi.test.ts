import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { description, faultIn, responseOf } from '../openapi/description.ts';
import { testStorage } from '../support/azurite.ts';
import {
  basic,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

/* What docs/openapi.json says of answers, held against real ones. */

const CLIENTS = '/registry/v1/clients';
const ROLES = '/registry/v1/subscriptions/flowgateiflmap/roles';

let instance: Instance;
let admin: Management;

before(async () => {
  instance = await startInstance(await testStorage());
  admin = await manage(instance);
});

/** The body, which is as the description has it for that path, method and status. */
async function described(
  path: string,
  method: string,
  status: number,
  answer: Response | Promise<Response>,
): Promise<unknown> {
  const response = await answer;
  const text = await response.text();
  assert.equal(response.status, status, text);
  const operation = description.paths[path]?.[method.toLowerCase()];
  const found = operation?.responses[String(status)];
  assert.ok(found !== undefined, `${method} ${path} has an answer ${status}`);
  const { content, headers } = responseOf(found);
  for (const name of Object.keys(headers ?? {})) {
    assert.ok(response.headers.has(name), `${method} ${path} answers ${status} with ${name}`);
  }
  if (content === undefined) {
    assert.equal(text, '');
    return undefined;
  }
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const media = content[type];
  assert.ok(media !== undefined, `${method} ${path} answers ${type}`);
  const body = JSON.parse(text) as unknown;
  assert.equal(faultIn(media, body), undefined, `${method} ${path} ${status}`);
  return body;
}

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
  const any = { 'if-match': '*' };
  await send(CLIENTS, 'POST', 201, CLIENTS, {
    client_id: 'app',
    scope: 'a b',
    allowed_origins: ['https://app.example.com'],
  });
  await send(CLIENTS, 'POST', 409, CLIENTS, { client_id: 'app' });
  await send(CLIENTS, 'POST', 422, CLIENTS, { client_id: 'a b' });
  await send(CLIENTS, 'POST', 400, CLIENTS, []);
  await send(CLIENTS, 'GET', 200, `${CLIENTS}?limit=1`);
  await send(CLIENTS, 'GET', 400, `${CLIENTS}?limit=0`);
  const client = await send(one, 'GET', 200, `${CLIENTS}/app`);
  await send(one, 'GET', 404, `${CLIENTS}/nobody`);
  await send(one, 'PUT', 200, `${CLIENTS}/app`, client, any);
  await send(one, 'PATCH', 200, `${CLIENTS}/app`, { description: 'x' }, any);
  await send(one, 'PATCH', 428, `${CLIENTS}/app`, { description: 'y' });
  await send(one, 'PATCH', 412, `${CLIENTS}/app`, { description: 'y' }, { 'if-match': '"x"' });
  await send(one, 'DELETE', 204, `${CLIENTS}/app`, undefined, any);
});

test('the examples of requests are taken by the real thing', async () => {
  const example = (path: string, method: string): unknown =>
    Object.values(description.paths[path]?.[method]?.requestBody?.content ?? {})[0]?.example;
  const url = `${CLIENTS}/apimconnectivity`;
  const any = { 'if-match': '*' };
  await send(CLIENTS, 'POST', 201, CLIENTS, example(CLIENTS, 'post'));
  for (const method of ['PUT', 'PATCH']) {
    const path = `${CLIENTS}/{client_id}`;
    await send(path, method, 200, url, example(path, method.toLowerCase()), any);
  }
});

test('secrets answer as described', async () => {
  const [all, one] = [
    `${CLIENTS}/{client_id}/secrets`,
    `${CLIENTS}/{client_id}/secrets/{secret_id}`,
  ];
  await send(CLIENTS, 'POST', 201, CLIENTS, { client_id: 'keeper' });
  const url = `${CLIENTS}/keeper/secrets`;
  const made = await send(all, 'POST', 201, url, { expires_at: '2100-01-01T00:00:00Z' });
  const { secret_id: id } = made as { secret_id: string };
  await send(all, 'POST', 409, url);
  await send(all, 'GET', 200, url);
  await send(one, 'GET', 200, `${url}/${id}`);
  await send(one, 'PATCH', 200, `${url}/${id}`, { expires_at: null });
  await send(one, 'DELETE', 204, `${url}/${id}`);
  await send(one, 'GET', 404, `${url}/${id}`);
});

test('subscriptions, roles and assignments answer as described', async () => {
  const base = '/registry/v1/subscriptions';
  const [roles, role] = [`${base}/{subscription}/roles`, `${base}/{subscription}/roles/{role}`];
  const [users, user] = [`${role}/users`, `${role}/users/{user}`];
  await send(base, 'GET', 200, base);
  await send(`${base}/{subscription}`, 'GET', 200, `${base}/flowgatetmn`);
  await send(role, 'PUT', 201, `${ROLES}/Orders.send`, { description: 'Send orders.' });
  await send(role, 'PUT', 200, `${ROLES}/Orders.send`);
  await send(role, 'PUT', 409, `${ROLES}/ESBMessaging.send`);
  await send(role, 'PUT', 422, `${ROLES}/a%20b`);
  await send(role, 'GET', 200, `${ROLES}/Orders.send`);
  await send(roles, 'GET', 200, ROLES);
  await send(user, 'PUT', 204, `${ROLES}/Orders.send/users/oauth_client_x`);
  await send(user, 'GET', 200, `${ROLES}/Orders.send/users/oauth_client_x`);
  await send(users, 'GET', 200, `${ROLES}/Orders.send/users`);
  const ofUser = `${base}/{subscription}/users/{user}/roles`;
  await send(ofUser, 'GET', 200, `${base}/flowgateiflmap/users/oauth_client_x/roles`);
  await send(user, 'DELETE', 204, `${ROLES}/Orders.send/users/oauth_client_x`);
  await send(role, 'DELETE', 204, `${ROLES}/Orders.send`);
});

test('diagnosis, keys and audit trail answer as described', async () => {
  const diagnosis = `${CLIENTS}/{client_id}/diagnosis`;
  await send(diagnosis, 'GET', 200, `${CLIENTS}/nobody/diagnosis?address=/v1/test/hello`);
  await send(diagnosis, 'GET', 200, `${CLIENTS}/test-admin/diagnosis`);
  await send(diagnosis, 'GET', 400, `${CLIENTS}/nobody/diagnosis?address=x`);
  await send('/registry/v1/keys', 'GET', 200, '/registry/v1/keys');
  await send('/registry/v1/keys', 'POST', 201, '/registry/v1/keys');
  await send('/registry/v1/keys', 'POST', 200, '/registry/v1/keys');
  const trail = await admin.send('GET', '/registry/v1/audit');
  assert.equal(trail.status, 200);
  const media = responseOf(description.paths['/registry/v1/audit']?.['get']?.responses['200'] ?? {})
    .content?.['application/json'];
  assert.ok(media !== undefined);
  assert.equal(faultIn(media, await trail.json()), undefined);
});

test('management refuses as described', async () => {
  await described(CLIENTS, 'GET', 401, fetch(`${instance.url}${CLIENTS}`));
  const { id, secret } = await admin.registerClient();
  await admin.send(
    'PATCH',
    `${CLIENTS}/${id}`,
    { subscription: 'flowgatetmn' },
    { 'if-match': '*' },
  );
  const granted = (await described('/oauth2/api/v1/token', 'POST', 200, signIn(id, secret))) as {
    access_token: string;
  };
  const headers = { authorization: `Bearer ${granted.access_token}` };
  await described(CLIENTS, 'GET', 403, fetch(`${instance.url}${CLIENTS}`, { headers }));
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
    await described(path, 'GET', 200, fetch(instance.url + path));
  }
});

test('dispatch refuses as described', async () => {
  const url = `${instance.url}/http/nowhere`;
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
  return fetch(`${instance.url}${path}?grant_type=${grant}`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
  });
}
