import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAccessTokenIssuer } from '../../../shared/jwt/sign.ts';
import type { AccessTokenIssuer, Confirmation } from '../../../shared/jwt/types.ts';
import { createAccessTokenVerifier } from '../../../shared/jwt/verify.ts';
import { OAuthError } from '../../../shared/oauth/errors.ts';
import type { Granted } from '../../../shared/oauth/grants/grant.ts';
import { tokenExchange } from '../../../shared/oauth/grants/token-exchange.ts';
import type { Client } from '../../../shared/registry/client.ts';
import type { TrustedIssuer } from '../../../shared/registry/issuers/issuer.ts';
import { makeCall } from '../../support/call.ts';
import { openInstance, type TestInstance, testKeys } from '../../support/key-ring.ts';
import { someClient, testDirectory, testRevocations } from '../../support/oauth.ts';
import { makeIssuerKey, type OtherIssuer, startOtherIssuer } from '../../support/other-issuer.ts';
import { trust } from './issuers-under-test.ts';

const TYPE = 'urn:ietf:params:oauth:token-type:';
const ACCESS_TOKEN = `${TYPE}access_token`;
const IFLMAP = 'flowgateiflmap';
const key = makeIssuerKey('k1');
let other: OtherIssuer;
let instance: TestInstance;
before(async () => {
  other = await startOtherIssuer([key]);
  instance = openInstance(await testKeys());
});
after(() => other.close());

type Issued = Partial<Parameters<AccessTokenIssuer['issue']>[0]>;

function open(...entries: readonly Partial<TrustedIssuer>[]) {
  const { judge, clock, claims } = trust(other, entries);
  const { ring } = instance;
  const app = someClient({ scopes: ['read', 'write'] });
  const clients = testDirectory(app, someClient({ clientId: 'front' }));
  const revocations = testRevocations();
  const grant = tokenExchange({
    verifier: createAccessTokenVerifier({ ring, clock }),
    clients,
    revocations,
    judge,
    isOurs: async (iss) => (await ring.view()).issuers.has(iss),
    audiences: [],
    clock,
  });
  const own = async (changes: Issued = {}): Promise<string> => {
    const { token } = await createAccessTokenIssuer({ ring, clock }).issue({
      subject: 'alice',
      clientId: 'front',
      tokensFrom: 0,
      audience: IFLMAP,
      lifetime: 600,
      scope: 'read delete',
      roles: [],
      ...changes,
    });
    return token;
  };
  const exchange = async (
    token: string | undefined,
    more: Readonly<Record<string, string>> = {},
    { client = {}, confirmation }: { client?: Partial<Client>; confirmation?: Confirmation } = {},
  ): Promise<Granted> =>
    grant.grant({
      client: { ...app, ...client },
      parameters: new Map(
        Object.entries({
          ...(token === undefined ? {} : { subject_token: token }),
          subject_token_type: ACCESS_TOKEN,
          ...more,
        }).filter(([, value]) => value !== ''),
      ),
      call: makeCall({ path: '/' }),
      confirmation,
    });
  return { exchange, own, claims, clock, clients, revocations };
}

async function refused(attempt: Promise<unknown>, code: string, reason: string): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    assert.ok(error instanceof OAuthError, String(error));
    assert.deepEqual([error.code, error.reason], [code, reason], error.message);
    return error.message;
  }
  assert.fail('was exchanged');
}

test('a token of a trusted issuer is exchanged for one that lives no longer, with the client as actor (RFC 8693 section 4.1)', async () => {
  const { exchange, claims } = open({});
  assert.deepEqual(await exchange(key.sign(claims)), {
    subject: 'idp:someone',
    scope: 'read write',
    mostSeconds: 600,
    issuedTokenType: ACCESS_TOKEN,
    actor: { sub: 'oauth_client_app' },
  });
});

test('a token of ours is exchanged with its grant, its time of sign-in and those who acted before', async () => {
  const { exchange, own, clock } = open();
  const token = await own({ grantId: 'g1', authTime: 1000, actor: { sub: 'oauth_client_front' } });
  clock.advance(100_000);
  assert.deepEqual(await exchange(token), {
    subject: 'alice',
    scope: 'read',
    mostSeconds: 500,
    issuedTokenType: ACCESS_TOKEN,
    actor: { sub: 'oauth_client_app', act: { sub: 'oauth_client_front' } },
    grantId: 'g1',
    authTime: 1000,
  });
});

test('scopes only narrow: what client or subject token do not have is invalid_scope', async () => {
  const { exchange, own } = open();
  assert.equal(
    (await exchange(await own({ scope: 'read write' }), { scope: 'write' })).scope,
    'write',
  );
  for (const scope of ['write', 'delete', 'read delete']) {
    await refused(exchange(await own(), { scope }), 'invalid_scope', 'scope_not_registered');
  }
  assert.equal((await exchange(await own({ scope: '' }))).scope, '');
});

test('a token that speaks for a client is exchanged by that client alone', async () => {
  const { exchange, own } = open();
  const ofApp = await own({ subject: 'oauth_client_app', clientId: 'app', scope: 'read write' });
  const narrowed = await exchange(ofApp, { scope: 'read' });
  assert.equal(narrowed.subject, 'oauth_client_app');
  assert.equal(narrowed.actor, undefined);
  const ofFront = await own({ subject: 'oauth_client_front' });
  await refused(exchange(ofFront), 'invalid_request', 'exchange_subject_client');
});

test('a rule that names a client lets only that client exchange the token', async () => {
  const { exchange, claims } = open({
    clientRules: [{ claim: 'azp', value: 'a', clientId: 'app' }],
  });
  const token = key.sign({ ...claims, azp: 'a' });
  assert.equal((await exchange(token)).subject, 'oauth_client_app');
  const front = { client: { clientId: 'front' } };
  await refused(exchange(token, {}, front), 'invalid_request', 'exchange_subject_client');
});

test('a token that a rule makes a client’s is refused when it is older than the client, than the revocation of its tokens, or of no known age', async () => {
  const { exchange, claims, clock } = open({
    clientRules: [{ claim: 'azp', value: undefined, clientId: 'app' }],
  });
  const token = key.sign({ ...claims, azp: 'a' });
  const from = (tokensFrom: number) => exchange(token, {}, { client: { tokensFrom } });
  await refused(from(clock.now() + 1000), 'invalid_request', 'exchange_subject_revoked');
  assert.equal((await from(clock.now() + 999)).subject, 'oauth_client_app');
  const ageless = key.sign({ ...claims, azp: 'a', iat: undefined });
  await refused(exchange(ageless), 'invalid_request', 'exchange_subject_revoked');
});

test('subject tokens that do not stand are invalid_request (RFC 8693 section 2.2.2)', async () => {
  const { exchange, own, claims, clock, clients, revocations } = open({});
  await refused(exchange(undefined), 'invalid_request', 'exchange_subject_token_missing');
  await refused(exchange('no token'), 'invalid_request', 'exchange_subject_form');
  const unknown = key.sign({ ...claims, iss: 'https://unknown.example' });
  await refused(exchange(unknown), 'invalid_request', 'exchange_subject_issuer');
  await refused(exchange(`${await own()}x`), 'invalid_request', 'exchange_subject_encoding');
  const tmn = await own({ audience: 'flowgatetmn' });
  await refused(exchange(tmn), 'invalid_request', 'exchange_subject_subscription');
  const token = await own({ grantId: 'g2' });
  revocations.revoked.add('g2');
  await refused(exchange(token), 'invalid_request', 'exchange_subject_revoked');
  clients.stored.set('front', someClient({ clientId: 'front', enabled: false }));
  await refused(exchange(await own()), 'invalid_request', 'exchange_subject_client_disabled');
  const old = await own();
  clock.advance(601_000);
  await refused(exchange(old), 'invalid_request', 'exchange_subject_exp');
});

test('token types: access_token and jwt are taken and given, others refused (RFC 8693 section 3)', async () => {
  const { exchange, own } = open();
  const token = await own();
  const given = await exchange(token, {
    subject_token_type: `${TYPE}jwt`,
    requested_token_type: `${TYPE}jwt`,
  });
  assert.equal(given.issuedTokenType, `${TYPE}jwt`);
  for (const type of ['', `${TYPE}id_token`, `${TYPE}saml2`, 'access_token']) {
    const attempt = exchange(token, { subject_token_type: type });
    await refused(attempt, 'invalid_request', 'exchange_subject_token_type');
  }
  const refresh = exchange(token, { requested_token_type: `${TYPE}refresh_token` });
  await refused(refresh, 'invalid_request', 'exchange_requested_token_type');
});

test('audience is the subscription of the client, else invalid_target; actor_token is refused', async () => {
  const { exchange, own } = open();
  const token = await own();
  assert.ok(await exchange(token, { audience: IFLMAP }));
  for (const audience of ['flowgatetmn', `${IFLMAP} other`]) {
    await refused(exchange(token, { audience }), 'invalid_target', 'audience');
  }
  const acting = exchange(token, { actor_token: token, actor_token_type: ACCESS_TOKEN });
  await refused(acting, 'invalid_request', 'exchange_actor_token');
});

test('a bound subject token needs the proof of its key (RFC 9449 section 5)', async () => {
  const { exchange, own } = open();
  const token = await own({ confirmation: { jkt: 'thumbprint' } });
  await refused(exchange(token), 'invalid_request', 'exchange_wrong_key');
  assert.ok(await exchange(token, {}, { confirmation: { jkt: 'thumbprint' } }));
});

test('a token is exchanged five times at most', async () => {
  const { exchange, own } = open();
  const chain = (length: number): { sub: string; act?: { sub: string } } =>
    length === 1 ? { sub: 'a' } : { sub: 'a', act: chain(length - 1) };
  assert.ok(await exchange(await own({ actor: chain(4) })));
  const fifth = exchange(await own({ actor: chain(5) }));
  await refused(fifth, 'invalid_request', 'exchange_too_many_actors');
});
