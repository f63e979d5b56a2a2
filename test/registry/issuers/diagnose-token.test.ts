import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeIssuerKey, type OtherIssuer, startOtherIssuer } from '../../support/other-issuer.ts';
import { openRegistry, pointersOf, type Registry, subscriptions } from '../registry.ts';

const key = makeIssuerKey('k1');
let registry: Registry;
let other: OtherIssuer;
before(async () => {
  registry = await openRegistry();
  other = await startOtherIssuer([key]);
  const { send } = registry;
  const made = await send('POST', '/issuers', {
    issuer_id: 'idp',
    issuer: other.issuer,
    audience: ['us'],
    client_rules: [{ claim: 'azp', value: 'app', client_id: 'app' }],
    user_claim: 'sub',
    role_claim: 'roles',
    role_rules: [{ value: 'send', role: 'ESBMessaging.send' }],
  });
  assert.equal(made.status, 201, made.text);
  await send('POST', '/clients', { client_id: 'app' });
  const users = `/subscriptions/${subscriptions.iflmap}/roles/Token.Introspect/users`;
  await send('PUT', `${users}/oauth_client_app`);
});
after(() => other.close());

const claims = () => {
  const iat = registry.clock.now() / 1000;
  return { iss: other.issuer, aud: 'us', sub: 'ann', iat, exp: iat + 60 };
};

interface Found {
  readonly ok: boolean;
  readonly checks: readonly { check: string; ok: boolean; detail: string; remedy?: string }[];
}

async function diagnose(token: string): Promise<Found> {
  const answer = await registry.send('POST', '/issuers/idp/diagnosis', { token });
  assert.equal(answer.status, 200, answer.text);
  return answer.json() as unknown as Found;
}

/** The last check, which is where the token stopped or whom it acts as. */
async function endOf(token: string): Promise<string> {
  const { checks } = await diagnose(token);
  const last = checks.at(-1);
  return `${last?.check} ${last?.ok}: ${last?.detail}`;
}

test('a good token is told whom it acts as, with the roles that are assigned and given', async () => {
  const user = await diagnose(key.sign({ ...claims(), roles: ['send'] }));
  assert.equal(user.ok, true, JSON.stringify(user));
  assert.match(
    user.checks.at(-1)?.detail ?? '',
    /acts as idp:ann in acmeiflmap\. Roles that are assigned: none; given by the token: ESBMessaging\.send\./,
  );
  assert.match(
    await endOf(key.sign({ ...claims(), azp: 'app' })),
    /acts as oauth_client_app .* assigned: Token\.Introspect; given by the token: none\./,
  );
});

test('a token that is refused is told where it stops, and what to do', async () => {
  const expected: readonly [RegExp, string][] = [
    [/^token_read false: .*check: form\.$/, 'no token'],
    [/^token_verified false: .*check: signature\.$/, makeIssuerKey('k1').sign(claims())],
    [/^token_verified false: .*aud has to be us/, key.sign({ ...claims(), aud: 'them' })],
    [/^token_verified false: .*has expired/, key.sign({ ...claims(), exp: 1 })],
    [
      /^token_identity false: .*no single value in the claim sub/,
      key.sign({ ...claims(), sub: undefined }),
    ],
  ];
  for (const [pattern, token] of expected) assert.match(await endOf(token), pattern);
  const { ok, checks } = await diagnose(key.sign({ ...claims(), iss: 'https://a' }, { kid: 'k2' }));
  assert.equal(ok, false);
  const failed = checks.filter((one) => !one.ok);
  assert.deepEqual(
    failed.map((one) => one.check),
    ['token_issuer', 'token_key', 'token_verified'],
  );
  for (const one of failed) assert.ok(one.remedy);
});

test('the token is in no answer and not in the audit trail; only an administrator may ask', async () => {
  const token = key.sign(claims());
  const signature = token.slice(token.lastIndexOf('.') + 1);
  assert.equal(JSON.stringify(await diagnose(token)).includes(signature), false);
  const trail = await registry.send('GET', '/audit?limit=200');
  assert.match(trail.text, /issuer\.diagnose/);
  assert.equal(trail.text.includes(signature), false);
  const reader = { authorization: 'Bearer AuthGroup.ReadOnly' };
  const path = '/issuers/idp/diagnosis';
  assert.equal((await registry.send('POST', path, { token }, reader)).status, 403);
  assert.deepEqual(pointersOf(await registry.send('POST', path, { token: 1, more: 2 })), [
    '/more',
    '/token',
  ]);
  assert.equal((await registry.send('POST', '/issuers/none/diagnosis', { token })).status, 404);
});
