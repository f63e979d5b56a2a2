import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { basic, type Credentials, fetchToken } from '../support/instance.ts';
import { type OwnTarget, openOwnTarget } from '../support/target.ts';

export const LOCAL_ONLY = 'fails to sign in until its address is slowed';

let target: OwnTarget;
let owner: Credentials;
let attacker: Credentials;

before(async () => {
  target = await openOwnTarget();
  owner = await target.admin.registerClient();
  // With the role, but in the other subscription.
  attacker = await target.admin.registerClient(['Token.Introspect']);
  const path = `/registry/v1/clients/${attacker.id}`;
  const moved = { subscription: 'flowgatetmn' };
  assert.equal((await target.admin.send('PATCH', path, moved, ANY)).status, 200);
  const role = `/registry/v1/subscriptions/flowgatetmn/roles/Token.Introspect/users/oauth_client_${attacker.id}`;
  assert.equal((await target.admin.send('PUT', role)).status, 204);
});

const ANY = { 'if-match': '*' };
const tokenOf = ({ id, secret }: Credentials): Promise<string> =>
  fetchToken(target.url, id, secret);

const post = (
  by: Credentials | undefined,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${target.url}/oauth2/api/v1/revoke`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(by === undefined ? {} : { authorization: basic(by.id, by.secret) }),
      ...headers,
    },
    body,
  });

async function isActive(token: string): Promise<boolean> {
  const response = await fetch(`${target.url}/oauth2/api/v1/introspect`, {
    method: 'POST',
    headers: { authorization: basic(owner.id, owner.secret) },
    body: new URLSearchParams({ token }),
  });
  return ((await response.json()) as { active: boolean }).active;
}

test('what cannot be read is refused with what to do, and revokes nothing', async () => {
  const token = await tokenOf(owner);
  const attempts: readonly (readonly [number, Promise<Response>])[] = [
    [400, post(owner, `token=${token}&token=${token}`)],
    [400, post(owner, `token=${token}&token_type_hint=a&token_type_hint=b`)],
    [400, post(owner, JSON.stringify({ token }), { 'content-type': 'application/json' })],
    [400, post(owner, `token=${token}`, { 'content-type': 'text/plain' })],
    [413, post(owner, `token=${token}&x=${'x'.repeat(70_000)}`)],
    [401, post(undefined, `token=${token}`)],
    [401, post(undefined, `token=${token}`, { authorization: `Bearer ${token}` })],
    [400, post(owner, `token=${token}&client_id=${attacker.id}`)],
    [400, post(owner, `token=${token}&client_secret=${owner.secret}`)],
  ];
  for (const [status, attempt] of attempts) {
    const response = await attempt;
    const text = await response.text();
    assert.equal(response.status, status, text);
    const { error, error_description } = JSON.parse(text) as Record<string, string>;
    assert.match(error ?? '', /^invalid_(request|client)$/);
    assert.ok((error_description ?? '').length > 20);
    assert.equal(text.includes(token), false);
    assert.equal(response.headers.get('cache-control'), 'no-store');
  }
  assert.equal(await isActive(token), true);
});

test('whatever is sent as a token, the answer is the same and takes nobody’s token away', async () => {
  const token = await tokenOf(owner);
  const [head = '', body = '', signature = ''] = token.split('.');
  const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
  const guesses = [
    ...['', ' ', '%00', '%FF%FE', '..', "' or 1 eq 1", '__proto__', 'null', '{}', '☃'],
    `${none}.${body}.`,
    `${head}.${body}`,
    `${head}.${body}.${signature}x`,
    `${head}.${body}.${signature}.${signature}`,
    `Bearer ${token}`,
    token.toUpperCase(),
  ];
  for (const guess of guesses) {
    const response = await post(owner, `token=${encodeURIComponent(guess)}`);
    assert.ok([200, 400].includes(response.status), guess);
    if (response.status === 200) assert.equal(await response.text(), '');
  }
  assert.equal(await isActive(token), true);
});

test('the role of one subscription takes no token of another away', async () => {
  const token = await tokenOf(owner);
  const response = await post(attacker, `token=${token}`);
  assert.deepEqual([response.status, await response.text()], [200, '']);
  assert.equal(await isActive(token), true);
});

test('a hundred revocations at once, of one token and of many, all hold', async () => {
  const one = await tokenOf(owner);
  const many = await Promise.all(Array.from({ length: 60 }, () => tokenOf(owner)));
  const answers = await Promise.all(
    [...Array.from({ length: 40 }, () => one), ...many].map((token) =>
      post(owner, `token=${token}`),
    ),
  );
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
  for (const token of [one, ...many]) assert.equal(await isActive(token), false);
});

test('guesses count with those at the token endpoint: beyond ten for a client 429, and the right secret still revokes', async () => {
  const token = await tokenOf(owner);
  const wrong = { ...owner, secret: 'a-guess-that-is-wrong' };
  const statuses: number[] = [];
  for (let i = 0; i < 12; i += 1) statuses.push((await post(wrong, `token=${token}`)).status);
  assert.deepEqual(statuses.slice(-2), [429, 429]);
  const atToken = await fetch(`${target.url}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization: basic(wrong.id, wrong.secret) },
  });
  assert.equal(atToken.status, 429);
  assert.equal(await isActive(token), true);
  assert.equal((await post(owner, `token=${token}`)).status, 200);
  assert.equal(await isActive(token), false);
});
