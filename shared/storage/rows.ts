import type { TableClient, TableEntityResult, TransactionAction } from '@azure/data-tables';
import type { Page } from '../registry/page.ts';
import { isNotFound, unlessStale } from './tables.ts';

/** Deletions that are under way together. */
const AT_ONCE = 20;
/** Rows of a batch, at most; they are of one partition. */
const MOST_IN_BATCH = 100;
const HOUR_MS = 3_600_000;

export type Row = TableEntityResult<Record<string, unknown>>;

/**
 * The row, or undefined if there is none.
 * @param select properties that are read; all unless told.
 */
export async function readRow(
  table: TableClient,
  partitionKey: string,
  rowKey: string,
  select?: string[],
): Promise<Row | undefined> {
  try {
    const options = select === undefined ? {} : { queryOptions: { select } };
    return await table.getEntity(partitionKey, rowKey, options);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The first `limit` rows of a filter in key order, and whether there are more. */
export async function readRows(
  table: TableClient,
  filter: string,
  limit: number,
  abortSignal?: AbortSignal,
): Promise<{ readonly rows: readonly Row[]; readonly more: boolean }> {
  const rows: Row[] = [];
  const pages = table
    .listEntities({
      queryOptions: { filter },
      ...(abortSignal === undefined ? {} : { abortSignal }),
    })
    .byPage({ maxPageSize: Math.min(limit + 1, 1000) });
  // The service may send short and even empty pages before it is through.
  for await (const page of pages) {
    rows.push(...page);
    if (rows.length > limit) break;
  }
  return { rows: rows.slice(0, limit), more: rows.length > limit };
}

/** A page out of rows; `nameOf` gives what the next page begins after. */
export function toPage<T>(
  found: { readonly rows: readonly Row[]; readonly more: boolean },
  read: (row: Row) => T,
  nameOf: (item: T) => string,
): Page<T> {
  const items = found.rows.map(read);
  const last = items.at(-1);
  return { items, next: found.more && last !== undefined ? nameOf(last) : undefined };
}

/**
 * A text property of a row that this app wrote.
 * @throws {Error} if it is not there: someone else has changed the table.
 */
export function textOf(row: Row, property: string): string {
  const value = row[property];
  if (typeof value === 'string') return value;
  throw new Error(`Row ${row.partitionKey ?? ''} has no ${property}.`);
}

/** Milliseconds since the epoch as text that sorts as they do. */
export function stamp(ms: number): string {
  return String(ms).padStart(15, '0');
}

/** Hours since the epoch as text that sorts as they do. */
export function hourOf(ms: number): string {
  return String(Math.floor(ms / HOUR_MS)).padStart(8, '0');
}

/**
 * Deletes the rows of a filter, those of a partition a hundred at a time.
 * @returns how many.
 */
export async function deleteWhere(table: TableClient, filter: string): Promise<number> {
  let deleted = 0;
  let batch: Row[] = [];
  const submit = async (): Promise<void> => {
    await deleteBatch(table, batch);
    deleted += batch.length;
    batch = [];
  };
  const select = ['partitionKey', 'rowKey'];
  for await (const row of table.listEntities<Row>({ queryOptions: { filter, select } })) {
    const other = batch[0] !== undefined && batch[0].partitionKey !== row.partitionKey;
    if (other || batch.length === MOST_IN_BATCH) await submit();
    batch.push(row);
  }
  await submit();
  return deleted;
}

async function deleteBatch(table: TableClient, rows: readonly Row[]): Promise<void> {
  if (rows.length < 2) return deleteRows(table, rows);
  try {
    await table.submitTransaction(
      rows.map(({ partitionKey = '', rowKey = '' }): TransactionAction => [
        'delete',
        { partitionKey, rowKey },
      ]),
    );
  } catch (error) {
    // Another instance has deleted one of them, and a batch is made whole or not at all.
    if (!isNotFound(error)) throw error;
    await deleteRows(table, rows);
  }
}

/** Deletes rows, a few at a time; those that are gone already are no error. */
export async function deleteRows(table: TableClient, rows: readonly Row[]): Promise<void> {
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    await Promise.all(
      rows.slice(i, i + AT_ONCE).map(async ({ partitionKey = '', rowKey = '' }) => {
        try {
          await table.deleteEntity(partitionKey, rowKey);
        } catch (error) {
          // Another instance has been quicker.
          if (!isNotFound(error)) throw error;
        }
      }),
    );
  }
}

/**
 * Deletes the rows of a filter that are still as they were found: one that was written again since
 * stays. Not in batches, in which the library looks at no ETag.
 * @returns how many.
 */
export async function deleteUnchangedWhere(table: TableClient, filter: string): Promise<number> {
  let deleted = 0;
  const select = ['partitionKey', 'rowKey'];
  const pages = table
    .listEntities({ queryOptions: { filter, select } })
    .byPage({ maxPageSize: 1000 });
  for await (const page of pages) deleted += await deleteUnchanged(table, page);
  return deleted;
}

/**
 * Deletes rows, a few at a time, each if its ETag is still the row's.
 * @returns how many.
 */
export async function deleteUnchanged(table: TableClient, rows: readonly Row[]): Promise<number> {
  let deleted = 0;
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    const outcomes = await Promise.all(
      rows
        .slice(i, i + AT_ONCE)
        .map(({ partitionKey = '', rowKey = '', etag }) =>
          unlessStale(() => table.deleteEntity(partitionKey, rowKey, { etag })),
        ),
    );
    deleted += outcomes.filter((outcome) => outcome !== undefined).length;
  }
  return deleted;
}
