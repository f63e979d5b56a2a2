import { piecewise } from '../../../xml/piecewise.ts';
import { TextChunks } from './text-chunks.ts';

const MAX_COLUMNS = 2000;
const MAX_ROWS = 1_000_000;
/** Each cell costs a separator at least; no body is longer. */
const MAX_CELLS = 100 * 1024 * 1024;

/** Lines of CSV whose values are lined up by name, in the order in which names first appear. */
export class CsvTable {
  readonly #names: string[] = [];
  readonly #columns = new Map<string, number>();
  readonly #rows: string[][] = [];
  readonly #seen = new Map<string, number>();

  /** @returns whether there is room for it. */
  startRow(): boolean {
    // A list that grows has room for more, which many of them would not find in a worker.
    const last = this.#rows.length - 1;
    const row = this.#rows[last];
    if (row !== undefined) this.#rows[last] = row.slice();
    this.#rows.push([]);
    this.#seen.clear();
    return this.#rows.length <= MAX_ROWS;
  }

  /**
   * A name that comes again in a row has a further column.
   * @returns whether there is room for it.
   */
  add(name: string, value: string): boolean {
    const row = this.#rows.at(-1);
    if (row === undefined) throw new Error('A value needs a row.');
    const count = this.#seen.get(name) ?? 0;
    this.#seen.set(name, count + 1);
    const key = count === 0 ? name : `${name} ${count}`;
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = this.#names.length;
      this.#columns.set(key, column);
      this.#names.push(name);
    }
    while (row.length < column) row.push('');
    row[column] = value;
    return this.#names.length <= MAX_COLUMNS && this.#names.length * this.#rows.length <= MAX_CELLS;
  }

  /** RFC 4180, with line feeds between the lines; '' without any. */
  csv(separator: string, headerOf: ((name: string) => string) | null): string {
    const out = new TextChunks();
    const special = new RegExp(`["\n\r${separator.replace(/[\\\]^-]/, '\\$&')}]`);
    const quote = (value: string): string =>
      special.test(value) ? piecewise(value, (piece) => piece.replace(/"/g, '""'), '"') : value;
    if (headerOf !== null && this.#rows.length > 0) {
      out.write(this.#names.map((name) => quote(headerOf(name))).join(separator));
      out.write('\n');
    }
    this.#rows.forEach((row, i) => {
      const missing = separator.repeat(Math.max(0, this.#names.length - Math.max(1, row.length)));
      if (i > 0) out.write('\n');
      row.forEach((value, column) => {
        if (column > 0) out.write(separator);
        out.write(quote(value));
      });
      out.write(missing);
    });
    return out.text();
  }
}
