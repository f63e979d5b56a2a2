import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileBundle } from '../../shared/iflow/compile.ts';
import type { CompiledNode } from '../../shared/iflow/flow.ts';
import { closingGather } from '../../shared/iflow/steps/routing/closing-gather.ts';
import { ForwardedTrace, type Trace } from '../../shared/telemetry/telemetry.ts';
import { flowBundle, line, type NodeDescription, setBody } from '../support/flow-bundle.ts';
import { environmentOf, exchangeOf, NOW, runBundle } from './running.ts';

/** Each branch has an end of its own. */
function castOf(branches: readonly (readonly NodeDescription[])[]) {
  const all = branches.map((nodes, i) => [...nodes, { id: `Stop_${i}`, cname: 'EndEvent' }]);
  return {
    nodes: [{ id: 'S', cname: 'StartEvent' }, { id: 'Cast', cname: 'Multicast' }, ...all.flat()],
    routes: [
      'S -> Cast',
      ...all.map((nodes) => ['Cast', ...nodes.map(({ id }) => id)].join(' -> ')),
    ],
  };
}

test('branches that run at the same time hold up others no longer than one alone', async () => {
  let now = NOW;
  const trace = new ForwardedTrace(undefined);
  /** Each step takes 15 ms. */
  const slow: Trace = {
    traceId: '',
    headers: () => trace.headers(),
    span(name, work) {
      if (name === 'flow.step') now += 15;
      return work();
    },
  };
  let since = now;
  let longest = 0;
  let turn = setImmediate(function look() {
    longest = Math.max(longest, now - since);
    since = now;
    turn = setImmediate(look);
  });
  const branches = Array.from({ length: 20 }, (_, i) =>
    [1, 2, 3].map((k) => setBody(`B${i}_${k}`, 'x')),
  );
  const environment = { ...environmentOf(undefined, () => now), trace: slow };
  await runBundle(flowBundle({ processes: [castOf(branches)] }), exchangeOf(), environment);
  clearImmediate(turn);
  assert.ok(now - NOW >= 20 * 3 * 15);
  assert.ok(longest <= 60, `${longest} ms`);
});

test('branches that make branches without end fail the message, and take no memory without end', async () => {
  const again = Array.from({ length: 100 }, (_, i) => [
    { id: `Again_${i}`, cname: 'NonLoopingProcess', properties: { processId: 'Local' } },
  ]);
  const call = { id: 'Call', cname: 'NonLoopingProcess', properties: { processId: 'Local' } };
  const zip = flowBundle({
    processes: [line(call), { id: 'Local', local: true, ...castOf(again) }],
  });
  const exchange = exchangeOf('as it came');
  await assert.rejects(runBundle(zip, exchange), {
    name: 'FlowFailure',
    reason: 'too_many',
    message: 'The message has more than 5000 branches at the same time.',
  });
  assert.equal(exchange.body, 'as it came');
});

test('the Gather of a splitter is found without following every way to it', () => {
  const nodes: Record<string, CompiledNode> = {};
  let looks = 0;
  const add = (id: string, type: string, ...next: string[]): void => {
    const node = { id, name: '', type, config: null, next };
    Object.defineProperty(nodes, id, {
      configurable: true,
      enumerable: true,
      get: () => ((looks += 1), node),
    });
  };
  const stages = 500;
  // Each router leads through another splitter, or past it.
  for (let i = 0; i < stages; i++) {
    add(`Router_${i}`, 'ExclusiveGateway', `Split_${i}`, `Router_${i + 1}`);
    add(`Split_${i}`, 'Camel', `Router_${i + 1}`);
  }
  add(`Router_${stages}`, 'Gather');
  const { flow } = compileBundle(flowBundle({ processes: [line()] }));
  const processes = { P: { id: 'P', name: '', startId: '', nodes } };
  const opening = { id: 'Router_0', name: '', type: 'Camel', config: null, next: ['Router_0'] };
  assert.equal(closingGather({ ...flow, processes }, opening)?.id, `Router_${stages}`);
  add(`Router_${stages}`, 'EndEvent');
  assert.equal(closingGather({ ...flow, processes }, opening), undefined);
  assert.ok(looks < 300 * stages, `${looks} looks`);
});
