import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBundle } from '../../shared/iflow/bundle/bundle.ts';
import { compileFlow } from '../../shared/iflow/compile.ts';
import { NotDeployable } from '../../shared/iflow/flow.ts';
import { readFlow } from '../../shared/iflow/model/read-flow.ts';
import {
  flowBundle,
  type FlowDescription,
  type GraphDescription,
  line,
} from '../support/flow-bundle.ts';
import { faultsOf } from './running.ts';

const HANDLER: GraphDescription = {
  nodes: [
    { id: 'Caught', cname: 'ErrorStartEvent' },
    { id: 'Handled', cname: 'MessageEndEvent' },
  ],
};
const direct = (from: string) => ({
  from,
  adapter: 'ProcessDirect',
  properties: { address: '/answers' },
});

const refused: readonly [what: string, flow: FlowDescription, text: string][] = [
  [
    'a process call without a process',
    { processes: [line({ id: 'Call', cname: 'NonLoopingProcess' })] },
    'Step "Call" (NonLoopingProcess) names no local integration process.',
  ],
  [
    'a looping process call without a process',
    {
      processes: [
        line({
          id: 'Call',
          cname: 'LoopingProcess',
          loop: { maximum: 2, condition: "${body} = 'a'" },
        }),
      ],
    },
    'Step "Call" (LoopingProcess) names no local integration process.',
  ],
  [
    'a Request Reply to two receivers',
    {
      processes: [line({ id: 'Ask', cname: 'ExternalCall' })],
      receivers: [direct('Ask'), direct('Ask')],
    },
    'Step "Ask" (ExternalCall) sends to 2 receivers; it can send to one.',
  ],
  [
    'an end to two receivers',
    { processes: [line()], receivers: [direct('End_1'), direct('End_1')] },
    'Step "End_1" (MessageEndEvent) sends to 2 receivers; it can send to one.',
  ],
  [
    'an exception subprocess without a start',
    {
      processes: [
        { ...line(), exception: { nodes: [{ id: 'Handled', cname: 'MessageEndEvent' }] } },
      ],
    },
    'The exception subprocess "Exception" has no start event.',
  ],
  [
    'a sender that leads to no start',
    { processes: [line()], senders: [{ adapter: 'HTTPS', to: 'End_1' }] },
    'Sender channel "HTTPS" (HTTPS) is not connected to the start of a process.',
  ],
];

for (const [what, flow, text] of refused) {
  test(`${what} is refused at deployment, by name`, () => {
    const faults = faultsOf(flowBundle(flow));
    assert.ok(
      faults.some((fault) => fault.text === text && fault.kind === 'design'),
      JSON.stringify(faults),
    );
  });
}

test('a process with two exception subprocesses is refused at deployment, by name', () => {
  const bundle = readBundle(flowBundle({ processes: [{ ...line(), exception: HANDLER }] }));
  const model = readFlow(bundle);
  compileFlow(model, bundle);
  const processes = model.processes.map((process) => ({
    ...process,
    nodes: process.nodes.flatMap((node) =>
      node.inner === undefined ? [node] : [node, { ...node, id: 'Another' }],
    ),
  }));
  assert.throws(
    () => compileFlow({ ...model, processes }, bundle),
    (error) => {
      assert.ok(error instanceof NotDeployable);
      assert.deepEqual(error.faults, [
        'The process "Process_1" has more than one exception subprocess.',
      ]);
      return true;
    },
  );
});
