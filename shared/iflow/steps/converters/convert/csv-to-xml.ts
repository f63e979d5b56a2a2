import { CsvError, parse } from 'csv-parse/sync';
import { forbiddenCharacter } from '../../../xml/characters.ts';
import { escapeText } from '../../../xml/write-xml.ts';
import { TextChunks } from './text-chunks.ts';

export interface CsvToXmlSettings {
  readonly separator: string;
  /** Whether the first line names the columns; their order is that of the fields otherwise. */
  readonly header: 'none' | 'ignored' | 'names';
  /** Only lines that begin with it are taken; '' for all. */
  readonly marker: string;
  /** What stands around the records: start tags, from the root on, and end tags. */
  readonly before: string;
  readonly after: string;
  /** Name of the record's element, as it is written. */
  readonly record: string;
  /** In the order of the schema: the name that a column has, and the element's name as written. */
  readonly fields: readonly CsvField[];
}

export interface CsvField {
  readonly name: string;
  readonly tag: string;
}

/** Text that is no CSV, or cannot become the XML. `message` is a clause. */
export class CsvFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CsvFault';
  }
}

/**
 * Converts CSV (RFC 4180) to XML (SAP Help, Configure CSV to XML Converter): each line becomes an
 * element with a field for each value. Values beyond the fields of the schema are left out, fields
 * without a value in the line are not written.
 * @throws {CsvFault}
 */
export function csvToXml(csv: string, settings: CsvToXmlSettings): string {
  const { header, marker, fields } = settings;
  const xml = new TextChunks((chunk) => {
    if (forbiddenCharacter(chunk) < 0) return;
    throw new CsvFault('a value holds a character that XML does not allow');
  });
  xml.write(`<?xml version='1.0' encoding='UTF-8'?>${settings.before}`);
  let isHeader = header !== 'none';
  // Where a marker stands before the values, it is none of them.
  const offset = marker === '' || header === 'names' ? 0 : 1;
  let columns = fields.map((_, i) => i + offset);
  readLines(csv, settings.separator, (line) => {
    if (isHeader) {
      isHeader = false;
      if (header === 'names') columns = columnsOf(fields, line);
    } else if (marker === '' || line[0]?.trim() === marker) {
      writeRecord(xml, settings, columns, line);
    }
  });
  xml.write(settings.after);
  return xml.text();
}

function writeRecord(
  xml: TextChunks,
  { record, fields }: CsvToXmlSettings,
  columns: readonly number[],
  line: readonly string[],
): void {
  xml.write(`<${record}>`);
  fields.forEach(({ tag }, i) => {
    const value = line[columns[i] ?? -1];
    if (value === undefined) return;
    if (value === '') xml.write(`<${tag}/>`);
    else {
      xml.write(`<${tag}>`);
      xml.write(escapeText(value));
      xml.write(`</${tag}>`);
    }
  });
  xml.write(`</${record}>`);
}

/** Where each field stands in a line; -1 for one that has no column. */
function columnsOf(fields: readonly CsvField[], header: readonly string[]): number[] {
  const places = new Map<string, number>();
  const twice = new Set<string>();
  header.forEach((written, i) => {
    const name = written.trim();
    if (places.has(name)) twice.add(name);
    places.set(name, i);
  });
  const columns = fields.map(({ name }) => {
    if (twice.has(name)) {
      throw new CsvFault(`its first line names the column ${JSON.stringify(name)} twice`);
    }
    return places.get(name) ?? -1;
  });
  if (columns.every((column) => column < 0)) {
    throw new CsvFault('its first line names none of the elements of the schema');
  }
  return columns;
}

/** What a worker's memory holds of one line. */
const MAX_COLUMNS = 1_000_000;

/** Whether there may be a line of too many values at all: to look at each value takes long. */
function isCrowded(csv: string, separator: string): boolean {
  let count = 0;
  for (let at = csv.indexOf(separator); at >= 0; at = csv.indexOf(separator, at + 1)) {
    count += 1;
    if (count === CROWDED) return true;
  }
  return false;
}

const CROWDED = 10 * MAX_COLUMNS;

function refuseFarColumn(value: string, { index }: { readonly index: number }): string {
  if (index < MAX_COLUMNS) return value;
  throw new CsvFault(`a line has more than ${MAX_COLUMNS} values`);
}

/** Empty lines count for nothing; a quote within a value that does not begin with one is a sign. */
function readLines(csv: string, separator: string, take: (line: readonly string[]) => void): void {
  try {
    parse(csv, {
      bom: true,
      delimiter: separator,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      ...(isCrowded(csv, separator) ? { cast: refuseFarColumn } : {}),
      on_record(line: readonly string[]) {
        take(line);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new CsvFault(
      error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'a value in quotes is not closed'
        : 'its quotes and separators are not well-formed',
    );
  }
}
