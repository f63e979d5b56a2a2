import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FlowFailure } from '../../shared/iflow/engine.ts';
import { copyExchange, type Exchange } from '../../shared/iflow/exchange.ts';
import { HeldMessage, MAX_MESSAGE_SIZE, MessageRoom } from '../../shared/iflow/message-size.ts';
import {
  flowBundle,
  type GraphDescription,
  line,
  type NodeDescription,
  setBody,
} from '../support/flow-bundle.ts';
import { processed } from './processing.ts';
import { environmentOf, exchangeOf, runBundle } from './running.ts';

const MB = 1024 * 1024;
const TEXT = /more than 268435456 bytes in its body, headers, properties and attachments/;

/** A Content Modifier that sets a property, or a header, from an expression. */
function setting(
  id: string,
  name: string,
  value: string,
  table = 'propertyTable',
): NodeDescription {
  const cells = { Action: 'Create', Type: 'expression', Value: value, Default: '', Name: name };
  const row = Object.entries({ ...cells, Datatype: 'java.lang.String' })
    .map(([key, text]) => `<cell id='${key}'>${text}</cell>`)
    .join('');
  return { id, cname: 'Enricher', properties: { [table]: `<row>${row}</row>` } };
}

const DOUBLED = '${in.body}${in.body}';

function saysTooLarge(stepId: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof FlowFailure);
    assert.equal(error.reason, 'too_large', error.message);
    assert.equal(error.stepId, stepId);
    assert.match(error.message, TEXT);
    return true;
  };
}

suite('What a message holds beside its body counts (docs/limits.md)', () => {
  for (const table of ['propertyTable', 'headerTable']) {
    test(`a chain of Content Modifiers that fill a ${table} fails at the one that goes beyond`, async () => {
      const steps = Array.from({ length: 15 }, (_, i) => setting(`M${i}`, `p${i}`, DOUBLED, table));
      const zip = flowBundle({ processes: [line(...steps)] });
      const exchange = exchangeOf('x'.repeat(10 * MB));
      // 10 MB of body and 20 MB for each: twelve have room.
      await assert.rejects(runBundle(zip, exchange), saysTooLarge('M12'));
      const entries = table === 'headerTable' ? [...exchange.headers] : [...exchange.properties];
      assert.deepEqual(
        entries.map(([name]) => name),
        Array.from({ length: 12 }, (_, i) => `p${i}`),
        'what it was given stays, what it has made does not',
      );
    });
  }

  test('an exception subprocess can go on with the message as it was', async () => {
    const steps = Array.from({ length: 15 }, (_, i) => setting(`M${i}`, `p${i}`, DOUBLED));
    const exception: GraphDescription = {
      nodes: [
        { id: 'Error_1', cname: 'ErrorStartEvent' },
        setBody('Say', 'At ${property.SAP_ErrorModelStepID}'),
        { id: 'End_2', cname: 'MessageEndEvent' },
      ],
    };
    const exchange = exchangeOf('x'.repeat(10 * MB));
    await runBundle(flowBundle({ processes: [{ ...line(...steps), exception }] }), exchange);
    assert.equal(exchange.body, 'At M12');
  });

  test('a loop that adds a property each time comes to its end', async () => {
    const call = {
      id: 'Loop',
      cname: 'LoopingProcess',
      properties: { processId: 'Local' },
      loop: { maximum: 90, condition: "'a' = 'a'" },
    };
    const bundle = flowBundle({
      processes: [
        line(call),
        {
          id: 'Local',
          local: true,
          nodes: [
            { id: 'S', cname: 'StartEvent' },
            ...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) =>
              setting(`Keep_${name}`, name, `\${property.${name}}\${in.body}`),
            ),
            { id: 'E', cname: 'EndEvent' },
          ],
        },
      ],
    });
    await assert.rejects(
      runBundle(bundle, exchangeOf('x'.repeat(10 * MB))),
      saysTooLarge('Keep_a'),
    );
  });

  test('what a step replaces or deletes leaves room', async () => {
    const steps = Array.from({ length: 15 }, (_, i) => setting(`M${i}`, 'one', DOUBLED));
    const exchange = exchangeOf('x'.repeat(10 * MB));
    await runBundle(flowBundle({ processes: [line(...steps)] }), exchange);
    assert.deepEqual([...exchange.properties.keys()], ['one']);
  });
});

test('attachments count: a MIME decode adds to those that are there, run again and again', async () => {
  const part = 'Content-Disposition: attachment\r\n\r\n';
  const multipart = `--b\r\n\r\n\r\n--b\r\n${part}${'a'.repeat(70 * MB)}\r\n--b--\r\n`;
  const again = (n: number): NodeDescription[] => [
    setting(`Type${n}`, 'Content-Type', 'multipart/mixed; boundary=b', 'headerTable'),
    { id: `Decode${n}`, cname: 'MIME Multipart Message Decode' },
    setBody(`Back${n}`, '${property.given}'),
  ];
  const zip = flowBundle({ processes: [line(...again(1), ...again(2), ...again(3))] });
  const exchange = exchangeOf(multipart, {}, { given: multipart });
  await assert.rejects(runBundle(zip, exchange), saysTooLarge('Back2'));
  assert.equal(exchange.attachments.size, 2);
});

suite('Branches count together while they live', () => {
  test('a multicast whose branches make more than the message may hold fails', async () => {
    const names = Array.from({ length: 15 }, (_, i) => `B${i}`);
    const routes = names.flatMap((name) => [`Cast -> ${name}`, `${name} -> Join`]);
    const zip = flowBundle({
      processes: [
        {
          nodes: [
            { id: 'Start_1', cname: 'MessageStartEvent' },
            { id: 'Cast', cname: 'Multicast' },
            ...names.map((name) => setting(name, 'mine', DOUBLED)),
            { id: 'Join', cname: 'Join' },
            { id: 'End_1', cname: 'MessageEndEvent' },
          ],
          routes: ['Start_1 -> Cast', ...routes, 'Join -> End_1'],
        },
      ],
    });
    await assert.rejects(runBundle(zip, exchangeOf('x'.repeat(10 * MB))), saysTooLarge('B12'));
    // What branches have from the message they share with it.
    await runBundle(zip, exchangeOf('x'.repeat(1 * MB), {}, { kept: 'y'.repeat(90 * MB) }));
  });

  test('a splitter counts what lives at once, and no message that has come to its end', async () => {
    const zip = (parallel: boolean): Uint8Array =>
      flowBundle({
        processes: [
          line(
            {
              id: 'Split',
              cname: 'GeneralSplitter',
              properties: {
                exprType: 'Line Break',
                ...(parallel ? { ParallelProcessing: 'true', SplitterThreads: '20' } : {}),
              },
            },
            setting('Grow', 'big', '${property.kept}${property.kept}'),
            { id: 'Ask', cname: 'ExternalCall' },
          ),
        ],
        receivers: [{ from: 'Ask', adapter: 'ProcessDirect', properties: { address: '/slow' } }],
      });
    const environment = {
      ...environmentOf(),
      processDirect: () => new Promise<void>((resolve) => setImmediate(resolve)),
    };
    const message = (): Exchange => exchangeOf('a\n'.repeat(40), {}, { kept: 'x'.repeat(10 * MB) });
    await runBundle(zip(false), message(), environment);
    await assert.rejects(runBundle(zip(true), message(), environment), saysTooLarge('Grow'));
  });

  test('a flow that the message is handed to has the room that is left (ProcessDirect)', async () => {
    const grow = (count: number, name: string): NodeDescription[] =>
      Array.from({ length: count }, (_, i) => setting(`M${i}`, `${name}${i}`, DOUBLED));
    const asking = flowBundle({
      id: 'Asking',
      processes: [line(...grow(3, 'asking'), { id: 'Ask', cname: 'ExternalCall' })],
      receivers: [{ from: 'Ask', adapter: 'ProcessDirect', properties: { address: '/answers' } }],
    });
    const answering = (count: number): Uint8Array =>
      flowBundle({
        id: 'Answering',
        senders: [{ adapter: 'ProcessDirect', to: 'Start_1', properties: { address: '/answers' } }],
        processes: [line(...grow(count, 'answering'))],
      });
    const exchange = exchangeOf('x'.repeat(10 * MB));
    const fine = await processed([asking, answering(9)], { exchange });
    assert.ok('result' in fine.outcome);
    const { log } = await processed([asking, answering(10)], { exchange });
    assert.match(
      String(log[0]),
      /^Answering,FAILED,.*"M9" has made a message that holds more than/,
    );
  });
});

suite('Counting', () => {
  test('counts the bytes that a property holds, and those that a branch shares once', () => {
    const room = new MessageRoom();
    const exchange = exchangeOf('', {}, { kept: new Uint8Array(MAX_MESSAGE_SIZE / 2) });
    const held = new HeldMessage(exchange, room);
    assert.equal(held.count('everything'), undefined);
    const branch = held.branch(copyExchange(exchange));
    branch.exchange.properties.set('more', new Uint8Array(MAX_MESSAGE_SIZE / 2));
    assert.match(String(branch.count('everything')), TEXT);
    branch.release();
    held.release();
    assert.ok(room.hasRoomFor(MAX_MESSAGE_SIZE));
  });

  test('is exact again when a message has come to its end', () => {
    const room = new MessageRoom();
    const exchange = exchangeOf('x'.repeat(MAX_MESSAGE_SIZE / 4));
    const held = new HeldMessage(exchange, room);
    const copy = { ...exchangeOf(exchange.body), properties: new Map([['deep', [{ a: ['b'] }]]]) };
    const branch = held.branch(copy);
    branch.keep(1000);
    branch.release();
    held.release();
    assert.ok(room.hasRoomFor(MAX_MESSAGE_SIZE));
    assert.ok(!room.hasRoomFor(MAX_MESSAGE_SIZE + 1));
  });
});
