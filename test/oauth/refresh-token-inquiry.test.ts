import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import type { Handler } from '../../shared/http/call.ts';
import { createIntrospectionSigner } from '../../shared/jwt/sign-introspection.ts';
import { createAccessTokenVerifier } from '../../shared/jwt/verify.ts';
import {
  clientIdAlone,
  nothing,
} from '../../shared/oauth/client-authentication/client-id-alone.ts';
import { clientSecret } from '../../shared/oauth/client-authentication/client-secret.ts';
import { oauthSurface } from '../../shared/oauth/errors.ts';
import { newGrantId } from '../../shared/oauth/grant-id.ts';
import type { UserGrant } from '../../shared/oauth/grant-store.ts';
import { createIntrospectionEndpoint } from '../../shared/oauth/introspection-endpoint.ts';
import { createRefreshTokens } from '../../shared/oauth/refresh-tokens.ts';
import { createRevocationEndpoint } from '../../shared/oauth/revocation-endpoint.ts';
import { UNKNOWN_TIME } from '../../shared/oauth/sign-in/sessions.ts';
import { openConsents } from '../../shared/storage/consents.ts';
import { openGrants } from '../../shared/storage/grants.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testThrottle, testTrail } from '../support/audit.ts';
import { answerOf, makeCall } from '../support/call.ts';
import { testClock } from '../support/clock.ts';
import { cuttableEnding } from '../support/grant-ending.ts';
import { openInstance, type TestInstance, testKeys } from '../support/key-ring.ts';
import {
  basic,
  originsOf,
  someClient,
  testDirectory,
  testRevocations,
  testRoles,
  testSecrets,
} from '../support/oauth.ts';

const SECRET = 'a secret of sixteen and more';
const HOUR_S = 3600;

let instance: TestInstance;
let tables: ReturnType<typeof openTables>;

before(async () => {
  const keys = await testKeys();
  instance = openInstance(keys);
  tables = openTables(keys.storage);
});

const WITH_REFRESH = {
  grantTypes: ['authorization_code', 'refresh_token'],
  refreshTokenLifetime: 10 * HOUR_S,
} as const;

/** Endpoints over one grant of the client `app`; `spa` is public, `api` may ask about any token. */
function open() {
  const clock = testClock();
  const { ring } = instance;
  const clients = testDirectory(
    someClient(WITH_REFRESH),
    someClient({ ...WITH_REFRESH, clientId: 'spa', tokenEndpointAuthMethod: 'none' }),
    someClient({ clientId: 'api' }),
    someClient({ clientId: 'other' }),
  );
  const roles = testRoles();
  for (const id of ['api', 'spa']) {
    roles.assign('flowgateiflmap', `oauth_client_${id}`, 'Token.Introspect');
  }
  const grants = openGrants(tables);
  const consents = openConsents(tables);
  const revocations = testRevocations();
  const ending = cuttableEnding({ grants, consents, revocations, clock });
  const refreshTokens = createRefreshTokens(Buffer.alloc(32, 7));
  const trail = testTrail();
  const deps = {
    clients,
    roles,
    grants,
    revocations,
    refreshTokens,
    clock,
    audit: trail,
    throttle: testThrottle(),
    origins: originsOf(clients),
    wait: () => Promise.resolve(),
    methods: [clientSecret(testSecrets(() => SECRET)), clientIdAlone({ none: nothing })],
    verifier: createAccessTokenVerifier({ ring, clock }),
    signer: createIntrospectionSigner({ ring, clock }),
    ...ending,
  };
  const grant: UserGrant = {
    grantId: newGrantId('ada', randomBytes),
    user: 'ada',
    clientId: 'app',
    tokensFrom: 0,
    subscription: 'flowgateiflmap',
    scopes: ['read', 'write'],
    authTime: Math.floor(clock.now() / 1000),
    confirmation: undefined,
    createdAt: clock.now(),
    lastUsedAt: undefined,
    expiresAt: clock.now() + 12 * HOUR_S * 1000,
    revokedAt: undefined,
    generation: 3,
  };
  const post = (handle: Handler, client: string, token: string) =>
    answerOf(
      handle,
      makeCall({
        method: 'POST',
        path: '/oauth2/api/v1/x',
        body: new URLSearchParams({
          token,
          ...(client === 'spa' ? { client_id: 'spa' } : {}),
        }).toString(),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          ...(client === 'spa' ? {} : { authorization: basic(client, SECRET) }),
        },
      }),
      oauthSurface,
    );
  const introspect = createIntrospectionEndpoint(deps);
  const revoke = createRevocationEndpoint(deps);
  return {
    ...{ clock, clients, grants, consents, revocations, refreshTokens, trail, grant, ending },
    introspect: async (client: string, token: string) =>
      (await post(introspect, client, token)).json(),
    revoke: async (client: string, token: string) => {
      const { status, text } = await post(revoke, client, token);
      assert.deepEqual([status, text], [200, '']);
    },
    isRevoked: async () => (await grants.find(grant.grantId))?.value.revokedAt !== undefined,
  };
}

test('a client revokes its refresh token, and with it its grant and the access tokens of it (RFC 7009 section 2.1)', async () => {
  const { grants, grant, refreshTokens, revocations, revoke, isRevoked, trail } = open();
  await grants.create(grant);
  const token = refreshTokens.make(grant);
  await revoke('app', token);
  assert.equal(await isRevoked(), true);
  assert.deepEqual([...revocations.revoked], [grant.grantId]);
  const [event] = trail.events;
  assert.deepEqual(
    [event?.action, event?.actor, event?.object.name, event?.detail],
    ['token.revoke', 'oauth_client_app', grant.grantId, 'of ada'],
  );
  assert.equal(JSON.stringify(trail.events).includes(token), false);
});

test('revoking a refresh token again is no error (RFC 7009 section 2.2), and its grant stays ended', async () => {
  const { grants, grant, refreshTokens, revocations, revoke, isRevoked } = open();
  await grants.create(grant);
  for (let i = 0; i < 3; i += 1) await revoke('app', refreshTokens.make(grant));
  assert.equal(await isRevoked(), true);
  assert.deepEqual([...revocations.revoked], [grant.grantId]);
});

for (const cut of ['revocation', 'grant'] as const) {
  test(`what was cut short at the ${cut} is ended by revoking it again`, async () => {
    const server = open();
    const { grants, grant, refreshTokens, revocations, revoke, isRevoked, introspect, trail } =
      server;
    await grants.create(grant);
    server.ending.cutShortAt = cut;
    const token = refreshTokens.make(grant);
    await assert.rejects(revoke('app', token), /killed/);
    assert.equal(await isRevoked(), false);
    // Nobody is told that it has ended before it has.
    assert.deepEqual(trail.events, []);
    await revoke('app', token);
    assert.equal(await isRevoked(), true);
    assert.deepEqual([...revocations.revoked], [grant.grantId]);
    assert.deepEqual(await introspect('app', token), { active: false });
  });

  test(`what was cut short at the ${cut} is ended when all grants of the user are`, async () => {
    const { grants, grant, refreshTokens, revocations, revoke, ending } = open();
    ending.cutShortAt = cut;
    const mine = { ...grant, user: `cut-${cut}`, grantId: newGrantId(`cut-${cut}`, randomBytes) };
    await grants.create(mine);
    await assert.rejects(revoke('app', refreshTokens.make(mine)), /killed/);
    assert.equal(await ending.endAllOfUser(mine.user), 1);
    assert.ok(revocations.revoked.has(mine.grantId));
    assert.equal(await grants.find(mine.grantId), undefined);
  });

  test(`disabling a user that was cut short at the ${cut} of one grant ends all when it is asked again`, async () => {
    const { grants, grant, revocations, ending } = open();
    ending.cutShortAt = cut;
    const user = `disabled-${cut}`;
    const made = Array.from({ length: 3 }, () => newGrantId(user, randomBytes));
    for (const grantId of made) await grants.create({ ...grant, user, grantId });
    await assert.rejects(ending.endAllOfUser(user), /killed/);
    await ending.endAllOfUser(user);
    assert.deepEqual([...revocations.revoked].sort(), made.toSorted());
    for (const grantId of made) assert.equal(await grants.find(grantId), undefined);
  });
}

test('a refresh token that was replaced ends its grant all the same', async () => {
  const { grants, grant, refreshTokens, revoke, isRevoked } = open();
  await grants.create(grant);
  await revoke('app', refreshTokens.make({ ...grant, generation: 1 }));
  assert.equal(await isRevoked(), true);
});

test('another client’s refresh token, a forged one and one of an unknown grant change nothing (RFC 7009 section 2.2)', async () => {
  const { grants, grant, refreshTokens, revocations, revoke, isRevoked, trail } = open();
  await grants.create(grant);
  const token = refreshTokens.make(grant);
  await revoke('other', token);
  await revoke('app', token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA'));
  await revoke('app', createRefreshTokens(Buffer.alloc(32, 8)).make(grant));
  await revoke('app', refreshTokens.make({ ...grant, grantId: newGrantId('ada', randomBytes) }));
  assert.equal(await isRevoked(), false);
  assert.equal(revocations.revoked.size, 0);
  assert.deepEqual(
    trail.events.map(({ outcome, reason }) => [outcome, reason]),
    [['failure', 'token_of_another']],
  );
});

test('a public client revokes its own tokens, and no others whatever roles its user has', async () => {
  const { grants, grant, refreshTokens, revoke, isRevoked } = open();
  await grants.create(grant);
  await revoke('spa', refreshTokens.make(grant));
  assert.equal(await isRevoked(), false);
  const own = { ...grant, grantId: newGrantId('ada', randomBytes), clientId: 'spa' };
  await grants.create(own);
  await revoke('spa', refreshTokens.make(own));
  assert.notEqual((await grants.find(own.grantId))?.value.revokedAt, undefined);
});

test('its own client is told of a refresh token, a resource server is not: it would take it for an access token (RFC 7662 section 4)', async () => {
  const { clock, grants, grant, refreshTokens, introspect } = open();
  await grants.create(grant);
  const token = refreshTokens.make(grant);
  assert.deepEqual(await introspect('app', token), {
    active: true,
    token_type: 'refresh_token',
    client_id: 'app',
    username: 'ada',
    sub: 'ada',
    iat: clock.now() / 1000,
    exp: clock.now() / 1000 + 10 * HOUR_S,
    scope: 'read write',
    grant_id: grant.grantId,
    auth_time: grant.authTime,
  });
  for (const client of ['api', 'other']) {
    assert.deepEqual(await introspect(client, token), { active: false });
  }
});

test('of a sign-in at a time that nobody knows no auth_time is told', async () => {
  const { grants, grant, refreshTokens, introspect } = open();
  await grants.create({ ...grant, authTime: UNKNOWN_TIME });
  const told = await introspect('app', refreshTokens.make(grant));
  assert.deepEqual([told['active'], 'auth_time' in told], [true, false]);
});

test('a refresh token that would get no tokens is inactive: replaced, revoked, over, or its client has changed', async () => {
  const changes: readonly ((server: ReturnType<typeof open>) => unknown)[] = [
    ({ grants, grant }) => grants.revoke(grant.grantId, Date.now()),
    ({ clock }) => clock.advance(10 * HOUR_S * 1000),
    ({ clients }) => clients.stored.set('app', someClient({ ...WITH_REFRESH, tokensFrom: 1 })),
    ({ clients }) => clients.stored.set('app', someClient({ grantTypes: ['authorization_code'] })),
    ({ clients }) =>
      clients.stored.set('app', someClient({ ...WITH_REFRESH, subscription: 'flowgatetmn' })),
  ];
  for (const change of changes) {
    const server = open();
    await server.grants.create(server.grant);
    const token = server.refreshTokens.make(server.grant);
    assert.equal((await server.introspect('app', token))['active'], true);
    await change(server);
    assert.deepEqual(await server.introspect('app', token), { active: false });
  }
  const { grants, grant, refreshTokens, introspect } = open();
  await grants.create(grant);
  const replaced = refreshTokens.make({ ...grant, generation: 2 });
  assert.deepEqual(await introspect('app', replaced), { active: false });
});

test('all grants of a user are ended page by page, with their tokens, and nobody else’s', async () => {
  const { grants, grant, revocations, ending } = open();
  const make = async (user: string): Promise<string> => {
    const grantId = newGrantId(user, randomBytes);
    await grants.create({ ...grant, grantId, user });
    return grantId;
  };
  const many = await Promise.all(Array.from({ length: 120 }, () => make('busy')));
  const his = await make('bob');
  assert.equal(await ending.endAllOfUser('busy'), 120);
  assert.deepEqual([...revocations.revoked].sort(), many.toSorted());
  assert.equal(await grants.find(many[0] ?? ''), undefined);
  assert.equal((await grants.find(his))?.value.revokedAt, undefined);
});
