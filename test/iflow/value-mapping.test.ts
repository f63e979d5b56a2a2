import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BundleFault } from '../../shared/iflow/bundle/fault.ts';
import type { Deployment, DeploymentSnapshot } from '../../shared/iflow/deployment/deployment.ts';
import { compileValueMapping } from '../../shared/iflow/value-mapping/compile.ts';
import type { CompiledValueMapping } from '../../shared/iflow/value-mapping/compiled.ts';
import { createDeployedValueMappings } from '../../shared/iflow/value-mapping/deployed-value-mappings.ts';
import {
  scriptCollection,
  type ValueEntry,
  valueMapping,
  valueMappingOf,
} from '../support/content-package.ts';

const compile = (...groups: (readonly ValueEntry[])[]): CompiledValueMapping =>
  compileValueMapping(valueMapping({ id: 'vm' }, groups));

function faultsOf(zip: Uint8Array): string {
  try {
    compileValueMapping(zip);
  } catch (error) {
    if (error instanceof BundleFault) return error.faults.join('\n');
    throw error;
  }
  return '';
}

/** Deployed mappings, of which the first was deployed last. */
function deployed(...mappings: CompiledValueMapping[]) {
  const stored = new Map(mappings.map((mapping, i) => [`revision-${i}`, mapping]));
  const deployments = mappings.map((_, i) => deploymentOf(`vm${i}`, `revision-${i}`, 1000 - i));
  let snapshot: DeploymentSnapshot = { generation: '1', deployments };
  const reads: string[] = [];
  const ages: (number | undefined)[] = [];
  const service = createDeployedValueMappings({
    directory: {
      current: (maxAgeMs) => {
        ages.push(maxAgeMs);
        return Promise.resolve(snapshot);
      },
    },
    read: (revision) => {
      reads.push(revision);
      return Promise.resolve(stored.get(revision));
    },
  });
  return {
    service,
    stored,
    reads,
    ages,
    turnTo: (next: readonly Deployment[]) => {
      snapshot = { generation: String(Math.random()), deployments: next };
    },
  };
}

function deploymentOf(id: string, revision: string, deployedOn: number): Deployment {
  return {
    ...{ id, type: 'VALUE_MAPPING', name: id, version: '1.0.0', packageId: 'P', packageName: 'P' },
    ...{ status: 'STARTED', deployedBy: 'x', deployedOn, revision, addresses: [], faults: [] },
  };
}

const country: ValueEntry[][] = [
  [
    ['S4', 'Country', 'DE'],
    ['Concur', 'Currency', 'EUR'],
  ],
  [
    ['S4', 'Country', 'FR*'],
    ['Concur', 'Currency', 'EUR'],
  ],
  [
    ['S4', 'Country', 'IN'],
    ['Concur', 'Currency', 'INR'],
  ],
];

test('SAP Help, Editing Value Mapping: values map both ways, and where several do, to the default', async () => {
  const { service } = deployed(compile(...country));
  const map = (from: string, to: string, value: string): Promise<string | undefined> =>
    service.mappedValue(
      ...([from, from === 'S4' ? 'Country' : 'Currency', value] as const),
      ...([to, to === 'S4' ? 'Country' : 'Currency'] as const),
    );
  assert.equal(await map('S4', 'Concur', 'DE'), 'EUR');
  assert.equal(await map('S4', 'Concur', 'FR'), 'EUR');
  assert.equal(await map('Concur', 'S4', 'EUR'), 'FR');
  assert.equal(await map('Concur', 'S4', 'INR'), 'IN');
  assert.equal(await map('Concur', 'S4', 'USD'), undefined);
  assert.equal(await map('Concur', 'S4', 'eur'), undefined);
  assert.equal(await service.mappedValue('S4', 'Country', 'DE', 'S4', 'Country'), undefined);
  assert.equal(await service.mappedValue('__proto__', 'x', 'y', 'constructor', 'z'), undefined);
});

test('without a default the first group counts, and a group may have more than two entries', async () => {
  const { service } = deployed(
    compile(
      [
        ['A', 'i', '1'],
        ['B', 'i', 'one'],
        ['C', 'i', 'eins '],
      ],
      [
        ['A', 'i', '1'],
        ['B', 'i', 'uno'],
      ],
    ),
  );
  assert.equal(await service.mappedValue('A', 'i', '1', 'B', 'i'), 'one');
  assert.equal(await service.mappedValue('B', 'i', 'uno', 'A', 'i'), '1');
  assert.equal(await service.mappedValue('B', 'i', 'one', 'C', 'i'), 'eins ');
});

test('of several deployed mappings the one deployed last counts, and values that it has not come from the others', async () => {
  const ab = (value: string, mapped: string): readonly ValueEntry[] => [
    ['A', 'i', value],
    ['B', 'i', mapped],
  ];
  const { service, reads } = deployed(
    compile(ab('1', 'new')),
    compile(ab('1', 'old'), ab('2', 'b')),
  );
  assert.equal(await service.mappedValue('A', 'i', '1', 'B', 'i'), 'new');
  assert.equal(await service.mappedValue('A', 'i', '2', 'B', 'i'), 'b');
  await Promise.all(Array.from({ length: 50 }, () => service.mappedValue('A', 'i', '3', 'B', 'i')));
  assert.deepEqual(reads, ['revision-0', 'revision-1'], 'each is read once');
});

test('what is undeployed, in ERROR or of another type is not asked; what is deployed again is read anew', async () => {
  const ab = (mapped: string) =>
    compile([
      ['A', 'i', '1'],
      ['B', 'i', mapped],
    ]);
  const all = deployed(ab('first'));
  const ask = () => all.service.mappedValue('A', 'i', '1', 'B', 'i');
  assert.equal(await ask(), 'first');
  all.stored.set('next', ab('second'));
  all.turnTo([deploymentOf('vm0', 'next', 2000)]);
  assert.equal(await ask(), 'second');
  all.turnTo([{ ...deploymentOf('vm0', 'next', 2000), status: 'ERROR' }]);
  assert.equal(await ask(), undefined);
  all.turnTo([{ ...deploymentOf('vm0', 'next', 2000), type: 'SCRIPT_COLLECTION' }]);
  assert.equal(await ask(), undefined);
  all.turnTo([]);
  assert.equal(await ask(), undefined);
  assert.ok(
    all.ages.every((age) => age === undefined),
    'no lookup asks for more than the cache has',
  );
});

test('a mapping that is replaced between the list and its reading is found in the next list', async () => {
  const all = deployed(compile());
  all.stored.clear();
  const next = compile([
    ['A', 'i', '1'],
    ['B', 'i', 'x'],
  ]);
  const asked = all.service.mappedValue('A', 'i', '1', 'B', 'i');
  all.stored.set('next', next);
  all.turnTo([deploymentOf('vm0', 'next', 2000)]);
  assert.equal(await asked, 'x');
  assert.deepEqual(all.ages, [undefined, 0]);
});

test('what a value mapping has that cannot be read is told', () => {
  const of = (xml: string | undefined) => faultsOf(valueMappingOf({ id: 'vm' }, xml));
  const entry = '<entry><agency>A</agency><schema>i</schema><value>1</value></entry>';
  const other = entry.replace('A', 'B');
  assert.equal(of(`<vm><group id="g">${entry}${other}</group></vm>`), '');
  assert.match(of(undefined), /has no file value_mapping\.xml/);
  assert.match(of('<vm>'), /is not XML that can be read/);
  assert.match(of('<!DOCTYPE vm [<!ENTITY a "a">]><vm/>'), /document type declaration/);
  assert.match(of('<map/>'), /root element of value_mapping\.xml is not vm/);
  assert.match(of(`<vm><group id="g">${entry}</group></vm>`), /"g" .* has 1 entries/);
  assert.match(of(`<vm><group>${entry.repeat(101)}</group></vm>`), /"1" .* has 101 entries/);
  assert.match(
    of(`<vm><group id="g">${entry}<entry><agency/><schema>i</schema><value/></entry></group></vm>`),
    /An entry of the group "g" .* has no agency or no schema/,
  );
  assert.match(of(` ${'x'.repeat(16_000_001)}`), /is too large/);
  assert.match(faultsOf(scriptCollection({ id: 'sc' }, {})), /is a ScriptCollection/);
});

test('a value mapping with more values than may be held is refused', () => {
  // A group of a hundred entries maps 9,900 values.
  const groups = Array.from({ length: 11 }, (_, i) =>
    Array.from({ length: 100 }, (__, owner): ValueEntry => [`A${owner}`, 'i', String(i)]),
  );
  assert.match(faultsOf(valueMapping({ id: 'vm' }, groups)), /may map 100000 values/);
  assert.equal(faultsOf(valueMapping({ id: 'vm' }, groups.slice(1))), '');
});
