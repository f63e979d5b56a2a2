import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import type { DataStores } from '../../../shared/iflow/services/data-stores.ts';
import {
  flowBundle,
  type GraphDescription,
  line,
  type NodeDescription,
  setBody,
} from '../../support/flow-bundle.ts';
import { environmentOf, exchangeOf, noServices, runBundle } from '../running.ts';
import { entryOf, openStores, type StoresUnderTest } from './stores.ts';

// SAP Help, Define Transaction Handling
const REQUIRED = { properties: { transactionalHandling: 'Required' } };
const NOT_REQUIRED = { properties: { transactionalHandling: 'Not Required' } };

let under: StoresUnderTest;
before(async () => {
  under = await openStores();
});

const step = (cname: string, id: string, properties: Record<string, string>): NodeDescription => ({
  id,
  cname,
  properties: { visibility: 'global', ...properties },
});
const put = (store: string, entry: string, more: Record<string, string> = {}): NodeDescription =>
  step('put', `Put_${entry}`, { storageName: store, messageId: entry, ...more });
const get = (store: string, entry: string, more: Record<string, string> = {}): NodeDescription =>
  step('get', `Get_${entry}`, { storageName: store, dataStoreId: entry, ...more });
const remove = (store: string, entry: string): NodeDescription =>
  step('delete', `Delete_${entry}`, { storageName: store, messageId: entry });
const variable = (name: string): NodeDescription => ({
  id: 'Keep',
  cname: 'Variables',
  properties: {
    variable: `<row><cell>${name}</cell><cell></cell><cell>constant</cell><cell>kept</cell><cell>global</cell></row>`,
  },
});
/** Fails at its error end. */
const failing = (...nodes: readonly NodeDescription[]): GraphDescription => ({
  nodes: [
    { id: 'Start_1', cname: 'MessageStartEvent' },
    ...nodes,
    { id: 'Fails', cname: 'ErrorEndEvent' },
  ],
});

const run = async (zip: Uint8Array, body = 'new'): Promise<string> => {
  const exchange = exchangeOf(body);
  await runBundle(zip, exchange, under.environment());
  return String(exchange.body);
};
const failed = (work: Promise<unknown>, reason = 'error_end'): Promise<void> =>
  assert.rejects(work, (error) => error instanceof FlowFailure && error.reason === reason);
const idsIn = async (name: string): Promise<string[]> => {
  const entries = await under.stores.select({ flowId: '', name }, { entries: 100, bytes: 1e6 });
  return entries.map(({ id }) => id).sort();
};

test('a process with Required for JDBC that fails writes and deletes nothing', async () => {
  await under.stores.put({ flowId: '', name: 'Failing' }, entryOf('old', 'old'), false);
  const steps = [
    put('Failing', 'a'),
    put('Failing', 'b'),
    remove('Failing', 'old'),
    variable('T1'),
  ];
  await failed(run(flowBundle({ processes: [{ ...failing(...steps), ...REQUIRED }] })));
  assert.deepEqual(await idsIn('Failing'), ['old']);
  assert.equal(await under.variables.read('', 'T1'), undefined);
});

test('with Not Required each step counts when it is through, also when the process fails', async () => {
  const steps = [put('Single', 'a'), variable('T2')];
  await failed(run(flowBundle({ processes: [{ ...failing(...steps), ...NOT_REQUIRED }] })));
  assert.deepEqual(await idsIn('Single'), ['a']);
  assert.equal(await under.variables.read('', 'T2'), 'kept');
});

test('its own steps see what it has written, and all is there when it is through', async () => {
  const name = { flowId: '', name: 'Seen' };
  await under.stores.put(name, entryOf('replaced', 'old'), false);
  const select = step('select', 'Select', { storageName: 'Seen', maxresults: '10' });
  const steps = [
    put('Seen', 'a'),
    put('Seen', 'b'),
    put('Seen', 'replaced', { override: 'true' }),
    remove('Seen', 'b'),
    variable('T3'),
    setBody('Other', 'other'),
    get('Seen', 'a'),
    select,
  ];
  const zip = flowBundle({ processes: [{ ...line(...steps), ...REQUIRED }] });
  const selected = await run(zip, '<new/>');
  const messages = [...selected.matchAll(/<message id="(\w+)">(.*?)<\/message>/g)];
  assert.deepEqual(messages.map(([, id, body]) => `${id} ${body}`).sort(), [
    'a <new/>',
    'replaced <new/>',
  ]);
  assert.deepEqual(await idsIn('Seen'), ['a', 'replaced']);
  assert.equal((await under.stores.get(name, 'replaced'))?.content.body, '<new/>');
  assert.equal(await under.variables.read('', 'T3'), 'kept');
  const gone = [{ ...line(remove('Seen', 'a'), get('Seen', 'a')), ...REQUIRED }];
  await failed(run(flowBundle({ processes: gone })), 'missing_entry');
  assert.deepEqual(await idsIn('Seen'), ['a', 'replaced'], 'the Delete was of the one that failed');
});

test('a second Write of an entry fails within the transaction, and nothing is left of the first', async () => {
  const steps = [put('Twice', 'a'), { ...put('Twice', 'a'), id: 'Again' }];
  await failed(
    run(flowBundle({ processes: [{ ...line(...steps), ...REQUIRED }] })),
    'duplicate_entry',
  );
  assert.deepEqual(await idsIn('Twice'), []);
});

test('an entry that another message has made in the meantime fails the process, which writes nothing', async () => {
  const name = { flowId: '', name: 'Raced' };
  const zip = flowBundle({
    processes: [{ ...line(put('Raced', 'a'), put('Raced', 'b'), variable('T4')), ...REQUIRED }],
  });
  const environment = under.environment();
  const racing: DataStores = await environment.services.dataStores();
  const original = racing.put.bind(racing);
  racing.put = async (store, entry, override) => {
    if (entry.id === 'b') await original(name, entryOf('b', 'of another'), false);
    return original(store, entry, override);
  };
  await failed(runBundle(zip, exchangeOf('new'), environment), 'duplicate_entry');
  assert.deepEqual(await idsIn('Raced'), ['b']);
  assert.equal((await under.stores.get(name, 'b'))?.content.body, 'of another');
  assert.equal(await under.variables.read('', 'T4'), undefined);
});

test('Delete on Completion removes what the transaction has written itself', async () => {
  const zip = flowBundle({
    processes: [{ ...line(put('Own', 'a'), get('Own', 'a', { delete: 'true' })), ...REQUIRED }],
  });
  await run(zip);
  assert.deepEqual(await idsIn('Own'), []);
});

test('a local process with Required has its own transaction; one From Calling Process that of its caller', async () => {
  const call = { id: 'Call', cname: 'NonLoopingProcess', properties: { processId: 'Local' } };
  const local = (entry: string, transactionalHandling: string) => ({
    id: 'Local',
    local: true,
    properties: { transactionalHandling },
    nodes: [{ id: 'S', cname: 'StartEvent' }, put('Local', entry), { id: 'E', cname: 'EndEvent' }],
  });
  const own = [{ ...failing(call), ...NOT_REQUIRED }, local('own', 'Required')];
  await failed(run(flowBundle({ processes: own })));
  assert.deepEqual(await idsIn('Local'), ['own'], 'it was through before its caller failed');
  for (const handling of ['From Calling Process', 'Required']) {
    const joined = [{ ...failing(call), ...REQUIRED }, local('joined', handling)];
    await failed(run(flowBundle({ processes: joined })));
  }
  assert.deepEqual(await idsIn('Local'), ['own']);
});

test('a process that its exception subprocess has brought to its end has not failed', async () => {
  const exception: GraphDescription = {
    nodes: [
      { id: 'Caught', cname: 'ErrorStartEvent' },
      put('Handled', 'handled'),
      { id: 'Handled', cname: 'MessageEndEvent' },
    ],
  };
  const missing = get('Handled', 'missing');
  const zip = flowBundle({
    processes: [{ ...line(put('Handled', 'a'), missing), ...REQUIRED, exception }],
  });
  await run(zip);
  assert.deepEqual(await idsIn('Handled'), ['a', 'handled']);
});

test('an entry that was there already fails the transaction, also where an exception subprocess has caught it (SAP Help, Define Exception Subprocess)', async () => {
  await under.stores.put({ flowId: '', name: 'Rolled' }, entryOf('old', 'old'), false);
  const exception: GraphDescription = {
    nodes: [
      { id: 'Caught', cname: 'ErrorStartEvent' },
      put('Rolled', 'handled'),
      setBody('Told', 'caught'),
      { id: 'Handled', cname: 'MessageEndEvent' },
    ],
  };
  const steps = line(put('Rolled', 'a'), put('Rolled', 'old'));
  const exchange = exchangeOf('new');
  const zip = flowBundle({ processes: [{ ...steps, ...REQUIRED, exception }] });
  await failed(runBundle(zip, exchange, under.environment()), 'duplicate_entry');
  assert.equal(exchange.body, 'caught');
  assert.deepEqual(await idsIn('Rolled'), ['old']);
  // Without a transaction each Write counts for itself.
  const single = flowBundle({ processes: [{ ...steps, ...NOT_REQUIRED, exception }] });
  assert.equal(await run(single), 'caught');
  assert.deepEqual(await idsIn('Rolled'), ['a', 'handled', 'old']);
});

test('the caller of a local process catches no failure of its commit (SAP Help, Define Exception Subprocess)', async () => {
  const exception: GraphDescription = {
    nodes: [
      { id: 'Caught', cname: 'ErrorStartEvent' },
      setBody('Told', 'caught'),
      { id: 'Handled', cname: 'MessageEndEvent' },
    ],
  };
  const call = { id: 'Call', cname: 'NonLoopingProcess', properties: { processId: 'Local' } };
  const local = {
    id: 'Local',
    local: true,
    ...REQUIRED,
    nodes: [{ id: 'S', cname: 'StartEvent' }, put('Commit', 'a'), { id: 'E', cname: 'EndEvent' }],
  };
  const zip = flowBundle({ processes: [{ ...line(call), exception }, local] });
  const environment = under.environment();
  const racing: DataStores = await environment.services.dataStores();
  racing.put = () => Promise.resolve(false);
  const exchange = exchangeOf('new');
  await failed(runBundle(zip, exchange, environment), 'duplicate_entry');
  assert.equal(exchange.body, 'new');
  assert.deepEqual(await idsIn('Commit'), []);
});

test('what a transaction keeps counts for what the message holds', async () => {
  const large = Array.from({ length: 8 }, (_, i) => put('Large', `e${i}`));
  const zip = flowBundle({ processes: [{ ...line(...large), ...REQUIRED }] });
  const written: string[] = [];
  const stores = {
    get: () => Promise.resolve(undefined),
    put: (_: unknown, { id }: { id: string }) => Promise.resolve(written.push(id) > 0),
  } as unknown as DataStores;
  const services = { ...noServices, dataStores: () => Promise.resolve(stores) };
  const environment = { ...environmentOf(), services };
  await failed(runBundle(zip, exchangeOf('x'.repeat(38 << 20)), environment), 'too_large');
  assert.deepEqual(written, []);
});
