import { bundleIdentity, decodeUtf8 } from '../bundle/bundle.ts';
import { BundleFault } from '../bundle/fault.ts';
import { inflate, readZip } from '../bundle/unzip.ts';
import type { XmlElement } from '../xml/nodes.ts';
import { readXml, XmlError } from '../xml/read-xml.ts';
import type { CompiledValueMapping, ValueOwner, ValueTable } from './compiled.ts';

const FILE = 'value_mapping.xml';
const XML_LIMITS = { maxCharacters: 16_000_000, maxDepth: 20, maxNodes: 1_000_000 };
/** Values of all tables together. */
const MOST_VALUES = 100_000;
/** Agencies and identifiers of one group; SAP's editor makes groups of two. */
const MOST_ENTRIES = 100;

interface Entry {
  readonly owner: ValueOwner;
  readonly value: string;
  readonly isDefault: boolean;
}

/**
 * Compiles a value mapping: each group says that its entries are different names of one thing. Where a
 * value is in several groups, its name is that of the target entry marked as the default (SAP Help,
 * Editing Value Mapping), else that of the first group.
 * @throws {BundleFault} with every fault at once.
 */
export function compileValueMapping(zip: Uint8Array): CompiledValueMapping {
  const { kind } = bundleIdentity(zip);
  if (kind !== 'ValueMapping') {
    throw new BundleFault([`The bundle is a ${kind}, not a ValueMapping.`]);
  }
  const tables = new Map<string, Table>();
  let values = 0;
  for (const entries of readGroups(zip)) {
    for (const source of entries) {
      for (const target of entries) {
        if (isSame(source.owner, target.owner)) continue;
        const table = tableOf(tables, source.owner, target.owner);
        const earlier = table.values.get(source.value);
        if (earlier === undefined) values += 1;
        if (values > MOST_VALUES) {
          throw new BundleFault([
            `A value mapping may map ${MOST_VALUES} values, each way counted.`,
          ]);
        }
        if (earlier === undefined || (target.isDefault && !earlier.isDefault)) {
          table.values.set(source.value, target);
        }
      }
    }
  }
  return {
    format: 1,
    tables: [...tables.values()].map(({ source, target, values: entries }): ValueTable => ({
      source,
      target,
      values: [...entries].map(([value, mapped]) => [value, mapped.value] as const),
    })),
  };
}

interface Table {
  readonly source: ValueOwner;
  readonly target: ValueOwner;
  readonly values: Map<string, Entry>;
}

function tableOf(tables: Map<string, Table>, source: ValueOwner, target: ValueOwner): Table {
  const key = JSON.stringify([source, target]);
  const found = tables.get(key);
  if (found !== undefined) return found;
  const made: Table = { source, target, values: new Map() };
  tables.set(key, made);
  return made;
}

const isSame = (a: ValueOwner, b: ValueOwner): boolean => a[0] === b[0] && a[1] === b[1];

function readGroups(zip: Uint8Array): Entry[][] {
  const root = readFile(zip);
  if (root.localName !== 'vm') throw new BundleFault([`The root element of ${FILE} is not vm.`]);
  const faults: string[] = [];
  const groups = root.elements('group').map((group, i) => {
    const shown = JSON.stringify((group.attribute('id') || String(i + 1)).slice(0, 100));
    const entries = group.elements('entry');
    if (entries.length < 2 || entries.length > MOST_ENTRIES) {
      faults.push(
        `The group ${shown} of ${FILE} has ${entries.length} entries; it needs 2 to ${MOST_ENTRIES}.`,
      );
      return [];
    }
    return entries.map((entry) => {
      const text = (name: string): string => entry.elements(name)[0]?.textContent ?? '';
      const owner = [text('agency'), text('schema')] as const;
      if (owner.includes('')) {
        faults.push(`An entry of the group ${shown} of ${FILE} has no agency or no schema.`);
      }
      return { owner, value: text('value'), isDefault: entry.attribute('isDefault') === 'true' };
    });
  });
  if (faults.length > 0) throw new BundleFault([...new Set(faults)]);
  return groups;
}

function readFile(zip: Uint8Array): XmlElement {
  const entry = readZip(zip).get(FILE);
  if (entry === undefined) throw new BundleFault([`The bundle has no file ${FILE}.`]);
  if (entry.size > XML_LIMITS.maxCharacters) {
    throw new BundleFault([`The file ${FILE} is too large.`]);
  }
  try {
    return readXml(decodeUtf8(inflate(entry), FILE), XML_LIMITS).documentElement;
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new BundleFault(
      [`The file ${FILE} is not XML that can be read: ${error.message}.`],
      error,
    );
  }
}
