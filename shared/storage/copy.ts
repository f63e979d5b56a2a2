import type { TableEntity, TransactionAction } from '@azure/data-tables';
import { once } from '../cache/once.ts';
import type { StoredDeployment } from '../iflow/deployment/deployment-store.ts';
import type { DesignArtifact } from '../iflow/design/design-store.ts';
import { openBundleContainer } from './blobs.ts';
import { joinKey } from './keys.ts';
import { unpackJson } from './packed-json.ts';
import { isTableMissing, openTables, type TableName } from './tables.ts';

/**
 * A row as the service holds it: keys, and every property with its EDM type and its value in JSON
 * (https://learn.microsoft.com/rest/api/storageservices/payload-format-for-table-service-operations).
 */
export interface RowCopy {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly properties: Readonly<Record<string, PropertyCopy>>;
}

interface PropertyCopy {
  readonly type: string;
  /** Binary in base64, 64-bit integers as text. */
  readonly value: string | number | boolean;
}

/** All that a deployment keeps, row by row and blob by blob, whatever it means. */
export interface StorageCopy {
  /** In key order, a page at a time; nothing for a table that is not there. */
  readRows(table: TableName): AsyncIterable<readonly RowCopy[]>;
  /** Adds or replaces, so that it can be done again. */
  writeRows(table: TableName, rows: readonly RowCopy[]): Promise<void>;
  /** @returns how many there were. */
  deleteRows(table: TableName): Promise<number>;
  listBlobs(): Promise<readonly string[]>;
  /** @returns undefined if it is not there. */
  readBlob(name: string): Promise<Buffer | undefined>;
  writeBlob(name: string, content: Uint8Array): Promise<void>;
  deleteBlob(name: string): Promise<void>;
}

/** A batch has at most 100 rows and 4 MiB; a row may have 1 MiB, in base64 a third more. */
const BATCH_ROWS = 100;
const BATCH_CHARACTERS = 2_500_000;

export function openStorageCopy(storage: Parameters<typeof openTables>[0]): StorageCopy {
  const tables = openTables(storage);
  const container = once(() => openBundleContainer(storage));
  const submit = (table: TableName, batch: TransactionAction[]): Promise<unknown> =>
    tables.withTable(table, (client) => client.submitTransaction(batch));

  const copy: StorageCopy = {
    async *readRows(table) {
      const pages = tables.table(table).listEntities({ disableTypeConversion: true }).byPage();
      try {
        for await (const page of pages) yield page.map(rowOf);
      } catch (error) {
        if (!isTableMissing(error)) throw error;
      }
    },

    async writeRows(table, rows) {
      for (const batch of batches(rows)) {
        await submit(
          table,
          batch.map((row): TransactionAction => ['upsert', entityOf(row), 'Replace']),
        );
      }
    },

    async deleteRows(table) {
      let deleted = 0;
      for await (const page of copy.readRows(table)) {
        for (const batch of batches(page)) {
          await submit(
            table,
            batch.map(({ partitionKey, rowKey }) => ['delete', { partitionKey, rowKey }]),
          );
        }
        deleted += page.length;
      }
      return deleted;
    },

    async listBlobs() {
      const names: string[] = [];
      for await (const blob of (await container()).listBlobsFlat()) names.push(blob.name);
      return names;
    },

    async readBlob(name) {
      const client = (await container()).getBlockBlobClient(name);
      return (await client.exists()) ? client.downloadToBuffer() : undefined;
    },

    async writeBlob(name, content) {
      await (await container()).getBlockBlobClient(name).uploadData(content);
    },

    async deleteBlob(name) {
      await (await container()).getBlockBlobClient(name).deleteIfExists();
    },
  };
  return copy;
}

/** The blobs that rows of the table `design` name. */
export function blobsNamedBy(rows: readonly RowCopy[]): readonly string[] {
  return rows.flatMap((row) => {
    const { content } = unpackJson(valuesOf(row)) as Partial<DesignArtifact>;
    return content ?? [];
  });
}

/** Whether every flow that a deployment in these rows names is in them, as far as it goes. */
export function areFlowsWhole(rows: readonly RowCopy[]): boolean {
  const flowRows = new Map<string, number>();
  for (const { partitionKey } of rows) {
    flowRows.set(partitionKey, (flowRows.get(partitionKey) ?? 0) + 1);
  }
  return rows.every((row) => {
    const { partitionKey, rowKey, properties } = row;
    if (partitionKey.startsWith('flow|')) {
      return flowRows.get(partitionKey) === properties['rows']?.value;
    }
    if (!rowKey.startsWith('d|')) return true;
    const { deployment } = unpackJson(valuesOf(row)) as StoredDeployment;
    // What ended in ERROR may have none, and script collections have none.
    return (
      deployment.status !== 'STARTED' ||
      deployment.type === 'SCRIPT_COLLECTION' ||
      flowRows.has(joinKey('flow', deployment.revision))
    );
  });
}

function rowOf(entity: Record<string, unknown>): RowCopy {
  const { partitionKey, rowKey, ...rest } = entity;
  const properties: Record<string, PropertyCopy> = {};
  for (const [name, value] of Object.entries(rest)) {
    // The service's own: the ETag, and when the row was written.
    if (name === 'etag' || name === 'timestamp' || name.startsWith('odata.')) continue;
    properties[name] = propertyOf(value as { type: string; value: unknown });
  }
  return { partitionKey: String(partitionKey), rowKey: String(rowKey), properties };
}

/** The library gives numbers and truth values as text, which the service would take for text. */
function propertyOf({ type, value }: { type: string; value: unknown }): PropertyCopy {
  if (type === 'Boolean') return { type, value: String(value) === 'true' };
  if (type === 'Int32' || type === 'Double') return { type, value: Number(value) };
  return { type, value: String(value) };
}

const entityOf = ({ partitionKey, rowKey, properties }: RowCopy): TableEntity<object> => ({
  partitionKey,
  rowKey,
  ...properties,
});

/** As a room's store reads them: binary properties as bytes. */
function valuesOf({ properties }: RowCopy): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, { type, value }]) => [
      name,
      type === 'Binary' ? Buffer.from(String(value), 'base64') : value,
    ]),
  );
}

/** Rows that follow one another in one partition, as many as one batch takes. */
function* batches(rows: readonly RowCopy[]): Iterable<readonly RowCopy[]> {
  let batch: RowCopy[] = [];
  let characters = 0;
  for (const row of rows) {
    const size = JSON.stringify(row).length;
    const isFull =
      batch.length === BATCH_ROWS ||
      characters + size > BATCH_CHARACTERS ||
      batch.at(-1)?.partitionKey !== row.partitionKey;
    if (batch.length > 0 && isFull) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(row);
    characters += size;
  }
  if (batch.length > 0) yield batch;
}
