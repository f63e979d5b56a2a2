import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { compileBundle } from '../../../shared/iflow/compile.ts';
import { FlowFailure } from '../../../shared/iflow/engine.ts';
import type { Exchange } from '../../../shared/iflow/exchange.ts';
import { NotDeployable } from '../../../shared/iflow/flow.ts';
import { escapeXml } from '../../../shared/iflow/xml/write-xml.ts';
import { flowBundle, line, type NodeDescription } from '../../support/flow-bundle.ts';
import { exchangeOf, NOW, runBundle } from '../running.ts';
import { openStores, type StoresUnderTest } from './stores.ts';

const DAY_MS = 86_400_000;

let under: StoresUnderTest;
before(async () => {
  under = await openStores();
});

type Row = readonly [name: string, dataType: string, type: string, value: string, scope: string];

/** Write Variables as SAP's editor writes it. */
function write(...rows: readonly Row[]): NodeDescription {
  const cells = (row: Row): string => row.map((cell) => `<cell>${escapeXml(cell)}</cell>`).join('');
  const variable = rows.map((row) => `<row>${cells(row)}</row>`).join('');
  const properties = { variable, visibility: 'local', encrypt: 'true', expire: '90' };
  return { id: 'Write', cname: 'Variables', properties };
}

interface Read {
  readonly name: string;
  readonly from: string;
  readonly value: string;
  readonly fallback?: string;
}

/** A content modifier that reads variables into properties. */
function read(...rows: readonly Read[]): NodeDescription {
  const cell = (id: string, value: string): string => `<cell id='${id}'>${escapeXml(value)}</cell>`;
  const propertyTable = rows
    .map(({ name, from, value, fallback = '' }) => {
      const cells = { Action: 'Create', Type: from, Value: value, Default: fallback, Name: name };
      const written = Object.entries({ ...cells, Datatype: '' }).map(([id, v]) => cell(id, v));
      return `<row>${written.join('')}</row>`;
    })
    .join('');
  return { id: 'Read', cname: 'Enricher', properties: { propertyTable } };
}

const LOCAL = 'persisted variables';
const GLOBAL = 'global persisted variables';

async function run(
  exchange: Exchange,
  nodes: readonly NodeDescription[],
  { id = 'Tested', now = NOW } = {},
): Promise<Exchange> {
  const zip = flowBundle({ id, processes: [line(...nodes)] });
  await runBundle(zip, exchange, under.environment(now));
  return exchange;
}

const property = async (row: Omit<Read, 'name'>, flow = 'Tested', now = NOW): Promise<unknown> =>
  (await run(exchangeOf(), [read({ name: 'p', ...row })], { id: flow, now })).properties.get('p');

test('variables are written from every source, and a later message reads them', async () => {
  const step = write(
    ['Constant', '', 'constant', '2026', 'local'],
    ['Header', '', 'header', 'h', 'local'],
    ['Property', '', 'property', 'p', 'local'],
    ['Expression', 'java.lang.String', 'expression', '${date:now:yyyy-MM-dd}-${in.body}', 'local'],
    ['XPath', 'java.lang.String', 'xpath', '//id', 'local'],
    ['Count', 'java.lang.Integer', 'xpath', 'count(//id)', 'local'],
    ['${header.h}', '', 'constant', 'by name', 'local'],
  );
  await run(exchangeOf('<a><id>7</id></a>', { h: 'H' }, { p: { list: [1, 'two'] } }), [step]);
  const names = ['Constant', 'Header', 'Property', 'Expression', 'XPath', 'Count', 'H'];
  const rows = names.map((name) => ({ name, from: LOCAL, value: name }));
  const { properties } = await run(exchangeOf(), [read(...rows)]);
  assert.deepEqual(Object.fromEntries(properties), {
    Constant: '2026',
    Header: 'H',
    Property: { list: [1, 'two'] },
    Expression: '2026-01-02-<a><id>7</id></a>',
    XPath: '7',
    Count: 1,
    H: 'by name',
  });
});

test('a local variable is its iFlow’s own, a global one everybody’s', async () => {
  await run(exchangeOf(), [
    write(['Mine', '', 'constant', 'local', 'local'], ['Ours', '', 'constant', 'global', 'global']),
  ]);
  assert.equal(await property({ from: GLOBAL, value: 'Ours' }, 'Other'), 'global');
  assert.equal(await property({ from: LOCAL, value: 'Mine' }, 'Other'), '');
  assert.equal(await property({ from: GLOBAL, value: 'Mine' }), '');
  assert.equal(await property({ from: LOCAL, value: 'Ours' }), '');
});

test('a variable of bytes is the text that they are in UTF-8', async () => {
  const step = write(['Bytes', '', 'property', 'kept', 'local']);
  await run(exchangeOf('', {}, { kept: Buffer.from('ä\xff', 'latin1') }), [step]);
  assert.equal(await property({ from: LOCAL, value: 'Bytes' }), '\ufffd\ufffd');
});

test('a variable that is not there has the row’s default, be it empty (SAP Help, Define Content Modifier)', async () => {
  assert.equal(
    await property({ from: LOCAL, value: 'Never', fallback: '2000-01-01' }),
    '2000-01-01',
  );
  assert.equal(await property({ from: LOCAL, value: 'Never' }), '');
});

test('a variable is kept for 400 days after it was written last', async () => {
  const step = [write(['Kept', '', 'constant', 'x', 'global'])];
  await run(exchangeOf(), step);
  assert.equal(await property({ from: GLOBAL, value: 'Kept' }, 'Tested', NOW + 400 * DAY_MS), '');
  const later = NOW + 399 * DAY_MS;
  assert.equal(await property({ from: GLOBAL, value: 'Kept' }, 'Tested', later), 'x');
  await run(exchangeOf(), step, { now: later });
  assert.equal(await property({ from: GLOBAL, value: 'Kept' }, 'Tested', later + DAY_MS), 'x');
});

test('a data store Delete on sap_global_store deletes a variable', async () => {
  await run(exchangeOf(), [write(['Token', '', 'constant', 'x', 'local'])]);
  const properties = { storageName: 'sap_global_store', messageId: 'Token', visibility: 'local' };
  await run(exchangeOf(), [{ id: 'Delete', cname: 'delete', properties }]);
  assert.equal(await property({ from: LOCAL, value: 'Token' }), '');
});

test('a source without a value writes nothing, no other variable of the step either', async () => {
  const step = write(
    ['First', '', 'constant', 'new', 'local'],
    ['LastRun', '', 'property', 'missing', 'local'],
  );
  await run(exchangeOf(), [write(['LastRun', '', 'constant', 'before', 'local'])]);
  await assert.rejects(run(exchangeOf(), [step]), (error: unknown) => {
    assert.ok(error instanceof FlowFailure);
    assert.match(error.message, /"LastRun" is not written: its source has no value/);
    return true;
  });
  assert.equal(await property({ from: LOCAL, value: 'LastRun' }), 'before');
  assert.equal(await property({ from: LOCAL, value: 'First' }), '');
});

test('names that a message gives are variables’ names or fail', async () => {
  const step = [write(['${header.name}', '', 'constant', 'x', 'global'])];
  for (const name of ['a/b\\c#d?e', '😀', 'x'.repeat(255)]) {
    await run(exchangeOf('', { name }), step);
    assert.equal(await property({ from: GLOBAL, value: name }), 'x');
  }
  const two = [
    write(
      ['Before', '', 'constant', 'x', 'global'],
      ['${header.name}', '', 'constant', 'x', 'global'],
    ),
  ];
  for (const name of ['', 'x'.repeat(256)]) {
    await assert.rejects(run(exchangeOf('', { name }), two), /name of the variable/);
  }
  assert.equal(await property({ from: GLOBAL, value: 'Before' }), '', 'nothing is written');
});

test('rows see what rows before them have set, variables among them', async () => {
  await run(exchangeOf(), [
    write(['Chain', '', 'constant', 'next', 'local'], ['next', '', 'constant', 'end', 'local']),
  ]);
  const step = read(
    { name: 'a', from: LOCAL, value: 'Chain' },
    { name: 'b', from: LOCAL, value: '${property.a}' },
    { name: 'c', from: 'expression', value: '${property.b}!' },
  );
  assert.equal((await run(exchangeOf(), [step])).properties.get('c'), 'end!');
});

test('rows that cannot be are refused at deployment', () => {
  const nodes = [
    write(
      ['', '', 'constant', 'x', 'local'],
      ['A', 'byte[]', 'constant', 'x', 'local'],
      ['B', '', 'cookie', 'x', 'local'],
      ['C', '', 'constant', 'x', 'room'],
    ),
    read({ name: 'x', from: LOCAL, value: '' }),
  ];
  assert.throws(
    () => compileBundle(flowBundle({ processes: [line(...nodes)] })),
    (error: unknown) => {
      assert.ok(error instanceof NotDeployable);
      assert.deepEqual(error.faults, [
        'Step "Write" (Variables) writes a variable without name.',
        'Step "Write" (Variables) has the data type "byte[]" for the variable "A", which is not available yet.',
        'Step "Write" (Variables) takes the value of the variable "B" from "cookie", which is not available yet.',
        'Step "Write" (Variables) has the scope "room" for the variable "C".',
        'Step "Read" (Enricher) names no variable for the property "x".',
      ]);
      return true;
    },
  );
});
