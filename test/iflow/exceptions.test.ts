import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlowOutcome, FlowFailure } from '../../shared/iflow/engine.ts';
import { type Exchange, MAX_BODY_SIZE } from '../../shared/iflow/exchange.ts';
import { StepFailure } from '../../shared/iflow/steps/step-failure.ts';
import {
  flowBundle,
  type GraphDescription,
  line,
  type NodeDescription,
  type ProcessDescription,
  setBody,
} from '../support/flow-bundle.ts';
import { compileBundle } from '../../shared/iflow/compile.ts';
import { runFlow } from '../../shared/iflow/run.ts';
import { environmentOf, exchangeOf, NOW, runBundle } from './running.ts';

/** Fails on a short body. */
const RAISE = setBody('Raise', '${body.substring(5)}');
const CALL: NodeDescription = {
  id: 'Call',
  cname: 'NonLoopingProcess',
  properties: { processId: 'Local' },
};
const AFTER = setBody('After', '${body}, and after');

function handler(end: string, ...nodes: readonly NodeDescription[]): GraphDescription {
  return {
    nodes: [{ id: 'Caught', cname: 'ErrorStartEvent' }, ...nodes, { id: 'Done', cname: end }],
  };
}

function local(
  end: string,
  nodes: readonly NodeDescription[],
  exception?: GraphDescription,
): ProcessDescription {
  return {
    id: 'Local',
    local: true,
    nodes: [{ id: 'S', cname: 'StartEvent' }, ...nodes, { id: 'E', cname: end }],
    ...(exception === undefined ? {} : { exception: renamed(exception) }),
  };
}

/** Ids are unique in a flow. */
function renamed({ nodes }: GraphDescription): GraphDescription {
  return { nodes: nodes.map((node) => ({ ...node, id: `Local_${node.id}` })) };
}

const run = (processes: readonly ProcessDescription[], exchange: Exchange): Promise<FlowOutcome> =>
  runBundle(flowBundle({ processes }), exchange);

/** As a timer starts it: nobody waits for an answer. */
async function runAlone(processes: readonly ProcessDescription[], exchange: Exchange) {
  const { flow } = compileBundle(flowBundle({ processes }));
  const [start] = flow.senders;
  assert.ok(start);
  const timers = [{ ...start, schedule: { times: [], failsWhenExpired: false } }];
  return runFlow({ ...flow, timers }, start, exchange, environmentOf(), NOW + 1000, []);
}

const TELL = setBody('Tell', 'Sorry: ${exception.message}');

// SAP Help, Handle Exceptions: Variants
test('an exception subprocess with a message end answers what it has made, completed', async () => {
  const exchange = exchangeOf('x');
  const outcome = await run(
    [{ ...line(RAISE, AFTER), exception: handler('MessageEndEvent', TELL) }],
    exchange,
  );
  assert.equal(outcome.status, 'COMPLETED');
  assert.equal(exchange.body, 'Sorry: substring(5) is outside a text of 1 characters.');
});

test('an exception subprocess with an error end fails the message with what it has caught', async () => {
  const exchange = exchangeOf('x');
  await assert.rejects(
    run([{ ...line(RAISE), exception: handler('ErrorEndEvent', TELL) }], exchange),
    (error) =>
      error instanceof FlowFailure &&
      error.stepName === 'Raise' &&
      error.message === 'substring(5) is outside a text of 1 characters.',
  );
});

// SAP Help, Escalation End Event Behavior
test('an escalation end is told to a sender that waits, with what has been caught', async () => {
  const caught = await run(
    [{ ...line(RAISE), exception: handler('EscalationEndEvent', TELL) }],
    exchangeOf('x'),
  );
  assert.deepEqual(
    { ...caught, log: undefined },
    {
      status: 'ESCALATED',
      raised:
        'The message was escalated at the end event "Done". substring(5) is outside a text of 1 characters.',
      log: undefined,
    },
  );
});

test('an escalation end of a local process ends the message of a sender that waits', async () => {
  const exchange = exchangeOf('x');
  const outcome = await run([line(CALL, AFTER), local('EscalationEndEvent', [])], exchange);
  assert.equal(outcome.status, 'ESCALATED');
  assert.equal(exchange.body, 'x');
});

test('where nobody waits, a local process that escalates returns to its caller', async () => {
  const exchange = exchangeOf('x');
  const outcome = await runAlone([line(CALL, AFTER), local('EscalationEndEvent', [])], exchange);
  assert.deepEqual(outcome, { status: 'COMPLETED' });
  assert.equal(exchange.body, 'x, and after');
});

test('where nobody waits, the main process and every exception subprocess still escalate', async () => {
  const main = {
    nodes: [
      { id: 'Start', cname: 'MessageStartEvent' },
      { id: 'Up', cname: 'EscalationEndEvent' },
    ],
  };
  const escalated = { status: 'ESCALATED', raised: undefined };
  assert.deepEqual(await runAlone([main], exchangeOf('x')), escalated);
  const inLocal = [line(CALL, AFTER), local('EndEvent', [RAISE], handler('EscalationEndEvent'))];
  assert.deepEqual(await runAlone(inLocal, exchangeOf('x')), escalated);
});

test('a terminate event ends the message, completed, also from a local process', async () => {
  const exchange = exchangeOf('x');
  const outcome = await run([line(CALL, AFTER), local('TerminateEndEvent', [])], exchange);
  assert.deepEqual(outcome.status, 'COMPLETED');
  assert.equal(exchange.body, 'x');
});

// SAP Help, Handle Exceptions in Subprocess
test('where a local process has handled a failure, its callers end with what that has made', async () => {
  const exchange = exchangeOf('x');
  const outcome = await run(
    [line(CALL, AFTER), local('EndEvent', [RAISE], handler('EndEvent', TELL))],
    exchange,
  );
  assert.equal(outcome.status, 'COMPLETED');
  assert.equal(exchange.body, 'Sorry: substring(5) is outside a text of 1 characters.');
});

// SAP Help, Define Exception Subprocess
test('the exception subprocess of the caller does not catch what fails in a local process', async () => {
  for (const exception of [undefined, handler('ErrorEndEvent')]) {
    const exchange = exchangeOf('x');
    await assert.rejects(
      run(
        [
          { ...line(CALL), exception: handler('MessageEndEvent', TELL) },
          local('EndEvent', [RAISE], exception),
        ],
        exchange,
      ),
      { name: 'FlowFailure', stepId: 'Raise' },
    );
    assert.equal(exchange.body, 'x');
  }
});

test('an error end event fails its process, whose exception subprocess handles that', async () => {
  const exchange = exchangeOf('x');
  const main = {
    nodes: [
      { id: 'Start', cname: 'MessageStartEvent' },
      { id: 'Down', cname: 'ErrorEndEvent' },
    ],
    exception: handler('MessageEndEvent', setBody('Tell', '${property.SAP_ErrorModelStepID}')),
  };
  assert.equal((await run([main], exchange)).status, 'COMPLETED');
  // SAP Help, Variant: Raise an Error
  assert.equal(exchange.body, 'Down');
});

// SAP Help, Headers and Exchange Properties: SAP_ErrorModelStepID
test('an id that the flow has set for a step is what the exception subprocess is told', async () => {
  const row =
    "<row><cell id='Action'>Create</cell><cell id='Type'>constant</cell><cell id='Value'>Order check</cell><cell id='Name'>SAP_ErrorModelStepID</cell></row>";
  const name = { id: 'Name', cname: 'Enricher', properties: { propertyTable: row } };
  const tell = setBody('Tell', '${property.SAP_ErrorModelStepID}');
  const exchange = exchangeOf('x');
  const exception = handler('MessageEndEvent', tell);
  assert.equal((await run([{ ...line(name, RAISE), exception }], exchange)).status, 'COMPLETED');
  assert.equal(exchange.body, 'Order check');
});

// SAP Help, Error Classification
test('a step that fails while an earlier failure is handled is told in the place of that', async () => {
  const exchange = exchangeOf('x');
  const again = setBody('Raise again', '${body.substring(5)}');
  const tell = setBody('Tell', '${property.SAP_ErrorModelStepID}');
  const processes = [
    { ...line(RAISE), exception: handler('MessageEndEvent', CALL) },
    local('EndEvent', [again], handler('MessageEndEvent', tell)),
  ];
  assert.equal((await run(processes, exchange)).status, 'COMPLETED');
  assert.equal(exchange.body, 'Raise again');
});

test('a failure in the exception subprocess fails the message, and is not handled again', async () => {
  const exchange = exchangeOf('x');
  const again = setBody('Again', '${body.substring(7)}');
  const count = setBody('Count', '${body}!');
  await assert.rejects(
    run([{ ...line(RAISE), exception: handler('MessageEndEvent', count, again) }], exchange),
    { name: 'FlowFailure', stepId: 'Again' },
  );
  assert.equal(exchange.body, 'x!');
});

test('what fails in a local process that the exception subprocess calls is handled there, or fails it', async () => {
  const exchange = exchangeOf('x');
  const main = { ...line(RAISE), exception: handler('MessageEndEvent', CALL, AFTER) };
  const inside = setBody('Inside', '${body.substring(8)}');
  await assert.rejects(run([main, local('EndEvent', [inside])], exchange), { stepId: 'Inside' });
  const handled = local('EndEvent', [inside], handler('EndEvent', setBody('Tell', 'told')));
  assert.equal((await run([main, handled], exchange)).status, 'COMPLETED');
  assert.equal(exchange.body, 'told');
});

test('CamelExceptionCaught has what a receiver has answered, and shows as its class and message', async () => {
  const failure = new StepFailure('http', 'HTTP operation failed', undefined, {
    class: 'org.apache.camel.component.ahc.AhcOperationFailedException',
    statusCode: 404,
    statusText: 'Not Found',
    responseBody: '{"error":"no such order"}',
  });
  const environment = { ...environmentOf(), processDirect: () => Promise.reject(failure) };
  const zip = flowBundle({
    receivers: [{ from: 'Ask', adapter: 'ProcessDirect', properties: { address: '/out' } }],
    processes: [
      {
        ...line({ id: 'Ask', cname: 'ExternalCall' }),
        exception: handler(
          'MessageEndEvent',
          setBody(
            'Tell',
            '${exception.statusCode} ${exception.statusText} ${exception.responseBody} ${property.CamelExceptionCaught}',
          ),
        ),
      },
    ],
  });
  const exchange = exchangeOf('x');
  await runBundle(zip, exchange, environment);
  assert.equal(
    exchange.body,
    '404 Not Found {"error":"no such order"} org.apache.camel.component.ahc.AhcOperationFailedException: HTTP operation failed',
  );
  assert.deepEqual(exchange.properties.get('CamelExceptionCaught'), {
    class: 'org.apache.camel.component.ahc.AhcOperationFailedException',
    message: 'HTTP operation failed',
    stacktrace: 'HTTP operation failed\n\tat Ask',
    statusCode: 404,
    statusText: 'Not Found',
    responseBody: '{"error":"no such order"}',
  });
});

test('a router in the exception subprocess tells failures apart', async () => {
  const exception: GraphDescription = {
    nodes: [
      { id: 'Caught', cname: 'ErrorStartEvent' },
      { id: 'Which', cname: 'ExclusiveGateway', default: 'Others' },
      setBody('Known', 'known'),
      setBody('Unknown', 'unknown'),
      { id: 'Done', cname: 'MessageEndEvent' },
    ],
    routes: [
      'Caught -> Which',
      {
        from: 'Which',
        to: 'Known',
        condition:
          "${exception.message} contains 'substring' and ${property.SAP_ErrorModelStepID} = 'Raise'",
      },
      { id: 'Others', from: 'Which', to: 'Unknown' },
      'Known -> Done',
      'Unknown -> Done',
    ],
  };
  const exchange = exchangeOf('x');
  await run([{ ...line(RAISE), exception }], exchange);
  assert.equal(exchange.body, 'known');
});

test('a step that makes too large a body leaves the one that it was given to the exception subprocess', async () => {
  const zip = flowBundle({
    receivers: [{ from: 'Ask', adapter: 'ProcessDirect', properties: { address: '/large' } }],
    processes: [
      { ...line({ id: 'Ask', cname: 'ExternalCall' }), exception: handler('MessageEndEvent') },
    ],
  });
  const environment = {
    ...environmentOf(),
    processDirect: (_: string, asked: Exchange) => {
      asked.body = new Uint8Array(MAX_BODY_SIZE + 1);
      return Promise.resolve();
    },
  };
  const exchange = exchangeOf('as it was given');
  assert.equal((await runBundle(zip, exchange, environment)).status, 'COMPLETED');
  assert.equal(exchange.body, 'as it was given');
  const caught = exchange.properties.get('CamelExceptionCaught') as { message: string };
  assert.equal(caught.message, 'The step "Ask" has made a body above 104857600 bytes.');
});
