import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowBundle, line, type NodeDescription, setBody } from '../support/flow-bundle.ts';
import { processed } from './processing.ts';
import { environmentOf, exchangeOf } from './running.ts';

/** A content modifier that sets headers and properties to constants, or deletes what is undefined. */
function set(
  id: string,
  headers: Readonly<Record<string, string | undefined>>,
  properties: Readonly<Record<string, string>> = {},
): NodeDescription {
  const table = (values: Readonly<Record<string, string | undefined>>): string =>
    Object.entries(values)
      .map(
        ([name, value]) =>
          `<row><cell id='Action'>${value === undefined ? 'Delete' : 'Create'}</cell><cell id='Type'>expression</cell><cell id='Value'>${value ?? ''}</cell><cell id='Name'>${name}</cell></row>`,
      )
      .join('');
  const tables = { headerTable: table(headers), propertyTable: table(properties) };
  return { id, cname: 'Enricher', properties: tables };
}
const receiver = (id: string, name: string | undefined) => set(id, { SAP_Receiver: name });

const CALL = { id: 'Call', cname: 'NonLoopingProcess', properties: { processId: 'Local' } };
const local = (...nodes: readonly NodeDescription[]) => ({
  id: 'Local',
  local: true,
  nodes: [{ id: 'S', cname: 'StartEvent' }, ...nodes, { id: 'E', cname: 'EndEvent' }],
});

async function receiversOf(
  processes: Parameters<typeof flowBundle>[0]['processes'],
  exchange = exchangeOf('x'),
): Promise<string | undefined> {
  const { entries } = await processed([flowBundle({ processes })], { exchange });
  return entries[0]?.receiver;
}

// SAP Help, Headers and Exchange Properties: SAP_Receiver, SAP_ReceiverOverwrite
test('all receivers that a message names on its way are in the log, each once', async () => {
  const steps = [receiver('One', 'A'), receiver('Two', 'B'), receiver('Three', 'A')];
  assert.equal(await receiversOf([line(...steps)]), 'A,B');
  assert.equal(await receiversOf([line(...steps, receiver('Four', undefined))]), 'A,B');
  const inBetween = [receiver('One', 'A'), CALL, receiver('Three', 'C')];
  assert.equal(await receiversOf([line(...inBetween), local(receiver('Two', 'B'))]), 'A,B,C');
  assert.equal(await receiversOf([line(setBody('None', 'x'))]), '');
});

test('the receivers of all branches of a multicast are in the log', async () => {
  const branches = ['One', 'Two', 'Three'].map((id) => [
    receiver(id, `to ${id}`),
    { id: `Stop_${id}`, cname: 'EndEvent' },
  ]);
  const cast = {
    nodes: [
      { id: 'S', cname: 'MessageStartEvent' },
      receiver('First', 'A'),
      { id: 'Cast', cname: 'SequentialMulticast' },
      ...branches.flat(),
    ],
    routes: [
      'S -> First -> Cast',
      ...branches.map((nodes) => ['Cast', ...nodes.map(({ id }) => id)].join(' -> ')),
    ],
  };
  const received = (await receiversOf([cast])) ?? '';
  assert.deepEqual(received.split(',').sort(), ['A', 'to One', 'to Three', 'to Two']);
});

test('where SAP_ReceiverOverwrite is true the last receiver stands alone', async () => {
  for (const [value, expected] of [
    ['True', 'B'],
    ['true', 'B'],
    ['False', 'A,B'],
    ['', 'A,B'],
  ] as const) {
    const overwrite = set('Overwrite', {}, { SAP_ReceiverOverwrite: value });
    const steps = [overwrite, receiver('One', 'A'), receiver('Two', 'B')];
    assert.equal(await receiversOf([line(...steps)]), expected, value);
  }
});

test('the receivers of a message that fails are in its log', async () => {
  const steps = [receiver('One', 'A'), setBody('Fail', '${body.substring(5)}')];
  assert.equal(await receiversOf([line(...steps)]), 'A');
});

test('what a caller sends as SAP_Receiver does not get into the log', async () => {
  for (const sent of ['forged', ['forged', 'twice']]) {
    const arrives = () => exchangeOf('x', { SAP_Receiver: sent });
    assert.equal(await receiversOf([line(setBody('None', 'x'))], arrives()), '');
    const own = [line(CALL, receiver('One', 'A')), local(setBody('None', 'x'))];
    assert.equal(await receiversOf(own, arrives()), 'A');
  }
});

test('a script that hands back what a caller has sent as SAP_Receiver does not name it', async () => {
  const script = { id: 'Script', cname: 'JavaScript', properties: { script: 's.js' } };
  const zip = flowBundle({
    processes: [line(script)],
    files: { 'script/s.js': 'function processData(message) { return message; }' },
  });
  const environment = environmentOf({
    run: ({ message }) => Promise.resolve({ ...structuredClone(message), log: [] }),
    close: () => Promise.resolve(),
  });
  const exchange = exchangeOf('x', { SAP_Receiver: ['forged', 'twice'] });
  const { entries } = await processed([zip], { exchange, environment });
  assert.equal(entries[0]?.receiver, '');
});

test('a flow that names receivers without end makes no entry without end', async () => {
  const longest = await receiversOf([line(receiver('One', 'A'.repeat(500)))]);
  assert.equal(longest, 'A'.repeat(120));
  const many = Array.from({ length: 60 }, (_, i) => receiver(`R${i}`, `receiver-${i}`));
  assert.equal((await receiversOf([line(...many)]))?.length, 400);
});

// SAP Help, Headers and Exchange Properties: SAP_CorrelateMPLs
test('flows share a correlation id unless the one that hands over has switched that off', async () => {
  const answering = flowBundle({
    id: 'Answering',
    senders: [{ adapter: 'ProcessDirect', to: 'Start_1', properties: { address: '/answers' } }],
    processes: [line(setBody('Tell', '${header.SAP_MplCorrelationId}'))],
  });
  for (const [value, shared] of [
    [undefined, true],
    ['True', true],
    ['False', false],
    ['false', false],
  ] as const) {
    const asking = flowBundle({
      id: 'Asking',
      receivers: [{ from: 'Ask', adapter: 'ProcessDirect', properties: { address: '/answers' } }],
      processes: [
        line(set('Set', {}, value === undefined ? {} : { SAP_CorrelateMPLs: value }), {
          id: 'Ask',
          cname: 'ExternalCall',
        }),
      ],
    });
    const { entries, outcome } = await processed([asking, answering]);
    const [theirs, own] = entries;
    assert.ok(theirs && own);
    assert.deepEqual(outcome, { result: theirs.correlationId });
    assert.equal(theirs.correlationId === own.correlationId, shared, value);
    assert.notEqual(theirs.messageGuid, own.messageGuid);
  }
});

const FAILS = setBody('Fail', '${body.substring(5)}');
const WORKS = setBody('Work', 'done');

async function loggedWith(
  settings: Readonly<Record<string, string>>,
  header?: string | readonly string[],
): Promise<string[]> {
  const statuses: string[] = [];
  for (const step of [WORKS, FAILS]) {
    const exchange = exchangeOf(
      'x',
      header === undefined ? {} : { sap_messageprocessingloglevel: header },
    );
    const zip = flowBundle({ settings, processes: [line(step)] });
    const { entries } = await processed([zip], { exchange });
    statuses.push(...entries.map(({ status, logLevel }) => `${status} ${logLevel ?? ''}`.trim()));
  }
  return statuses;
}
const ALL = ['COMPLETED', 'FAILED'];

// SAP Help, Specify the Runtime Configuration: Message Processing Log
test('a flow is logged as its runtime configuration says', async () => {
  for (const log of ['All events', 'All Events', '', 'something else']) {
    assert.deepEqual(await loggedWith({ log }), ALL, log);
  }
  for (const log of ['Error events', 'Error Events']) {
    assert.deepEqual(await loggedWith({ log }), ['FAILED ERROR'], log);
  }
  for (const log of ['No logging', 'No Logging']) assert.deepEqual(await loggedWith({ log }), []);
});

// SAP Help, Headers and Exchange Properties: SAP_MessageProcessingLogLevel
test('a message is logged as its header says where the flow allows that header', async () => {
  const allowing = { allowedHeaderList: 'SAP_MessageProcessingLogLevel' };
  assert.deepEqual(await loggedWith(allowing, 'NONE'), []);
  assert.deepEqual(await loggedWith(allowing, 'error'), ['FAILED ERROR']);
  for (const level of ['INFO', 'Debug']) {
    assert.deepEqual(await loggedWith({ ...allowing, log: 'No logging' }, level), ALL);
  }
  for (const level of ['TRACE', '', 'constructor', ['NONE', 'NONE']]) {
    assert.deepEqual(await loggedWith(allowing, level), ALL);
  }
});

test('a caller hides nothing from the log of a flow that does not allow the header', async () => {
  assert.deepEqual(await loggedWith({ allowedHeaderList: 'X-Order' }, 'NONE'), ALL);
  assert.deepEqual(await loggedWith({ log: 'Error events' }, 'NONE'), ['FAILED ERROR']);
});
