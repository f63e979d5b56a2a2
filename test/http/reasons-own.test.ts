import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { systemClock } from '../../shared/config/clock.ts';
import { createAccessTokenIssuer } from '../../shared/jwt/sign.ts';
import { type Deployment, deployOwn, membersOf } from '../conformance/deployment.ts';
import { ISSUER, masterKeyOf } from '../support/instance.ts';
import { openInstance } from '../support/key-ring.ts';
import type { OwnTarget } from '../support/target.ts';

export const LOCAL_ONLY =
  'signs with the key out of storage, and makes a role that differs from a predefined one in case';

const SUBSCRIPTION = '/registry/v1/subscriptions/flowgateiflmap';
let deployment: Deployment & OwnTarget;

before(async () => {
  deployment = await deployOwn();
});

async function refuse(token: string, status: number): Promise<Readonly<Record<string, unknown>>> {
  const response = await deployment.call({ authorization: `Bearer ${token}` });
  assert.equal(response.status, status);
  assert.equal(await deployment.messages(), 0);
  return membersOf(response);
}

async function failedChecks(id: string): Promise<readonly string[]> {
  const path = `/registry/v1/clients/${id}/diagnosis?address=/hello`;
  const { checks } = await membersOf(await deployment.admin.send('GET', path));
  const all = checks as readonly { check: string; ok: boolean }[];
  return all.filter(({ ok }) => !ok).map(({ check }) => check);
}

test('expired: 401, and no message', async () => {
  const { storage, client } = deployment;
  const keys = { storage, masterKey: masterKeyOf(storage) };
  const { ring } = openInstance(keys, { issuer: ISSUER });
  const hoursAgo = { now: () => systemClock.now() - 2 * 3_600_000 };
  const { token } = await createAccessTokenIssuer({ ring, clock: hoursAgo }).issue({
    subject: `oauth_client_${client.id}`,
    clientId: client.id,
    tokensFrom: 0,
    audience: 'flowgateiflmap',
    lifetime: 3600,
    scope: '',
    roles: [],
  });
  assert.equal((await refuse(token, 401))['reason'], 'expired');
  assert.deepEqual(await failedChecks(client.id), [], 'the client is not at fault');
});

test('missing_role: 403 names a role that differs only in case, as the diagnosis says', async () => {
  const { admin } = deployment;
  const app = await admin.registerClient([]);
  const role = `${SUBSCRIPTION}/roles/esbmessaging.send`;
  assert.equal((await admin.send('PUT', role)).status, 201);
  assert.equal((await admin.send('PUT', `${role}/users/oauth_client_${app.id}`)).status, 204);
  const granted = await deployment.post(
    `grant_type=client_credentials&client_id=${app.id}&client_secret=${app.secret}`,
    {},
  );
  const refusal = await refuse(String((await membersOf(granted))['access_token']), 403);
  assert.equal(refusal['reason'], 'missing_role');
  assert.match(
    String(refusal['error_description']),
    /has esbmessaging\.send, which differs in case/,
  );
  assert.deepEqual(await failedChecks(app.id), ['role_assigned']);
});
