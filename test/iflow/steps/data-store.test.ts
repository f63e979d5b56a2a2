import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import type { Exchange } from '../../../shared/iflow/exchange.ts';
import { flowBundle, line, type NodeDescription, setBody } from '../../support/flow-bundle.ts';
import { exchangeOf, NOW, runBundle } from '../running.ts';
import { entryOf, openStores, type StoresUnderTest } from './stores.ts';

const DAY_MS = 86_400_000;

let under: StoresUnderTest;
before(async () => {
  under = await openStores();
});

const step = (cname: string, properties: Record<string, string>, id = cname): NodeDescription => ({
  id,
  cname,
  properties: { visibility: 'global', ...properties },
});

/** Runs a flow of these steps. */
async function run(
  exchange: Exchange,
  nodes: readonly NodeDescription[],
  now = NOW,
): Promise<void> {
  const zip = flowBundle({ processes: [line(...nodes)] });
  await runBundle(zip, exchange, under.environment(now));
}

const fails = (work: Promise<unknown>, reason: string, text: RegExp): Promise<void> =>
  assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof FlowFailure, String(error));
    assert.equal(error.reason, reason, error.message);
    assert.match(error.message, text);
    return true;
  });

test('Write keeps the message under its Entry ID, and Get brings it to another message', async () => {
  const put = step('put', { storageName: 'Orders', messageId: 'order-${header.no}' });
  const written = exchangeOf('<order/>', { no: 7 }, { SAP_MessageProcessingLogID: 'MPL1' });
  await run(written, [put]);
  assert.equal(written.body, '<order/>', 'the message goes on as it is');

  const exchange = exchangeOf('other', { kept: 'yes' });
  await run(exchange, [step('get', { storageName: 'Orders', dataStoreId: 'order-7' })]);
  assert.equal(exchange.body, '<order/>');
  assert.deepEqual(
    [...exchange.headers],
    [
      ['kept', 'yes'],
      ['SAP_DatastoreEntryFound', 'true'],
      ['SAP_DataStoreCreatedAt', NOW],
      ['SAP_DataStoreExpiresAt', NOW + 30 * DAY_MS],
    ],
  );
  const [entry] = await under.stores.select(
    { flowId: '', name: 'Orders' },
    { entries: 1, bytes: 1 },
  );
  assert.equal(entry?.messageId, 'MPL1');
  assert.equal(entry.dueAt, NOW + 2 * DAY_MS);
});

test('headers are kept where that is asked for, but for Camel’s and SAP’s', async () => {
  const headers = { Plain: 'a', camelHttpMethod: 'POST', SAP_Sender: 'S', SapDataStoreId: 'h' };
  const put = step('put', { storageName: 'Heads', includeMessageHeaders: 'true' });
  await run(exchangeOf('x', headers), [put]);
  const exchange = exchangeOf();
  await run(exchange, [step('get', { storageName: 'Heads', dataStoreId: 'h' })]);
  assert.equal(exchange.headers.get('Plain'), 'a');
  assert.equal(exchange.headers.has('CamelHttpMethod'), false);
  assert.equal(exchange.headers.has('SAP_Sender'), false);
});

test('without an Entry ID the header SapDataStoreId counts, and without it an id is made and set', async () => {
  const put = step('put', { storageName: 'Ids', messageId: '' });
  await run(exchangeOf('by header', { SapDataStoreId: 'mine' }), [put]);
  const made = exchangeOf('made');
  await run(made, [put]);
  const id = made.headers.get('SapDataStoreId');
  assert.ok(typeof id === 'string');
  assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const store = { flowId: '', name: 'Ids' };
  assert.equal((await under.stores.get(store, 'mine'))?.content.body, 'by header');
  assert.equal((await under.stores.get(store, id))?.content.body, 'made');
});

test('an entry that is there already fails the step with SAP’s exception, and stays', async () => {
  const put = step('put', { storageName: 'Twice', messageId: '1' });
  await run(exchangeOf('first'), [put]);
  await fails(run(exchangeOf('second'), [put]), 'duplicate_entry', /^DuplicateEntryException: /);
  const store = { flowId: '', name: 'Twice' };
  assert.equal((await under.stores.get(store, '1'))?.content.body, 'first');
  const overwriting = step('put', { storageName: 'Twice', messageId: '1', override: 'true' });
  await run(exchangeOf('third'), [overwriting]);
  assert.equal((await under.stores.get(store, '1'))?.content.body, 'third');
});

test('a local store is the iFlow’s own, whatever others call theirs', async () => {
  const local = { storageName: 'Own', messageId: '1', dataStoreId: '1', visibility: 'local' };
  await run(exchangeOf('local'), [step('put', local)]);
  await run(exchangeOf('global'), [step('put', { ...local, visibility: 'global' })]);
  const exchange = exchangeOf();
  await run(exchange, [step('get', local)]);
  assert.equal(exchange.body, 'local');
  const other = flowBundle({ id: 'Other', processes: [line(step('get', local))] });
  await fails(runBundle(other, exchangeOf(), under.environment()), 'missing_entry', /no entry "1"/);
});

test('Get on a missing entry fails, or says so in a header and leaves the message', async () => {
  const get = { storageName: 'None', dataStoreId: 'x' };
  const failed = exchangeOf('b', { SAP_DatastoreEntryFound: 'true' });
  await fails(run(failed, [step('get', get)]), 'missing_entry', /no entry "x"/);
  assert.deepEqual([...failed.headers], [['SAP_DatastoreEntryFound', 'true']], 'as it was given');
  const exchange = exchangeOf('b');
  await run(exchange, [step('get', { ...get, stopOnMissingEntry: 'false' })]);
  assert.equal(exchange.body, 'b');
  assert.equal(exchange.headers.get('SAP_DataStoreEntryFound'), 'false');
});

test('an entry lives for its expiration period', async () => {
  await run(exchangeOf('x'), [step('put', { storageName: 'Days', messageId: '1', expire: '2' })]);
  const get = [step('get', { storageName: 'Days', dataStoreId: '1' })];
  await run(exchangeOf(), get, NOW + 2 * DAY_MS - 1);
  await fails(run(exchangeOf(), get, NOW + 2 * DAY_MS), 'missing_entry', /no entry/);
});

const OPERATIONS: readonly (readonly [string, Record<string, string>])[] = [
  ['get', { dataStoreId: '1' }],
  ['select', { maxresults: '5' }],
];
for (const [cname, properties] of OPERATIONS) {
  test(`Delete on Completion: ${cname} leaves the entry to a message that fails, and deletes it after one that does not`, async () => {
    const name = `Completed${cname}`;
    const store = { flowId: '', name };
    await under.stores.put(store, entryOf('1', '<a/>'), false);
    const read = step(cname, { ...properties, storageName: name, delete: 'true' });
    const fail = setBody('Fail', '${body.substring(900000)}');
    await fails(run(exchangeOf(), [read, fail]), 'expression', /substring/);
    assert.notEqual(await under.stores.get(store, '1'), undefined);
    await run(exchangeOf(), [read]);
    assert.equal(await under.stores.get(store, '1'), undefined);
  });
}

test('Delete on Completion: an entry that cannot be deleted keeps no other from it, and fails the message', async () => {
  const stores = { kept: { flowId: '', name: 'Kept' }, other: { flowId: '', name: 'Other' } };
  for (const store of Object.values(stores)) {
    await under.stores.put(store, entryOf('1', '<a/>'), false);
  }
  const environment = under.environment();
  const services = {
    ...environment.services,
    dataStores: async () => {
      const real = await environment.services.dataStores();
      const removeRead: typeof real.removeRead = (store, entries) =>
        store.name === 'Kept' ? Promise.reject(new Error('away')) : real.removeRead(store, entries);
      return { ...real, removeRead };
    },
  };
  const gets = ['Kept', 'Other'].map((storageName) =>
    step('get', { storageName, dataStoreId: '1', delete: 'true' }, storageName),
  );
  const bundle = flowBundle({ processes: [line(...gets)] });
  await assert.rejects(runBundle(bundle, exchangeOf(), { ...environment, services }), /away/);
  assert.notEqual(await under.stores.get(stores.kept, '1'), undefined);
  assert.equal(await under.stores.get(stores.other, '1'), undefined);
});

test('Select makes one document of the entries, without their declarations', async () => {
  const store = { flowId: '', name: 'Bulk' };
  await under.stores.put(
    store,
    entryOf('a"<&\n\u0001', '<?xml version="1.0"?>\n<one>é</one>'),
    false,
  );
  const exchange = exchangeOf();
  const select = [step('select', { storageName: 'Bulk', maxresults: '10' })];
  await run(exchange, select);
  assert.equal(
    exchange.body,
    '<?xml version="1.0" encoding="UTF-8"?>\n<messages>\n<message id="a&#34;&#60;&#38;&#10;\uFFFD"><one>é</one></message>\n</messages>',
  );
  await under.stores.put(store, entryOf('b', '\uFEFF<two/>'), false);
  await run(exchange, select);
  assert.match(exchange.body, /<message id="b"><two\/><\/message>/);
  const none = exchangeOf('x');
  await run(none, [step('select', { storageName: 'Nothing' })]);
  assert.equal(none.body, '<?xml version="1.0" encoding="UTF-8"?>\n<messages>\n</messages>');
});

test('Select takes as many as asked for: the header counts before the setting', async () => {
  const store = { flowId: '', name: 'Many' };
  for (let i = 0; i < 4; i += 1)
    await under.stores.put(store, entryOf(`${i}`, `<m>${i}</m>`), false);
  const taken = async (properties: Record<string, string>, headers = {}): Promise<number> => {
    const exchange = exchangeOf('<n>2</n>', headers);
    await run(exchange, [step('select', { storageName: 'Many', ...properties })]);
    return String(exchange.body).split('<message ').length - 1;
  };
  assert.equal(await taken({}), 1);
  assert.equal(await taken({ maxresults: '3' }), 3);
  assert.equal(await taken({ maxresults: '99999' }), 4);
  assert.equal(await taken({ maxresults: '${header.n}' }, { n: 2 }), 2);
  assert.equal(await taken({ maxresults: '${xpath./n}' }), 2);
  assert.equal(await taken({ maxresults: '3' }, { SapDataStoreMaxResults: '2' }), 2);
  const odd = run(exchangeOf('', { SapDataStoreMaxResults: '-1' }), [
    step('select', { storageName: 'Many' }),
  ]);
  await fails(odd, 'data_store', /"-1"; it is a whole number/);
});

test('Select reads each entry in the encoding that it names', async () => {
  const put = step('put', { storageName: 'Latin', messageId: '1' });
  const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', 'latin1');
  await run(exchangeOf(latin), [put]);
  const exchange = exchangeOf();
  await run(exchange, [step('select', { storageName: 'Latin' })]);
  assert.match(String(exchange.body), /<message id="1"><a>é<\/a><\/message>/);
});

test('Select fails on an entry that is not XML, names it, and deletes nothing', async () => {
  const store = { flowId: '', name: 'Mixed' };
  const bodies = [
    '{"json":1}',
    '<a/></message><message id="forged">',
    '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
  ];
  for (const body of bodies) {
    await under.stores.put(store, entryOf('bad', body), true);
    const select = step('select', { storageName: 'Mixed', delete: 'true' });
    await fails(run(exchangeOf(), [select]), 'not_xml', /entry "bad" cannot be read as XML/);
    assert.notEqual(await under.stores.get(store, 'bad'), undefined);
  }
});

test('Delete removes at once: by Entry ID, by header, by the body, and each node of an XPath', async () => {
  const store = { flowId: '', name: 'Gone' };
  for (const id of ['1', '2', '3', 'HT-1', 'HT-2', 'HT-3']) {
    await under.stores.put(store, entryOf(id, '<a/>'), false);
  }
  const remove = (messageId: string) => [step('delete', { storageName: 'Gone', messageId })];
  await run(exchangeOf(), remove('1'));
  await run(exchangeOf('', { SapDataStoreId: '2' }), remove(''));
  await run(exchangeOf('3'), remove(''));
  const body = '<Reviews><Review><Id>HT-1</Id></Review><Review><Id>HT-2</Id></Review></Reviews>';
  await run(exchangeOf(body), remove('${xpath./Reviews/Review/Id/text()}'));
  const left = await under.stores.select(store, { entries: 10, bytes: 1000 });
  assert.deepEqual(
    left.map(({ id }) => id),
    ['HT-3'],
  );
  await run(exchangeOf(body), remove('${xpath./Reviews/Review/Id/text()}'));
  await run(exchangeOf('<none/>'), remove('${xpath./Reviews/Review/Id}'));
});

test('Delete goes on for no longer than its message has time', async () => {
  const store = { flowId: '', name: 'Late' };
  for (const id of ['1', '2', '3', '4']) await under.stores.put(store, entryOf(id, '<a/>'), false);
  const properties = { storageName: 'Late', messageId: '${xpath./a/b}' };
  const zip = flowBundle({ processes: [line(step('delete', properties))] });
  let now = NOW;
  const environment = under.environment();
  const services = {
    ...environment.services,
    // Each deletion takes a hundred seconds.
    dataStores: async () => ({
      ...(await environment.services.dataStores()),
      remove: (...asked: Parameters<typeof under.stores.remove>) => {
        now += 100_000;
        return under.stores.remove(...asked);
      },
    }),
  };
  const body = '<a><b>1</b><b>2</b><b>3</b><b>4</b></a>';
  const slow = { ...environment, services, now: () => now };
  await fails(runBundle(zip, exchangeOf(body), slow), 'timeout', /before all entries were deleted/);
  assert.equal((await under.stores.select(store, { entries: 9, bytes: 1000 })).length, 1);
});

test('an id of a message may be anything that is an id, and nothing else', async () => {
  const put = [step('put', { storageName: 'Odd', messageId: '${header.id}' })];
  for (const id of ['a/b\\c#d?e', '😀', "'; drop", '%00', ' '.repeat(255)]) {
    await run(exchangeOf(id, { id }), put);
    assert.equal((await under.stores.get({ flowId: '', name: 'Odd' }, id))?.content.body, id);
  }
  for (const id of ['', 'x'.repeat(256), 'x'.repeat(10_000)]) {
    await fails(run(exchangeOf('x', { id }), put), 'data_store', /1 to 255 characters/);
  }
});

test('a store’s name that a message gives has to be one', async () => {
  const put = [step('put', { storageName: '${header.name}', messageId: '1' })];
  for (const name of ['', 'two words', 'x'.repeat(41)]) {
    await fails(run(exchangeOf('x', { name }), put), 'data_store', /1 to 40 characters/);
  }
  const variables = run(exchangeOf('x', { name: 'sap_global_store' }), put);
  await fails(variables, 'data_store', /holds variables/);
});

test('a message above 40 MB is not kept', async () => {
  const put = [step('put', { storageName: 'Large', messageId: '1' })];
  const exchange = exchangeOf('x'.repeat(40 * 1024 * 1024));
  await fails(run(exchange, put), 'too_large', /above 41943040 bytes/);
  assert.equal(await under.stores.get({ flowId: '', name: 'Large' }, '1'), undefined);
});

test('settings that cannot be are refused at deployment, each by name', async () => {
  const { compileBundle } = await import('../../../shared/iflow/compile.ts');
  const { NotDeployable } = await import('../../../shared/iflow/flow.ts');
  const nodes = [
    step('put', {
      storageName: 'two words',
      messageId: '${unknown}',
      visibility: 'odd',
      expire: '181',
      alert: '0',
      override: 'maybe',
    }),
    step('get', { storageName: 'sap_global_store', dataStoreId: '${xpath./[}' }),
    step('select', { storageName: 'S', maxresults: '0' }),
    step('delete', { storageName: '', messageId: '1' }),
  ];
  assert.throws(
    () => compileBundle(flowBundle({ processes: [line(...nodes)] })),
    (error: unknown) => {
      assert.ok(error instanceof NotDeployable);
      assert.deepEqual(error.faults, [
        'Step "put" (put) works on a data store that has the name "two words"; it is a text of 1 to 40 characters without spaces.',
        'Step "put" (put) has the visibility "odd".',
        'Step "put" (put) cannot set the entry ID: the expression ${unknown} is not available yet.',
        'Step "put" (put) has "maybe" for override; it is true or false.',
        'Step "put" (put) has the retention threshold "0"; it is 1 to 180 days.',
        'Step "put" (put) has the expiration period "181"; it is 1 to 180 days.',
        'Step "get" (get) works on the data store sap_global_store, which holds variables.',
        'Step "get" (get) cannot set the entry ID: the XPath /[ is not well-formed or not available.',
        'Step "select" (select) polls "0" messages; it is a whole number from 1 on.',
        'Step "delete" (delete) works on a data store that has the name ""; it is a text of 1 to 40 characters without spaces.',
      ]);
      return true;
    },
  );
});
