import { BundleFault } from '../bundle/fault.ts';
import { escapeXml } from '../xml/write-xml.ts';
import { XmlError, readXml } from '../xml/read-xml.ts';
import type { Row } from './flow-model.ts';

const MAX_NAME_CHARACTERS = 300;
const MAX_OPENINGS = 4;
/** Characters that values put in, all together: a long value may be used many times. */
const MAX_FILLED_CHARACTERS = 50_000_000;
const TABLE_LIMITS = { maxCharacters: 5_000_000, maxDepth: 10, maxNodes: 200_000 };

/**
 * Puts the values of externalised parameters in the place of `{{name}}`. One pass: a value that
 * holds `{{…}}` itself stays as it is. Used names without a value are noted and left standing.
 * @throws {BundleFault} when all values together are too much.
 */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>;
  readonly #unresolved = new Set<string>();
  #filled = 0;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  get unresolved(): string[] {
    return [...this.#unresolved];
  }

  /** In plain text: a value, a condition. */
  fill(text: string): string {
    return this.#replace(
      text,
      (name) => name,
      (value) => value,
    );
  }

  /**
   * In a table's XML: names stand there escaped once more. SAP's editor writes the values of such
   * parameters escaped into parameters.prop; what is not, as in a value that is used elsewhere too,
   * is escaped here.
   */
  fillTable(xml: string): string {
    return this.#replace(xml, unescapeXml, (value) =>
      value
        .split(/(&(?:lt|gt|amp|apos|quot|#\d+|#x[0-9A-Fa-f]+);)/)
        .map((part, i) => (i % 2 === 1 ? part : escapeXml(part)))
        .join(''),
    );
  }

  #replace(
    text: string,
    readName: (written: string) => string,
    writeValue: (value: string) => string,
  ): string {
    if (!text.includes('{{')) return text;
    let filled = '';
    let at = 0;
    for (let close = text.indexOf('}}'); close >= 0; close = text.indexOf('}}', at)) {
      const from = Math.max(at, close - MAX_NAME_CHARACTERS);
      const use = this.#findUse(text.slice(from, close), readName);
      if (use === undefined) {
        filled += text.slice(at, close + 1);
        at = close + 1;
        continue;
      }
      const value = this.#values.get(use.name);
      if (value === undefined) {
        this.#unresolved.add(use.name);
        filled += text.slice(at, close + 2);
      } else {
        const written = writeValue(value);
        this.#filled += written.length;
        if (this.#filled > MAX_FILLED_CHARACTERS) {
          throw new BundleFault(['The values of its parameters make the iFlow too large.']);
        }
        filled += text.slice(at, from + use.open) + written;
      }
      at = close + 2;
    }
    return filled + text.slice(at);
  }

  /**
   * Names may begin with a brace. Of the last few `{{` before an end, the outermost that has a value
   * is meant, else the innermost.
   */
  #findUse(
    before: string,
    readName: (written: string) => string,
  ): { open: number; name: string } | undefined {
    let innermost: { open: number; name: string } | undefined;
    let valued: { open: number; name: string } | undefined;
    let open = before.length;
    for (let i = 0; i < MAX_OPENINGS && open > 0; i++) {
      open = before.lastIndexOf('{{', open - 1);
      if (open < 0) break;
      const name = readName(before.slice(open + 2));
      if (name === '') continue;
      innermost ??= { open, name };
      if (this.#values.get(name) !== undefined) valued = { open, name };
    }
    return valued ?? innermost;
  }
}

export function isTable(value: string): boolean {
  return value.startsWith('<row>');
}

/**
 * Parses `<row><cell id='Name'>…</cell>…</row>…`.
 * @returns undefined when it is not well-formed, so that the caller can say whose it is.
 */
export function parseTable(value: string): Row[] | undefined {
  try {
    const root = readXml(`<table>${value}</table>`, TABLE_LIMITS).documentElement;
    return root
      .elements('row')
      .map(
        (row) =>
          new Map(
            row
              .elements('cell')
              .map((cell, i) => [cell.attribute('id') || String(i), cell.textContent]),
          ),
      );
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    return undefined;
  }
}

export function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
