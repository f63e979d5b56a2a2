import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { basic, type Credentials, fetchToken, type Management } from '../support/instance.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

let target: Target;
let admin: Management;
let owner: Credentials;
let other: Credentials;
let inspector: Credentials;

before(async () => {
  target = await openTarget();
  ({ admin } = target);
  owner = await admin.registerClient();
  other = await admin.registerClient();
  inspector = await admin.registerClient(['Token.Introspect']);
});

const tokenOf = ({ id, secret }: Credentials): Promise<string> =>
  fetchToken(target.url, id, secret);

const about = (
  endpoint: 'revoke' | 'introspect',
  { id, secret }: Credentials,
  parameters: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${target.url}/oauth2/api/v1/${endpoint}`, {
    method: 'POST',
    headers: { authorization: basic(id, secret), ...headers },
    body: new URLSearchParams(parameters),
  });

/** RFC 7009 section 2.2: 200 whatever came of it, and nothing in the body. */
async function revoke(client: Credentials, parameters: Record<string, string>): Promise<void> {
  const response = await about('revoke', client, parameters);
  assert.deepEqual([response.status, await response.text()], [200, '']);
  assert.equal(response.headers.get('cache-control'), 'no-store');
}

async function isActive(token: string, client = owner): Promise<boolean> {
  const response = await about('introspect', client, { token });
  return ((await response.json()) as { active: boolean }).active;
}

const becomesInactive = (token: string): Promise<void> =>
  target.eventually(async () => {
    assert.equal(await isActive(token), false);
  });

/** The reason of a refusal at dispatch; an address without an iFlow is asked for when the token is good. */
async function reasonOf(token: string): Promise<string> {
  const response = await fetch(`${target.url}/http/${target.name('nothing-here')}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { reason } = (await response.json()) as { reason: string };
  return reason;
}

test('a client revokes its own token, and it is refused from then on, and no other (RFC 7009 section 2)', async () => {
  const [token, kept] = [await tokenOf(owner), await tokenOf(owner)];
  assert.notEqual(await reasonOf(token), 'revoked');
  await revoke(owner, { token });
  await becomesInactive(token);
  await target.eventually(async () => {
    assert.equal(await reasonOf(token), 'revoked');
  });
  assert.equal(await isActive(kept), true);
  await revoke(owner, { token });
  assert.equal(await isActive(kept), true);
});

test('the hint only hints: with a wrong one and an unknown one the token is found all the same (RFC 7009 section 2.1)', async () => {
  for (const hint of ['access_token', 'refresh_token', 'pigeon']) {
    const token = await tokenOf(owner);
    await revoke(owner, { token, token_type_hint: hint });
    await becomesInactive(token);
  }
});

test('of another client’s token nothing is told and nothing happens to it (RFC 7009 section 2.1)', async () => {
  const token = await tokenOf(owner);
  await revoke(other, { token });
  assert.equal(await isActive(token), true);
});

test('a client with Token.Introspect revokes any token of its subscription, and none of another', async () => {
  const token = await tokenOf(owner);
  await revoke(inspector, { token });
  await becomesInactive(token);
  const management = await tokenOf(target.administrator);
  await revoke(inspector, { token: management });
  assert.equal(await isActive(management, target.administrator), true);
});

test('what is no token of ours is answered like a token that was revoked (RFC 7009 section 2.2)', async () => {
  const token = await tokenOf(owner);
  const [head = '', , signature = ''] = token.split('.');
  for (const what of ['x', 'a.b.c', `${token}x`, 'x'.repeat(20_000), '☃', '../../x']) {
    await revoke(owner, { token: what });
  }
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  const forged = payload.replace(`oauth_client_${owner.id}`, `oauth_client_${other.id}`);
  await revoke(owner, {
    token: [head, Buffer.from(forged).toString('base64url'), signature].join('.'),
  });
  assert.equal(await isActive(token), true);
});

test('the caller has to authenticate, by POST, with the token in the body alone (RFC 7009 section 2.1)', async () => {
  const token = await tokenOf(owner);
  const wrong = await about('revoke', { ...owner, secret: 'not-the-secret-of-it' }, { token });
  assert.equal(wrong.status, 401);
  assert.equal(((await wrong.json()) as { error: string }).error, 'invalid_client');
  const address = `${target.url}/oauth2/api/v1/revoke`;
  const anonymous = await fetch(address, { method: 'POST', body: new URLSearchParams({ token }) });
  assert.equal(anonymous.status, 401);
  const incomplete: readonly Record<string, string>[] = [{}, { token: '' }];
  for (const parameters of incomplete) {
    const response = await about('revoke', owner, parameters);
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as { error: string }).error, 'invalid_request');
  }
  const inQuery = await fetch(`${address}?token=${token}`, {
    method: 'POST',
    headers: { authorization: basic(owner.id, owner.secret) },
  });
  assert.equal(inQuery.status, 400);
  const get = await fetch(address);
  assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST, OPTIONS']);
  assert.equal(await isActive(token), true);
});

test('a browser page may revoke from an origin of the client, and read why it was refused (RFC 7009 section 2.3)', async () => {
  const origin = 'https://app.example';
  const path = `/registry/v1/clients/${other.id}`;
  const changed = await admin.send('PATCH', path, { allowed_origins: [origin] }, ANY);
  assert.equal(changed.status, 200);
  const preflight = await fetch(`${target.url}/oauth2/api/v1/revoke`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get('access-control-allow-origin'), origin);
  await target.eventually(async () => {
    const sent: readonly Record<string, string>[] = [{ token: await tokenOf(other) }, {}];
    for (const parameters of sent) {
      const response = await about('revoke', other, parameters, { origin });
      assert.equal(response.headers.get('access-control-allow-origin'), origin);
    }
  });
  const stranger = await about(
    'revoke',
    other,
    { token: await tokenOf(other) },
    { origin: 'https://other.example' },
  );
  assert.equal(stranger.status, 200);
  assert.equal(stranger.headers.get('access-control-allow-origin'), null);
});

const ANY = { 'if-match': '*' };

test('the audit trail says who has revoked whose token, and what was tried in vain', async () => {
  const token = await tokenOf(owner);
  const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    jti: string;
  };
  await revoke(other, { token });
  await revoke(inspector, { token });
  await target.logged();
  const path = `/registry/v1/audit?action=token.revoke&object=${jti}`;
  const listed = await admin.send('GET', path);
  const { items } = (await listed.json()) as { items: Record<string, unknown>[] };
  assert.deepEqual(
    items.map(({ actor, outcome, reason, detail }) => [actor, outcome, reason, detail]),
    [
      [`oauth_client_${inspector.id}`, 'success', '', `of oauth_client_${owner.id}`],
      [`oauth_client_${other.id}`, 'failure', 'token_of_another', `of oauth_client_${owner.id}`],
    ],
  );
  assert.equal(JSON.stringify(items).includes(token), false);
});

test('another make of client finds the endpoint and revokes with it (oauth4webapi)', async () => {
  // It asks the issuer, which is reached elsewhere.
  const customFetch = (url: string, init: oauth.CustomFetchOptions<string, unknown>) =>
    fetch(url.replace(target.issuer, target.url), init as RequestInit);
  const document = await fetch(`${target.url}/.well-known/oauth-authorization-server`);
  const server = (await document.json()) as oauth.AuthorizationServer;
  assert.equal(server.revocation_endpoint, `${target.issuer}/oauth2/api/v1/revoke`);
  const token = await tokenOf(owner);
  const response = await oauth.revocationRequest(
    server,
    { client_id: owner.id },
    oauth.ClientSecretBasic(owner.secret),
    token,
    {
      [oauth.customFetch]: customFetch,
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- so that nobody overlooks it
      [oauth.allowInsecureRequests]: target.issuer.startsWith('http:'),
    },
  );
  await oauth.processRevocationResponse(response);
  await becomesInactive(token);
});
