import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { testStorage } from '../support/azurite.ts';
import {
  type Credentials,
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

export const LOCAL_ONLY = 'compares two instances over one storage';

/** The contract: a change takes effect on every instance within this time. */
const BOUND_MS = 30_000;

let one: Instance;
let other: Instance;
let admin: Management;
let partner: Credentials;
let stranger: Credentials;

before(async () => {
  const storage = await testStorage();
  [one, other] = await Promise.all([startInstance(storage), startInstance(storage)]);
  await Promise.all([one, other].map(({ url }) => fetch(`${url}/health/ready`)));
  admin = await manage(one);
  const source = 'function processData(message) { message.setBody("hello"); return message; }';
  const steps = [{ type: 'script' as const, name: 'Hello', fileName: 'script1.js', source }];
  for (const id of ['Guarded', 'Open']) {
    const bundle = buildBundle({ id, name: id, address: `/${id}`, steps });
    assert.equal(await admin.deploy(id, bundle), 'SUCCESS');
  }
  [partner, stranger] = [await admin.registerClient(), await admin.registerClient()];
});

interface Outcome {
  readonly status: number;
  readonly reason: string | undefined;
  readonly text: string;
}

async function call({ url }: Instance, path: string, client: Credentials): Promise<Outcome> {
  const token = await fetchToken(url, client.id, client.secret);
  const response = await fetch(`${url}/http${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: 'x',
  });
  const text = await response.text();
  const reason = text.startsWith('{') ? (JSON.parse(text) as { reason: string }).reason : undefined;
  if (response.status === 403) {
    assert.match(response.headers.get('www-authenticate') ?? '', /error="insufficient_scope"/);
  }
  return { status: response.status, reason, text };
}

/** @returns the address to delete it at. */
async function protect(roleName: string, condition: Record<string, string>): Promise<string> {
  const response = await admin.send('POST', '/api/v1/AccessPolicies', {
    RoleName: roleName,
    ArtifactReferences: [{ Name: 'flows', Type: 'INTEGRATION_FLOW', ...condition }],
  });
  assert.equal(response.status, 201);
  const { d } = (await response.json()) as { d: { Id: string } };
  return `/api/v1/AccessPolicies(${d.Id}L)`;
}

async function eventually(expected: number, attempt: () => Promise<Outcome>): Promise<number> {
  const startedAt = performance.now();
  while ((await attempt()).status !== expected) {
    const waited = performance.now() - startedAt;
    assert.ok(waited < BOUND_MS, `not ${expected} after ${waited} ms`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return performance.now() - startedAt;
}

const logged = async (): Promise<number> => {
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const filter = encodeURIComponent("IntegrationArtifact/Id eq 'Guarded'");
  const response = await admin.send(
    'GET',
    `/api/v1/MessageProcessingLogs/$count?$filter=${filter}`,
  );
  return Number(await response.text());
};

test('a client that a policy names may call alone, and what is refused reaches no flow (ask 2)', async () => {
  const policy = await protect(`client:${partner.id}`, {
    ConditionAttribute: 'ID',
    ConditionType: 'exactString',
    ConditionValue: 'Guarded',
  });
  assert.equal((await call(one, '/guarded', partner)).status, 200);
  const before = await logged();
  const refused = await call(one, '/guarded', stranger);
  assert.deepEqual([refused.status, refused.reason], [403, 'access_policy']);
  assert.match(refused.text, new RegExp(`Add an access policy for client:${stranger.id}`));
  assert.equal(refused.text.includes(partner.id), false, 'other clients are not told');
  assert.equal(await logged(), before);
  assert.equal((await call(one, '/open', stranger)).status, 200, 'other flows are as before');
  assert.equal((await admin.send('DELETE', policy)).status, 204);
  assert.equal((await call(one, '/guarded', stranger)).status, 200);
});

test('a role that a policy wants is wanted beside that of the channel, and works as soon as it is given', async () => {
  const policy = await protect('HR', {
    ConditionAttribute: 'Name',
    ConditionType: 'regularExpression',
    ConditionValue: 'Guar.*',
  });
  const refused = await call(one, '/guarded', partner);
  assert.deepEqual([refused.status, refused.reason], [403, 'access_policy']);
  assert.match(
    refused.text,
    /want the role HR, which the user oauth_client_\S+ does not have in subscription flowgateiflmap/,
  );
  const role = '/registry/v1/subscriptions/flowgateiflmap/roles/HR';
  assert.equal((await admin.send('PUT', role, {})).status, 201);
  const assign = `${role}/users/oauth_client_${partner.id}`;
  assert.equal((await admin.send('PUT', assign)).status, 204);
  assert.equal((await call(one, '/guarded', partner)).status, 200);
  assert.equal((await call(other, '/guarded', partner)).status, 200);

  // It takes the place of no other.
  const channel = `/registry/v1/subscriptions/flowgateiflmap/roles/ESBMessaging.send/users/oauth_client_${partner.id}`;
  assert.equal((await admin.send('DELETE', channel)).status, 204);
  assert.equal((await call(one, '/guarded', partner)).reason, 'missing_role');
  assert.equal((await admin.send('PUT', channel)).status, 204);
  assert.equal((await admin.send('DELETE', policy)).status, 204);
});

test('another instance refuses within 30 s of a new policy, and lets in at once what one allows', async () => {
  assert.equal((await call(other, '/guarded', stranger)).status, 200);
  const policy = await protect(`client:${partner.id}`, {
    ConditionAttribute: 'ID',
    ConditionType: 'exactString',
    ConditionValue: 'Guarded',
  });
  assert.equal((await call(one, '/guarded', stranger)).status, 403, 'the instance that made it');
  await eventually(403, () => call(other, '/guarded', stranger));
  const second = await protect(`client:${stranger.id}`, {
    ConditionAttribute: 'ID',
    ConditionType: 'exactString',
    ConditionValue: 'Guarded',
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(
    (await call(other, '/guarded', stranger)).status,
    200,
    'a refusal rests on nothing old',
  );
  for (const address of [policy, second]) {
    assert.equal((await admin.send('DELETE', address)).status, 204);
  }
});

test('the diagnosis tells what a call would be told', async () => {
  const policy = await protect('Auditors', {
    ConditionAttribute: 'ID',
    ConditionType: 'exactString',
    ConditionValue: 'Guarded',
  });
  const diagnosis = await admin.send(
    'GET',
    `/registry/v1/clients/${partner.id}/diagnosis?address=/guarded`,
  );
  const { checks } = (await diagnosis.json()) as {
    checks: { check: string; ok: boolean; detail: string }[];
  };
  const failed = checks.filter(({ ok }) => !ok);
  assert.deepEqual(
    failed.map(({ check }) => check),
    ['access_policy'],
  );
  assert.match(failed[0]?.detail ?? '', /let Auditors call the iFlow Guarded/);
  assert.equal((await call(one, '/guarded', partner)).reason, 'access_policy');
  assert.equal((await admin.send('DELETE', policy)).status, 204);
});
