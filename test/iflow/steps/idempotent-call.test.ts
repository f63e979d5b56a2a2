import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { compileBundle } from '../../../shared/iflow/compile.ts';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import type { Exchange, Value } from '../../../shared/iflow/exchange.ts';
import { NotDeployable } from '../../../shared/iflow/flow.ts';
import {
  flowBundle,
  line,
  type NodeDescription,
  type ProcessDescription,
  setBody,
} from '../../support/flow-bundle.ts';
import { exchangeOf, NOW, runBundle } from '../running.ts';
import { openStores, type StoresUnderTest } from './stores.ts';

const DAY_MS = 86_400_000;

let under: StoresUnderTest;
before(async () => {
  under = await openStores();
});

const call = (id: string, properties: Record<string, string> = {}): NodeDescription => ({
  id,
  cname: 'IdempotentProcessCall',
  properties: { processId: 'Local', sourceMessageID: '${header.id}', ...properties },
});

/** The called process: what it does shows in the body. */
function local(...nodes: readonly NodeDescription[]): ProcessDescription {
  return {
    id: 'Local',
    local: true,
    nodes: [{ id: 'S', cname: 'StartEvent' }, ...nodes, { id: 'E', cname: 'EndEvent' }],
  };
}

interface Run {
  readonly called?: readonly NodeDescription[];
  readonly steps?: readonly NodeDescription[];
  readonly flow?: string;
  readonly now?: number;
  readonly properties?: Readonly<Record<string, Value>>;
}

async function run(
  id: Value,
  { called, steps, flow = 'Tested', now, properties }: Run = {},
): Promise<Exchange> {
  const process = local(...(called ?? [setBody('Called', '${body}called')]));
  const zip = flowBundle({ id: flow, processes: [line(...(steps ?? [call('Once')])), process] });
  const exchange = exchangeOf('', { id }, properties);
  await runBundle(zip, exchange, under.environment(now));
  return exchange;
}

const fail = setBody('Fail', '${body.substring(900000)}');

test('a message id is processed once; a duplicate goes past the process and is told', async () => {
  const first = await run('a');
  assert.equal(first.body, 'called');
  assert.equal(first.properties.has('CamelDuplicateMessage'), false);
  const second = await run('a');
  assert.equal(second.body, '');
  assert.equal(second.properties.get('CamelDuplicateMessage'), true);
  assert.equal((await run('b')).body, 'called');
});

test('with Skip off the process is called for a duplicate as well, and sees that it is one', async () => {
  const called = [setBody('Called', '${property.CamelDuplicateMessage}')];
  const steps = [call('Open', { skipOnDuplicate: 'false' })];
  assert.equal((await run('x', { called, steps })).body, '');
  assert.equal((await run('x', { called, steps })).body, 'true');
});

test('a process that fails counts for nothing: the message may come again', async () => {
  const steps = [call('Failing')];
  await assert.rejects(run('1', { called: [fail], steps }), FlowFailure);
  assert.equal((await run('1', { steps })).body, 'called');
  assert.equal((await run('1', { steps })).body, '');
});

test('each step of each iFlow has its own memory (SAP Help, Define Idempotent Process Call)', async () => {
  const steps = [call('One'), call('Two')];
  assert.equal((await run('1', { steps })).body, 'calledcalled');
  assert.equal((await run('1', { steps, flow: 'Other' })).body, 'calledcalled');
  assert.equal((await run('1', { steps: [call('Three')] })).body, 'called');
});

test('what an earlier call has found is not taken for this one', async () => {
  const steps = [call('Fresh')];
  const exchange = await run('1', { steps, properties: { CamelDuplicateMessage: true } });
  assert.equal(exchange.properties.has('CamelDuplicateMessage'), false);
});

test('ids are remembered for 90 days', async () => {
  const steps = [call('Days')];
  await run('1', { steps });
  assert.equal((await run('1', { steps, now: NOW + 90 * DAY_MS - 1 })).body, '');
  assert.equal((await run('1', { steps, now: NOW + 90 * DAY_MS })).body, 'called');
});

test('ids of any length and any characters are kept apart', async () => {
  const steps = [call('Odd')];
  const ids = ['a/b', 'a\\b', '#?', '😀', 'A', 'a', '\uD800', '\uD801', 'x'.repeat(10_000)];
  for (const id of ids) assert.equal((await run(id, { steps })).body, 'called', id.slice(0, 10));
  for (const id of ids) assert.equal((await run(id, { steps })).body, '', id.slice(0, 10));
  await assert.rejects(run('', { steps }), /message ID of the idempotent process call is empty/);
  await assert.rejects(run(null, { steps }), /is empty/);
});

test('of messages that come to several instances at once, one is processed and the others wait for it', async () => {
  const steps = [call('Raced')];
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => run('1', { steps })));
  assert.deepEqual(outcomes.map(({ body }) => body).sort(), ['', '', '', '', '', '', '', 'called']);
  const duplicates = outcomes.filter(
    ({ properties }) => properties.get('CamelDuplicateMessage') === true,
  );
  assert.equal(duplicates.length, 7);
});

test('where the one that was first fails, another one is processed in its place', async () => {
  const step = { flowId: 'Tested', nodeId: 'TakenOver' };
  const begun = await under.messages.begin(step, '1', NOW + 60_000);
  assert.ok(typeof begun === 'object');
  const waiting = run('1', { steps: [call('TakenOver')] });
  await new Promise((done) => setTimeout(done, 100));
  await under.messages.abandon(step, '1', begun.mark);
  assert.equal((await waiting).body, 'called');
});

test('a message that waits for another one fails when its time is over, and was not processed', async () => {
  const step = { flowId: 'Tested', nodeId: 'Waiting' };
  await under.messages.begin(step, '1', NOW + DAY_MS);
  let now = NOW;
  const environment = { ...under.environment(), now: () => (now += 20_000) };
  const zip = flowBundle({
    processes: [line(call('Waiting')), local(setBody('Called', 'called'))],
  });
  const exchange = exchangeOf('', { id: '1' });
  await assert.rejects(runBundle(zip, exchange, environment), (error: unknown) => {
    assert.ok(error instanceof FlowFailure);
    assert.equal(error.reason, 'in_progress');
    return true;
  });
  assert.equal(exchange.body, '');
});

test('what an instance that was killed has begun ends with its time, and is not completed by it later', async () => {
  const step = { flowId: 'Tested', nodeId: 'Killed' };
  const begun = await under.messages.begin(step, '1', NOW + 1000);
  assert.ok(typeof begun === 'object');
  const steps = [call('Killed')];
  const exchange = await run('1', { steps, now: NOW + 1000, called: [fail] }).catch(() => 'failed');
  assert.equal(exchange, 'failed', 'was called');
  await under.messages.complete(step, '1', begun.mark, NOW + DAY_MS);
  assert.equal((await run('1', { steps, now: NOW + 2000 })).body, 'called');
});

test('the daily sweep removes ids whose time is over, and no others', async () => {
  const step = { flowId: 'Swept', nodeId: 'S' };
  for (const [id, until] of [
    ['old', NOW - 1],
    ['new', NOW + DAY_MS],
  ] as const) {
    const begun = await under.messages.begin(step, id, NOW + 1000);
    assert.ok(typeof begun === 'object');
    await under.messages.complete(step, id, begun.mark, until);
  }
  assert.ok((await under.messages.deleteExpired(NOW)) >= 1);
  assert.equal(await under.messages.begin(step, 'new', NOW + 1000), 'processed');
  assert.equal(typeof (await under.messages.begin(step, 'old', NOW + 1000)), 'object');
});

test('a call without message ID or process is refused at deployment', () => {
  const nodes = [
    call('Call', { sourceMessageID: '', processId: 'None', skipOnDuplicate: 'perhaps' }),
  ];
  assert.throws(
    () => compileBundle(flowBundle({ processes: [line(...nodes), local()] })),
    (error: unknown) => {
      assert.ok(error instanceof NotDeployable);
      assert.deepEqual(error.faults, [
        'Step "Call" (IdempotentProcessCall) has no message ID.',
        'Step "Call" (IdempotentProcessCall) has "perhaps" for skipOnDuplicate; it is true or false.',
        'Step "Call" (IdempotentProcessCall) calls the process "None", which is no local integration process of the iFlow.',
      ]);
      return true;
    },
  );
});
