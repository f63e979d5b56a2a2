import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowBundle, line, setBody } from '../support/flow-bundle.ts';
import { processed } from './processing.ts';

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
  const { outcome, log } = await processed([flowBundle({ processes: [escalating] })]);
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
  const { outcome, log } = await processed([asking, answering]);
  assert.deepEqual(outcome, { result: RAISED });
  assert.deepEqual(log, [
    ['Answering', 'ESCALATED', RAISED],
    ['Asking', 'COMPLETED', ''],
  ]);
});
