import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { compileBundle } from '../../shared/iflow/compile.ts';
import type { Deployment } from '../../shared/iflow/deployment/deployment.ts';
import { FlowCache } from '../../shared/iflow/flow-cache.ts';
import type { CompiledFlow } from '../../shared/iflow/flow.ts';
import { createMessageProcessor } from '../../shared/iflow/process-message.ts';
import { runFlow } from '../../shared/iflow/run.ts';
import type { MessageLogEntry } from '../../shared/monitor/message-log.ts';
import { ForwardedTrace } from '../../shared/telemetry/telemetry.ts';
import { testClock } from '../support/clock.ts';
import { flowBundle, line, setBody } from '../support/flow-bundle.ts';
import { environmentOf, exchangeOf } from './running.ts';

const deploymentOf = (flow: CompiledFlow): Deployment => ({
  id: flow.id,
  name: flow.name,
  version: '1.0.0',
  packageId: 'P',
  packageName: 'P',
  status: 'STARTED',
  deployedBy: 'd',
  deployedOn: 0,
  revision: flow.id,
  addresses: [],
  directAddresses: flow.directSenders.map(({ address }) => address),
  faults: [],
});

/** Sends a message to the first of some deployed flows. @returns what became of it, and the log */
async function processed(...bundles: readonly Uint8Array[]) {
  const flows = bundles.map((zip) => compileBundle(zip).flow);
  const [first] = flows;
  const start = first?.senders[0];
  assert.ok(first && start);
  const log: MessageLogEntry[] = [];
  const deployments = flows.map(deploymentOf);
  const compiledFlow = (revision: string): Promise<CompiledFlow> =>
    Promise.resolve(flows.find(({ id }) => id === revision) ?? first);
  const processor = createMessageProcessor({
    runFlow,
    environment: environmentOf(),
    deployments: {
      current: () => Promise.resolve({ generation: '1', deployments }),
      compiledFlow,
    },
    flows: new FlowCache(compiledFlow, { maxFlows: 10, maxCharacters: 1_000_000 }),
    flowTimeoutMs: 10_000,
    log: { add: (entry) => void log.push(entry), flush: () => Promise.resolve(), held: () => 0 },
    logAttachments: { add: () => undefined },
    clock: testClock(),
    randomBytes,
  });
  const message = {
    ...processor.newIds(),
    user: 'oauth_client_a',
    deployment: deploymentOf(first),
    flow: first,
    start,
    exchange: exchangeOf('x'),
    trace: new ForwardedTrace(undefined),
  };
  const outcome = await processor.process(message, ({ body }) => body);
  return { outcome, log: log.map(({ flowId, status, errorText }) => [flowId, status, errorText]) };
}

const escalating = {
  nodes: [
    { id: 'Start', cname: 'MessageStartEvent' },
    setBody('Work', 'worked on'),
    { id: 'Up', cname: 'EscalationEndEvent' },
  ],
};
const RAISED = 'The message was escalated at the end event "Up".';

// SAP Help, Escalation End Event Behavior
test('a sender that waits is told of an escalation as of a failure, and the log has it as ESCALATED', async () => {
  const { outcome, log } = await processed(flowBundle({ processes: [escalating] }));
  assert.deepEqual(outcome, { failure: RAISED, reason: 'escalated' });
  assert.deepEqual(log, [['Tested', 'ESCALATED', RAISED]]);
});

test('a flow that hands its message to one that escalates handles that as a failure of its step', async () => {
  const asking = flowBundle({
    id: 'Asking',
    receivers: [{ from: 'Ask', adapter: 'ProcessDirect', properties: { address: '/up' } }],
    processes: [
      {
        ...line({ id: 'Ask', cname: 'ExternalCall' }),
        exception: {
          nodes: [
            { id: 'Caught', cname: 'ErrorStartEvent' },
            setBody('Tell', '${exception.message}'),
            { id: 'Done', cname: 'MessageEndEvent' },
          ],
        },
      },
    ],
  });
  const answering = flowBundle({
    id: 'Answering',
    senders: [{ adapter: 'ProcessDirect', to: 'Start', properties: { address: '/up' } }],
    processes: [escalating],
  });
  const { outcome, log } = await processed(asking, answering);
  assert.deepEqual(outcome, { result: RAISED });
  assert.deepEqual(log, [
    ['Answering', 'ESCALATED', RAISED],
    ['Asking', 'COMPLETED', ''],
  ]);
});
