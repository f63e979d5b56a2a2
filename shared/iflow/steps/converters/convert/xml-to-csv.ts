import { grown, type GrowingText, joinTexts, textOf } from '../../../large-text.ts';
import { parseXml } from '../../../xml/parse-xml.ts';
import {
  type ParsedAttribute,
  XmlError,
  type XmlHandler,
  type XmlName,
  XMLNS_NAMESPACE,
} from '../../../xml/xml-handler.ts';
import { CsvTable } from './csv-table.ts';
import { SPACE_ONLY } from './member-names.ts';
import { MAX_XML_CHARACTERS } from './xml-to-json.ts';

export interface XmlToCsvSettings {
  /** From the root to the elements that become lines. */
  readonly path: readonly ElementName[];
  /** How many of those steps lead to the parent whose own fields come first; 0 for none. */
  readonly parentDepth: number;
  readonly separator: string;
  readonly includeAttributes: boolean;
  /** Null: no header line. Else what stands in it for an element, where that is not its name. */
  readonly headers: Readonly<Record<string, string>> | null;
}

export interface ElementName {
  readonly localName: string;
  /** '' for none. */
  readonly namespace: string;
}

const LIMITS = { maxCharacters: MAX_XML_CHARACTERS, maxDepth: 500, maxNodes: 10_000_000 };

/**
 * Converts XML to CSV (SAP Help, Configure XML to CSV Converter): each element at the end of the
 * path is a line, each element in it a field. The fields of a parent, where they are asked for,
 * stand before its lines, with an empty line between.
 * @throws {XmlError} with a clause about the XML.
 */
export function xmlToCsv(xml: string, settings: XmlToCsvSettings): string {
  const collector = new RecordCollector(settings);
  parseXml(xml, LIMITS, collector);
  const { headers, separator } = settings;
  const headerOf =
    headers === null
      ? null
      : (name: string) => (Object.hasOwn(headers, name) ? (headers[name] ?? name) : name);
  const tables = collector.blocks
    .flatMap(({ parent, records }) => [parent, records])
    .map((table) => table.csv(separator, headerOf))
    .filter((csv) => csv !== '');
  return joinTexts(tables.flatMap((csv, i) => (i === 0 ? [csv] : ['\n\n', csv])));
}

/** A parent and the records in it; without parents there is one block for all records. */
interface Block {
  readonly parent: CsvTable;
  readonly records: CsvTable;
}

interface Open {
  readonly name: string;
  readonly kind: 'path' | 'parent' | 'parent-field' | 'record' | 'field' | 'other';
  text: string | GrowingText;
  hasElements: boolean;
}

/** Each has two tables. */
const MAX_PARENTS = 100_000;

function tooManyLines(): XmlError {
  return new XmlError('it has more lines than a table can have');
}

class RecordCollector implements XmlHandler {
  readonly blocks: Block[] = [];
  readonly #settings: XmlToCsvSettings;
  readonly #open: Open[] = [];

  constructor(settings: XmlToCsvSettings) {
    this.#settings = settings;
    if (settings.parentDepth === 0) this.#startBlock();
  }

  startElement(
    { localName: name }: XmlName,
    namespaceURI: string | null,
    attributes: readonly ParsedAttribute[],
  ): void {
    const above = this.#open.at(-1);
    if (above?.kind === 'field') {
      throw new XmlError(`<${above.name}> has elements in it, which a field of a line cannot hold`);
    }
    if (above !== undefined) above.hasElements = true;
    const kind = this.#kindOf(name, namespaceURI ?? '', above);
    this.#open.push({ name, kind, text: '', hasElements: false });
    if (kind === 'parent') this.#startBlock().parent.startRow();
    if (kind === 'record' && this.blocks.at(-1)?.records.startRow() !== true) throw tooManyLines();
    if ((kind !== 'parent' && kind !== 'record') || !this.#settings.includeAttributes) return;
    for (const { localName, namespaceURI: uri, value } of attributes) {
      if (uri !== XMLNS_NAMESPACE) this.#add(kind, localName, value);
    }
  }

  endElement(): void {
    const element = this.#open.pop();
    if (element === undefined) return;
    const { name, kind, hasElements } = element;
    const text = textOf(element.text);
    if (kind === 'field') this.#add('record', name, text);
    else if (kind === 'parent-field' && !hasElements) this.#add('parent', name, text);
    else if (kind === 'record' && !SPACE_ONLY.test(text)) {
      if (hasElements) {
        throw new XmlError(`<${name}> has text beside its fields, which a line cannot hold`);
      }
      this.#add('record', name, text);
    }
  }

  text(data: string): void {
    const element = this.#open.at(-1);
    if (element === undefined || element.kind === 'other') return;
    element.text = grown(element.text, data);
  }

  comment(): void {
    // Not represented in CSV.
  }

  instruction(): void {
    // Not represented in CSV.
  }

  #kindOf(localName: string, namespace: string, above: Open | undefined): Open['kind'] {
    const { path, parentDepth } = this.#settings;
    const isWithinPath = above === undefined || above.kind === 'path' || above.kind === 'parent';
    const step = path[this.#open.length];
    if (isWithinPath && step?.localName === localName && step.namespace === namespace) {
      const depth = this.#open.length + 1;
      if (depth === path.length) return 'record';
      return depth === parentDepth ? 'parent' : 'path';
    }
    if (above?.kind === 'record') return 'field';
    return above?.kind === 'parent' ? 'parent-field' : 'other';
  }

  #startBlock(): Block {
    const block = { parent: new CsvTable(), records: new CsvTable() };
    this.blocks.push(block);
    if (this.blocks.length > MAX_PARENTS) throw tooManyLines();
    return block;
  }

  #add(kind: 'parent' | 'record', name: string, value: string): void {
    const block = this.blocks.at(-1);
    const table = kind === 'parent' ? block?.parent : block?.records;
    if (table?.add(name, value) === true) return;
    throw new XmlError('its lines have more fields than a table can have');
  }
}
