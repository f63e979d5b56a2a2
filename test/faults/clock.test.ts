import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { type Instance, type Management, manage } from '../support/instance.ts';
import { movableClock } from '../support/movable-clock.ts';
import { ask, askFlow, askToken, helloFlow, startAt, tokenIn } from './system.ts';

const MINUTES_5 = 5 * 60_000;

let storage: TestStorage;
let right: Instance;
let admin: Management;
let client: { readonly id: string; readonly secret: string };

before(async () => {
  storage = await testStorage();
  right = await startAt(storage, storage.connectionString);
  admin = await manage(right);
  assert.equal(await admin.deploy('Hello', helloFlow('Hello', '/hello')), 'SUCCESS');
  client = await admin.registerClient();
});

async function startOff(ms: number, deployment = storage): Promise<Instance> {
  const clock = movableClock();
  clock.set(ms);
  return startAt(deployment, deployment.connectionString, clock.env);
}

/** `ok` or `failed` of each readiness check. */
async function checksOf({ url }: Instance): Promise<Record<string, string>> {
  const { text } = await ask(`${url}/health/ready`);
  return (JSON.parse(text) as { checks: Record<string, string> }).checks;
}

test('an instance whose clock is 5 minutes ahead serves its own tokens, and the others refuse them until then', async () => {
  const ahead = await startOff(MINUTES_5);
  const ofAhead = tokenIn(await askToken(ahead.url, client.id, client.secret));
  const ofRight = tokenIn(await askToken(right.url, client.id, client.secret));
  assert.equal((await askFlow(ahead.url, '/hello', ofAhead)).status, 200);
  assert.equal((await askFlow(ahead.url, '/hello', ofRight)).status, 200);
  const refused = await askFlow(right.url, '/hello', ofAhead);
  assert.equal(refused.status, 401);
  assert.equal((JSON.parse(refused.text) as { reason: string }).reason, 'invalid_token');
  assert.equal((await checksOf(ahead))['clock'], 'failed');
  assert.equal((await checksOf(right))['clock'], 'ok');
  await ahead.stop();
});

test('an instance whose clock is 5 minutes behind refuses the tokens of the others, and its own are good for clients that are older than that', async () => {
  // It is the first of its deployment, so that there are clients that are old by its clock.
  const deployment = await testStorage();
  const behind = await startOff(-MINUTES_5, deployment);
  const viaBehind = await manage(behind);
  assert.equal(await viaBehind.deploy('Hello', helloFlow('Hello', '/hello')), 'SUCCESS');
  const older = await viaBehind.registerClient();
  const other = await startAt(deployment, deployment.connectionString);
  const newer = await (await manage(other)).registerClient();

  const ofBehind = tokenIn(await askToken(behind.url, older.id, older.secret));
  const ofOther = tokenIn(await askToken(other.url, older.id, older.secret));
  assert.equal((await askFlow(behind.url, '/hello', ofBehind)).status, 200);
  assert.equal((await askFlow(other.url, '/hello', ofBehind)).status, 200);
  assert.equal((await askFlow(behind.url, '/hello', ofOther)).status, 401);
  // A token that is older than its client was made for another one of that name.
  const ofNewer = tokenIn(await askToken(behind.url, newer.id, newer.secret));
  const refused = await askFlow(other.url, '/hello', ofNewer);
  assert.equal(refused.status, 401);
  assert.equal((JSON.parse(refused.text) as { reason: string }).reason, 'revoked');
  assert.equal((await checksOf(behind))['clock'], 'failed');
  await Promise.all([behind.stop(), other.stop()]);
});

test('a clock that is off by 5 minutes makes no right outlive its removal: that goes by time passed, not by the clock', async () => {
  const ahead = await startOff(MINUTES_5);
  const doomed = await admin.registerClient();
  const token = tokenIn(await askToken(ahead.url, doomed.id, doomed.secret));
  assert.equal((await askFlow(ahead.url, '/hello', token)).status, 200);
  const viaAhead = await manage(ahead);
  const gone = await viaAhead.send('DELETE', `/registry/v1/clients/${doomed.id}`, undefined, {
    'if-match': '*',
  });
  assert.equal(gone.status, 204);
  assert.equal((await askFlow(ahead.url, '/hello', token)).status, 401);
  assert.equal((await askToken(right.url, doomed.id, doomed.secret)).status, 401);
  await ahead.stop();
});
