import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import type { Exchange } from '../../../shared/iflow/exchange.ts';
import { flowBundle, line, setBody } from '../../support/flow-bundle.ts';
import { environmentOf, exchangeOf, NOW, runBundle } from '../running.ts';
import { COMBINE, CONCATENATE, gathering, SEND, sentBy, splitterNode } from './splitting.ts';

/** Fails on messages that are shorter than the others. */
const CHECK = setBody('Check', '${body.substring(0,9)}');
const BODY = '<a><b>10</b><b>20</b><b>0</b><b>40</b></a>';
const CALL = { id: 'Call', cname: 'NonLoopingProcess', properties: { processId: 'Local' } };

interface Scenario {
  readonly stop: boolean;
  readonly gather?: Readonly<Record<string, string>>;
  /** What the exception subprocess of the local process ends with; none without. */
  readonly end?: string;
  readonly answer?: string;
}

/**
 * SAP Help, Handle Exceptions When Using the Splitter Pattern: the messages of an iterating splitter are
 * worked on in a local process; without a Gather, each is sent then.
 */
function scenario({ stop, gather, end, answer = 'sorry' }: Scenario): Uint8Array {
  const settings = { StopOnExecution: String(stop) };
  const splitter = splitterNode(settings, 'Camel');
  const after = setBody('After', '${body}!');
  return flowBundle({
    receivers:
      gather === undefined
        ? [{ from: 'Send', adapter: 'ProcessDirect', properties: { address: '/out' } }]
        : [],
    processes: [
      gather === undefined
        ? line(splitter, CALL, SEND)
        : gathering([splitter, CALL, setBody('Mark', '${body}')], gather, [after]),
      {
        id: 'Local',
        local: true,
        nodes: [{ id: 'S', cname: 'StartEvent' }, CHECK, { id: 'E', cname: 'EndEvent' }],
        ...(end === undefined
          ? {}
          : {
              exception: {
                nodes: [
                  { id: 'Caught', cname: 'ErrorStartEvent' },
                  setBody('Tell', answer),
                  { id: 'Done', cname: end },
                ],
              },
            }),
      },
    ],
  });
}

const bodies = (sent: readonly Exchange[]): unknown[] => sent.map(({ body }) => body);

async function sentAndStatus(
  given: Scenario,
): Promise<{ sent: unknown[]; status: string; body: unknown }> {
  const exchange = exchangeOf(BODY);
  const sent: Exchange[] = [];
  try {
    const all = await sentBy(scenario(given), exchange, (one) => void sent.push(one));
    return { sent: bodies(all), status: 'COMPLETED', body: exchange.body };
  } catch (error) {
    if (!(error instanceof FlowFailure)) throw error;
    return { sent: bodies(sent), status: 'FAILED', body: exchange.body };
  }
}

const FIRST_TWO = ['<b>10</b>', '<b>20</b>'];
const OTHERS = [...FIRST_TWO, '<b>40</b>'];

test('variant 1: with Stop on Exception and an error end, no message begins after the one that fails', async () => {
  for (const end of ['ErrorEndEvent', undefined]) {
    const { sent, status, body } = await sentAndStatus({
      stop: true,
      ...(end === undefined ? {} : { end }),
    });
    assert.deepEqual([sent, status, body], [FIRST_TWO, 'FAILED', BODY]);
  }
});

test('variant 2: without Stop on Exception and with a message end, all others are sent', async () => {
  const { sent, status, body } = await sentAndStatus({ stop: false, end: 'MessageEndEvent' });
  assert.deepEqual([sent, status, body], [OTHERS, 'COMPLETED', BODY]);
});

test('without Stop on Exception, all others are sent and the message fails where nothing handles it', async () => {
  for (const end of ['ErrorEndEvent', undefined]) {
    const { sent, status } = await sentAndStatus({
      stop: false,
      ...(end === undefined ? {} : { end }),
    });
    assert.deepEqual([sent, status], [OTHERS, 'FAILED']);
  }
});

test('Stop on Exception stops at a message whose failure has been handled, and the message ends with it', async () => {
  const { sent, status, body } = await sentAndStatus({ stop: true, end: 'MessageEndEvent' });
  assert.deepEqual([sent, status, body], [FIRST_TWO, 'COMPLETED', 'sorry']);
});

test('variant 3: with a Gather and Stop on Exception, nothing is combined', async () => {
  const { status, body } = await sentAndStatus({
    stop: true,
    gather: COMBINE,
    end: 'ErrorEndEvent',
  });
  assert.deepEqual([status, body], ['FAILED', BODY]);
});

test('variant 4: what an exception subprocess has made is combined with the others', async () => {
  const given = { stop: false, gather: CONCATENATE, end: 'MessageEndEvent', answer: '<m/>' };
  const { status, body } = await sentAndStatus(given);
  assert.equal(status, 'COMPLETED');
  assert.equal(body, `${[...FIRST_TWO, '<m/>', '<b>40</b>'].join('')}!`);
});

test('all are combined where every failure has been handled', async () => {
  const exchange = exchangeOf('<a><b>0</b><b>0</b></a>');
  const given = { stop: false, gather: CONCATENATE, end: 'MessageEndEvent', answer: '<m/>' };
  await runBundle(scenario(given), exchange);
  assert.equal(exchange.body, '<m/><m/>!');
});

test('a message that nothing has handled is combined as it was when it failed, and the log tells it', async () => {
  const exchange = exchangeOf('<a><b>10</b><b/></a>');
  const given = { stop: false, gather: CONCATENATE };
  const { log } = await runBundle(scenario(given), exchange);
  assert.equal(exchange.body, '<b>10</b><b/>!');
  assert.deepEqual(log, [
    {
      kind: 'attachment',
      name: 'Splitter Splitter',
      text: '1 of 2 messages have failed: substring(0,9) is outside a text of 4 characters.',
      mediaType: 'text/plain',
    },
  ]);
});

test('a Gather fails on an answer that is no XML', async () => {
  const { status } = await sentAndStatus({ stop: false, gather: COMBINE, end: 'MessageEndEvent' });
  assert.equal(status, 'FAILED');
});

test('the exception subprocess of the main process handles each message of its splitter once', async () => {
  const zip = flowBundle({
    receivers: [{ from: 'Alarm', adapter: 'ProcessDirect', properties: { address: '/out' } }],
    processes: [
      {
        ...line(splitterNode({ StopOnExecution: 'false' }, 'Camel'), CHECK),
        exception: {
          nodes: [
            { id: 'Caught', cname: 'ErrorStartEvent' },
            { id: 'Alarm', cname: 'Send' },
            { id: 'Done', cname: 'ErrorEndEvent' },
          ],
        },
      },
    ],
  });
  const sent: Exchange[] = [];
  const exchange = exchangeOf('<a><b/><b>10</b><b/></a>');
  await assert.rejects(
    sentBy(zip, exchange, (one) => void sent.push(one)),
    { name: 'FlowFailure', stepId: 'Check' },
  );
  assert.deepEqual(bodies(sent), ['<b/>', '<b/>']);
});

test('with parallel processing, Stop on Exception lets those end that have begun', async () => {
  const settings = { StopOnExecution: 'true', ParallelProcessing: 'true', SplitterThreads: '2' };
  const zip = flowBundle({
    receivers: [{ from: 'Send', adapter: 'ProcessDirect', properties: { address: '/out' } }],
    processes: [line(splitterNode(settings, 'Camel'), SEND, CHECK)],
  });
  const ended: string[] = [];
  const exchange = exchangeOf('<a><b/><b>10</b><b>20</b><b>30</b></a>');
  const sending = sentBy(zip, exchange, async ({ body }) => {
    await new Promise((resolve) => setTimeout(resolve, body === '<b/>' ? 1 : 20));
    ended.push(String(body));
  });
  await assert.rejects(sending, { name: 'FlowFailure', stepId: 'Check' });
  assert.deepEqual(ended, ['<b/>', '<b>10</b>']);
});

test('what is not through when the time of a parallel splitter is over does not count', async () => {
  let now = NOW;
  const settings = { ParallelProcessing: 'true', SplitterThreads: '2', timeOut: '60' };
  const zip = flowBundle({
    receivers: [{ from: 'Send', adapter: 'ProcessDirect', properties: { address: '/out' } }],
    processes: [gathering([splitterNode(settings, 'Camel'), SEND], CONCATENATE)],
  });
  const sent: unknown[] = [];
  const environment = {
    ...environmentOf(undefined, () => now),
    processDirect: (_: string, { body }: Exchange) => {
      sent.push(body);
      now += 25_000;
      return Promise.resolve();
    },
  };
  const exchange = exchangeOf('<a><b>1</b><b>2</b><b>3</b><b>4</b><b>5</b></a>');
  assert.equal((await runBundle(zip, exchange, environment)).status, 'COMPLETED');
  assert.deepEqual(sent, ['<b>1</b>', '<b>2</b>', '<b>3</b>']);
  assert.equal(exchange.body, '<b>1</b>');
});

test('no message begins after the deadline, whatever the splitter does about failures', async () => {
  let now = NOW;
  const zip = flowBundle({
    receivers: [{ from: 'Send', adapter: 'ProcessDirect', properties: { address: '/out' } }],
    processes: [line(splitterNode({ StopOnExecution: 'false' }, 'Camel'), SEND)],
  });
  const sent: unknown[] = [];
  const environment = {
    ...environmentOf(undefined, () => now),
    processDirect: (_: string, { body }: Exchange) => {
      sent.push(body);
      now += 150_000;
      return Promise.resolve();
    },
  };
  await assert.rejects(runBundle(zip, exchangeOf(BODY), environment), {
    name: 'FlowFailure',
    reason: 'timeout',
  });
  assert.equal(sent.length, 2);
});
