import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { setBody } from '../../support/flow-bundle.ts';
import { scheduleKey, timerFlow } from './timer-flow.ts';
import { FLOW_TIMEOUT_MS, timedDeployment, type TimedInstance } from './timed-instances.ts';

/** A moment between two minutes. */
const START = Date.UTC(2026, 0, 2, 13, 4, 30);
const MINUTE_MS = 60_000;
/** Longer than a test takes: the instance looks when it is told to. */
const NEVER_MS = 60_000;
const EVERY_MINUTE = '0+*+*+?+*+*+*&trigger.timeZone=UTC';

const begunBy = (...instances: readonly TimedInstance[]): string[] =>
  instances.flatMap(({ begun }) => begun);

test('a flow that runs on deployment runs once, on whichever instance looks, and again when it is deployed again', async () => {
  const deployment = await timedDeployment(START);
  const [one, two] = [deployment.instance(), deployment.instance()];
  await deployment.deploy('Once', 'fireNow=true');
  await Promise.all([one.tick(), two.tick(), one.tick(), two.tick()]);
  for (let i = 0; i < 3; i += 1) {
    deployment.clock.advance(MINUTE_MS);
    await Promise.all([one.tick(), two.tick()]);
  }
  await deployment.instance().tick();
  assert.deepEqual(begunBy(one, two), ['Once']);
  await deployment.deploy('Once', 'fireNow=true');
  await Promise.all([one.tick(), two.tick()]);
  assert.deepEqual(begunBy(one, two), ['Once', 'Once']);
});

test('each occurrence is run once of many instances, none before its time', async () => {
  const deployment = await timedDeployment(START);
  const instances = [deployment.instance(), deployment.instance(), deployment.instance()];
  await deployment.deploy('Minutely', EVERY_MINUTE);
  const ticks = () => Promise.all(instances.map((instance) => instance.tick()));
  await ticks();
  assert.deepEqual(begunBy(...instances), []);
  for (let minute = 1; minute <= 5; minute += 1) {
    deployment.clock.advance(MINUTE_MS / 2);
    await ticks();
    deployment.clock.advance(MINUTE_MS / 2);
    await ticks();
    assert.equal(begunBy(...instances).length, minute);
  }
});

test('its run is in the message log, without a sender, under the ids that the flow sees', async () => {
  const deployment = await timedDeployment(START);
  const instance = deployment.instance();
  const steps = [setBody('Body', '${property.SAP_MessageProcessingLogID}')];
  await deployment.deploy(
    'Logged',
    '',
    timerFlow(scheduleKey({ schedule1: 'fireNow=true' }), {}, { id: 'Logged', steps }),
  );
  assert.deepEqual(await instance.tick(), { completed: 1, failed: 0, skipped: 0 });
  const [entry] = instance.log;
  assert.deepEqual(
    [entry?.flowId, entry?.status, entry?.sender, entry?.logStart],
    ['Logged', 'COMPLETED', '', START],
  );
  assert.match(entry?.messageGuid ?? '', /^[\w-]{28}$/);
  assert.equal(await instance.tick(), undefined, 'nothing to tell');
});

test('a flow that fails is logged as failed, and runs at its next time', async () => {
  const deployment = await timedDeployment(START);
  const instance = deployment.instance();
  const steps = [setBody('Fail', '${body.substring(5)}')];
  await deployment.deploy(
    'Failing',
    '',
    timerFlow(scheduleKey({ schedule1: EVERY_MINUTE }), {}, { id: 'Failing', steps }),
  );
  for (let i = 0; i < 2; i += 1) {
    deployment.clock.advance(MINUTE_MS);
    assert.deepEqual(await instance.tick(), { completed: 0, failed: 1, skipped: 0 });
  }
  assert.deepEqual(
    instance.log.map(({ status }) => status),
    ['FAILED', 'FAILED'],
  );
  assert.deepEqual(instance.problems, []);
});

test('times that were missed while no instance was there are run for once', async () => {
  const deployment = await timedDeployment(START);
  await deployment.deploy('Asleep', EVERY_MINUTE);
  deployment.clock.advance(3 * 24 * 60 * MINUTE_MS);
  const instance = deployment.instance();
  await instance.tick();
  await instance.tick();
  assert.deepEqual(instance.begun, ['Asleep']);
});

test('a time that comes while the flow still runs is skipped; the next one is not', async () => {
  const deployment = await timedDeployment(START);
  const [one, two] = [deployment.instance(NEVER_MS), deployment.instance()];
  await deployment.deploy('Slow', EVERY_MINUTE);
  deployment.clock.advance(MINUTE_MS);
  const release = one.hold();
  const running = one.tick();
  while (one.begun.length === 0) await wait(10);
  deployment.clock.advance(MINUTE_MS);
  assert.deepEqual(await two.tick(), { completed: 0, failed: 0, skipped: 1 });
  release();
  await running;
  await Promise.all([one.tick(), two.tick()]);
  assert.deepEqual(begunBy(one, two), ['Slow'], 'the skipped one does not come later');
  deployment.clock.advance(MINUTE_MS);
  await Promise.all([one.tick(), two.tick()]);
  assert.deepEqual(begunBy(one, two), ['Slow', 'Slow']);
});

test('an instance that is killed is not waited for longer than a flow may take, and its run is told as lost', async () => {
  const deployment = await timedDeployment(START);
  const [killed, other] = [deployment.instance(NEVER_MS), deployment.instance()];
  const revision = await deployment.deploy('Lost', EVERY_MINUTE);
  deployment.clock.advance(MINUTE_MS);
  const release = killed.hold();
  const running = killed.tick();
  while (killed.begun.length === 0) await wait(10);
  for (let past = 0; past + MINUTE_MS < FLOW_TIMEOUT_MS + 30_000; past += MINUTE_MS) {
    deployment.clock.advance(MINUTE_MS);
    await other.tick();
  }
  assert.deepEqual(other.begun, []);
  deployment.clock.advance(MINUTE_MS);
  await other.tick();
  assert.deepEqual(other.begun, ['Lost']);
  const [lost, next] = other.log;
  assert.deepEqual([lost?.status, lost?.logStart], ['FAILED', START + MINUTE_MS]);
  assert.match(lost?.errorText ?? '', /^The instance that ran the flow was lost/);
  assert.equal(next?.status, 'COMPLETED');
  // One that was not dead after all ends its own run and nobody else's.
  const second = other.hold();
  deployment.clock.advance(MINUTE_MS);
  const again = other.tick();
  while (other.begun.length === 1) await wait(10);
  release();
  await running;
  const record = await deployment.runs.find(revision, 'Timer');
  assert.ok((record?.value.runningUntil ?? 0) > deployment.clock.now());
  second();
  await again;
});

test('a run on deployment whose instance is killed is not repeated, and told as lost', async () => {
  const deployment = await timedDeployment(START);
  const [killed, other] = [deployment.instance(NEVER_MS), deployment.instance()];
  await deployment.deploy('Once', 'fireNow=true');
  const release = killed.hold();
  const running = killed.tick();
  while (killed.begun.length === 0) await wait(10);
  deployment.clock.advance(24 * 60 * MINUTE_MS);
  await other.tick();
  assert.deepEqual(other.begun, []);
  assert.deepEqual(
    other.log.map(({ status }) => status),
    ['FAILED'],
    'is told as lost',
  );
  await other.tick();
  assert.equal(other.log.length, 1, 'once');
  release();
  await running;
});

test('a slow flow keeps no other from its time, in the same call of the function', async () => {
  const deployment = await timedDeployment(START);
  const instance = deployment.instance();
  await deployment.deploy('Slow', 'fireNow=true');
  await deployment.deploy('Quick', EVERY_MINUTE);
  const release = instance.hold();
  const running = instance.tick();
  while (instance.begun.length === 0) await wait(10);
  deployment.clock.advance(MINUTE_MS);
  while (instance.begun.length === 1) await wait(10);
  assert.deepEqual(instance.begun, ['Slow', 'Quick']);
  release();
  assert.deepEqual(await running, { completed: 2, failed: 0, skipped: 0 });
});

test('a call ends before the host ends it; what runs then is taken over by the next call', async () => {
  const deployment = await timedDeployment(START);
  const instance = deployment.instance();
  await deployment.deploy('First', 'fireNow=true');
  const release = instance.hold();
  const call = instance.tick();
  while (instance.begun.length === 0) await wait(10);
  deployment.clock.advance(200_000);
  const releaseLate = instance.hold();
  await deployment.deploy('Late', 'fireNow=true');
  while (instance.begun.length === 1) await wait(10);
  release();
  while (instance.log.length === 0) await wait(10);
  deployment.clock.advance(80_000);
  assert.deepEqual(await call, { completed: 1, failed: 0, skipped: 0 });
  let over = false;
  const next = instance.tick().then(() => (over = true));
  await wait(100);
  assert.equal(over, false, 'waits for it');
  releaseLate();
  await next;
  assert.deepEqual(
    instance.log.map(({ flowId, status }) => [flowId, status]),
    [
      ['First', 'COMPLETED'],
      ['Late', 'COMPLETED'],
    ],
  );
});

test('flows beyond what one instance runs at once have their turn when there is room', async () => {
  const deployment = await timedDeployment(START);
  const instance = deployment.instance();
  for (let i = 0; i < 55; i += 1) await deployment.deploy(`F${i}`, 'fireNow=true');
  const release = instance.hold();
  const running = instance.tick();
  while (instance.begun.length < 50) await wait(10);
  await wait(50);
  assert.equal(instance.begun.length, 50);
  release();
  assert.deepEqual(await running, { completed: 55, failed: 0, skipped: 0 });
});

test('a flow that was undeployed does not run', async () => {
  const deployment = await timedDeployment(START);
  const instance = deployment.instance();
  await deployment.deploy('Gone', EVERY_MINUTE);
  await instance.tick();
  await deployment.undeploy('Gone');
  deployment.clock.advance(MINUTE_MS);
  await instance.tick();
  assert.deepEqual(instance.begun, []);
});

test('an instance that ends begins nothing any more, and waits for what runs', async () => {
  const deployment = await timedDeployment(START);
  const instance = deployment.instance();
  await deployment.deploy('Slow', 'fireNow=true');
  const release = instance.hold();
  const running = instance.tick();
  while (instance.begun.length === 0) await wait(10);
  await deployment.deploy('Late', 'fireNow=true');
  const ending = instance.scheduled.end();
  release();
  await Promise.all([ending, running]);
  await instance.tick();
  assert.deepEqual(instance.begun, ['Slow']);
  assert.equal(instance.log[0]?.status, 'COMPLETED');
});

test('timers of revisions that are not there any more leave nothing behind', async () => {
  const deployment = await timedDeployment(START);
  const old = await deployment.deploy('Flow', 'fireNow=true');
  await deployment.instance().tick();
  const current = await deployment.deploy('Flow', 'fireNow=true');
  await deployment.instance().tick();
  assert.deepEqual(await deployment.runs.revisions(), new Set([old, current]));
  assert.equal(await deployment.runs.removeRevision(old), 1);
  assert.deepEqual(await deployment.runs.revisions(), new Set([current]));
});
