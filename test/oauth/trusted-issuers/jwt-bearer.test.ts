import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { jwtBearer } from '../../../shared/oauth/grants/jwt-bearer.ts';
import { OAuthError } from '../../../shared/oauth/errors.ts';
import type { Confirmation } from '../../../shared/jwt/types.ts';
import type { Client } from '../../../shared/registry/client.ts';
import type { TrustedIssuer } from '../../../shared/registry/issuers/issuer.ts';
import { makeCall } from '../../support/call.ts';
import { someClient, testOneTimeValues } from '../../support/oauth.ts';
import { makeIssuerKey, type OtherIssuer, startOtherIssuer } from '../../support/other-issuer.ts';
import { trust } from './issuers-under-test.ts';

const OURS = 'https://flowgate.example';
const TOKEN_ENDPOINT = `${OURS}/oauth2/api/v1/token`;
const key = makeIssuerKey('k1');
let other: OtherIssuer;
before(async () => {
  other = await startOtherIssuer([key]);
});
after(() => other.close());

function open(...entries: readonly Partial<TrustedIssuer>[]) {
  const { judge, clock, claims, issuers } = trust(other, entries);
  const used = testOneTimeValues();
  const grant = jwtBearer({ judge, used, clock, audiences: [OURS, TOKEN_ENDPOINT] });
  const present = async (
    assertion: string | undefined,
    {
      client = {},
      scope,
      confirmation,
    }: { client?: Partial<Client>; scope?: string; confirmation?: Confirmation } = {},
  ) => {
    const parameters = new Map(
      Object.entries({ assertion, scope }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      ),
    );
    return grant.grant({
      client: someClient({ scopes: ['read', 'write'], defaultScopes: ['read'], ...client }),
      parameters,
      call: makeCall({ path: '/' }),
      confirmation,
    });
  };
  return { present, clock, claims, issuers, used };
}

async function refused(attempt: Promise<unknown>, code: string, reason: string): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    assert.ok(error instanceof OAuthError, String(error));
    assert.deepEqual([error.code, error.reason], [code, reason], error.message);
    return error.message;
  }
  assert.fail('was granted');
}

test('an assertion of a trusted issuer gives a token for the user that its rules name (RFC 7523 section 2.1)', async () => {
  const { present, claims } = open({});
  const granted = await present(key.sign({ ...claims, jti: 'a' }));
  assert.deepEqual(granted, { subject: 'idp:someone', scope: 'read', mostSeconds: 600 });
  const asked = await present(key.sign(claims), { scope: 'write' });
  assert.equal(asked.scope, 'write');
});

test('the token lives no longer than the assertion, but for a minute at least (RFC 7521 section 4.1)', async () => {
  const { present, claims } = open({});
  for (const [ahead, mostSeconds] of [
    [86_400, 86_400],
    [61.5, 61],
    [30, 60],
    [-20, 60],
  ] as const) {
    const granted = await present(key.sign({ ...claims, exp: claims.iat + ahead }));
    assert.equal(granted.mostSeconds, mostSeconds, String(ahead));
  }
});

test('aud is our issuer, our token endpoint, or an audience of the entry (RFC 7523 section 3 number 3)', async () => {
  const { present, claims } = open({});
  for (const aud of [OURS, TOKEN_ENDPOINT, 'api://flowgate', ['x', OURS]]) {
    assert.ok(await present(key.sign({ ...claims, aud })), JSON.stringify(aud));
  }
  for (const aud of ['https://other.example', undefined, [], `${OURS}/`]) {
    await refused(present(key.sign({ ...claims, aud })), 'invalid_grant', 'assertion_aud');
  }
});

test('an assertion with a jti counts once, on every instance (RFC 7523 section 3 number 7)', async () => {
  const { present, claims } = open({});
  const assertion = key.sign({ ...claims, jti: 'once' });
  await present(assertion);
  await refused(present(assertion), 'invalid_grant', 'assertion_used');
  const other = key.sign({ ...claims, jti: 'twice at once' });
  const both = await Promise.allSettled([present(other), present(other)]);
  assert.deepEqual(both.map((one) => one.status).sort(), ['fulfilled', 'rejected']);
});

test('an assertion that is refused for something else keeps its jti', async () => {
  const { present, claims } = open({});
  const assertion = key.sign({ ...claims, jti: 'kept' });
  await refused(present(assertion, { scope: 'admin' }), 'invalid_scope', 'scope_not_registered');
  await present(assertion);
});

test('sub and exp have to be there; exp is at most a day ahead', async () => {
  const { present, claims } = open({ userClaim: 'oid' });
  const of = (changes: object) => present(key.sign({ ...claims, oid: 'a', ...changes }));
  await refused(of({ sub: undefined }), 'invalid_grant', 'assertion_sub');
  await refused(of({ exp: undefined }), 'invalid_grant', 'assertion_exp');
  await refused(of({ exp: claims.iat + 86_400 + 60 }), 'invalid_grant', 'assertion_exp');
  await refused(of({ exp: claims.iat - 30 }), 'invalid_grant', 'assertion_exp');
  await refused(of({ jti: 7 }), 'invalid_grant', 'assertion_jti');
  assert.ok(await of({ exp: claims.iat + 86_400 }));
});

test('assertions of untrusted issuers, for direct use only, or for another subscription are refused', async () => {
  const { present, claims, issuers } = open({});
  const foreign = key.sign({ ...claims, iss: 'https://unknown.example' });
  await refused(present(foreign), 'invalid_grant', 'assertion_issuer');
  const wrong = { client: { subscription: 'flowgatetmn' } };
  await refused(present(key.sign(claims), wrong), 'invalid_grant', 'assertion_subscription');
  await refused(present(makeIssuerKey('k1').sign(claims)), 'invalid_grant', 'assertion_signature');
  await refused(present(undefined), 'invalid_request', 'assertion_missing');
  await refused(present('no token'), 'invalid_grant', 'assertion_form');
  issuers.change({ use: ['direct'] });
  await refused(present(key.sign(claims)), 'invalid_grant', 'assertion_use');
});

test('an assertion that the rules make a client’s gives that client a token, and no other', async () => {
  const { present, claims } = open({
    clientRules: [{ claim: 'azp', value: 'a', clientId: 'app' }],
  });
  const assertion = key.sign({ ...claims, azp: 'a' });
  assert.equal((await present(assertion)).subject, 'oauth_client_app');
  const other = { client: { clientId: 'other' } };
  await refused(present(assertion, other), 'invalid_grant', 'assertion_client');
});

test('an assertion that is older than its client, than the revocation of its tokens, or of no known age is refused', async () => {
  const { present, claims, clock, used } = open({
    clientRules: [{ claim: 'azp', value: undefined, clientId: 'app' }],
  });
  const ofClient = key.sign({ ...claims, azp: 'a', jti: 'old' });
  const revoked = { client: { tokensFrom: clock.now() + 1000 } };
  await refused(present(ofClient, revoked), 'invalid_grant', 'assertion_revoked');
  const ageless = key.sign({ ...claims, azp: 'a', iat: undefined });
  await refused(present(ageless), 'invalid_grant', 'assertion_revoked');
  assert.deepEqual(used.used, []);
  assert.ok(await present(ofClient, { client: { tokensFrom: clock.now() + 999 } }));
  const ofUser = key.sign({ ...claims, iat: undefined });
  assert.equal((await present(ofUser, revoked)).subject, 'idp:someone');
});

test('of two entries of one issuer the one for exchange takes an assertion that is for this server', async () => {
  const { present, claims } = open(
    { issuerId: 'shown', audience: ['shown'], use: ['direct'], userPrefix: 'shown:' },
    { issuerId: 'exchanged', audience: ['exchanged'], use: ['exchange'], userPrefix: 'given:' },
  );
  for (const aud of [OURS, TOKEN_ENDPOINT, 'exchanged', ['shown', 'exchanged']]) {
    assert.equal((await present(key.sign({ ...claims, aud }))).subject, 'given:someone');
  }
  const shown = key.sign({ ...claims, aud: 'shown' });
  await refused(present(shown), 'invalid_grant', 'assertion_use');
});

test('an assertion that is bound to a key needs the proof of that key', async () => {
  const { present, claims } = open({});
  const assertion = key.sign({ ...claims, cnf: { jkt: 'thumbprint' } });
  await refused(present(assertion), 'invalid_grant', 'wrong_key');
  await refused(
    present(assertion, { confirmation: { jkt: 'another' } }),
    'invalid_grant',
    'wrong_key',
  );
  assert.ok(await present(assertion, { confirmation: { jkt: 'thumbprint' } }));
});
