import { odata, type TableClient } from '@azure/data-tables';
import type { Clock } from '../config/clock.ts';
import {
  type DataStoreOverview,
  type DataStores,
  type ReadEntry,
  type StoreName,
  type StoreUsage,
  VARIABLES,
} from '../iflow/services/data-stores.ts';
import {
  type AboutBody,
  afterRow,
  bodyOf,
  boundTo,
  contentOf,
  filterOf,
  INFO,
  infoOf,
  inStore,
  keysOf,
  packed,
  partKey,
  placeOf,
  rowOf,
  sizeOf,
  storedOf,
  storeOf,
  timeOf,
} from './data-store-rows.ts';
import { packBytes, ROW_CAPACITY, unpackBytes } from './packed-json.ts';
import { deleteUnchangedWhere, deleteWhere, readRow, type Row, stamp, textOf } from './rows.ts';
import type { ContentSealer } from './sealed-content.ts';
import { type Tables, unlessStale, unlessThere } from './tables.ts';

export interface DataStoreDeps {
  readonly tables: Tables;
  readonly sealer: ContentSealer;
  readonly clock: Clock;
  readonly randomUUID: () => string;
}

export interface DataStoreTable extends DataStores, DataStoreOverview {
  /** Removes what has expired before `before`. @returns how many entries. */
  deleteExpired(before: number): Promise<number>;
}

/** Whoever writes the same id again and again at once has others come first, not for ever. */
const MOST_TRIES = 50;
/** Entries that are read together. */
const READ_AT_ONCE = 16;
/** Rows that the service is asked for at a time: for more it answers 400. */
const MOST_ROWS = 1000;
/** Metadata of entries that are looked at together: one more shows whether there are more. */
const PAGE = MOST_ROWS - 1;

export function openDataStores(deps: DataStoreDeps): DataStoreTable {
  const { tables, sealer, clock } = deps;
  const inTable = <T>(work: (table: TableClient) => Promise<T>): Promise<T> =>
    tables.withTable('datastores', work);
  const inBodies = <T>(work: (table: TableClient) => Promise<T>): Promise<T> =>
    tables.withTable('datastorebodies', work);

  const isThere = (row: Row): boolean => timeOf(row, 'expiresAt') > clock.now();

  const live = (): string => odata`expiresAt gt ${stamp(clock.now())}`;

  const readInfo = (store: StoreName, id: string): Promise<Row | undefined> => {
    const { partitionKey, rowKey } = keysOf(store, id);
    return inTable((table) => readRow(table, partitionKey, rowKey, INFO));
  };

  const writeParts = async (partitionKey: string, sealed: Buffer): Promise<void> => {
    for (let at = 0; at < sealed.length; at += ROW_CAPACITY) {
      const part = packBytes(sealed.subarray(at, at + ROW_CAPACITY));
      const row = { ...part, partitionKey, rowKey: partKey(at / ROW_CAPACITY) };
      await inBodies((table) => table.upsertEntity(row, 'Replace'));
    }
  };

  const readParts = async (row: Row): Promise<Buffer | undefined> => {
    const parts: Buffer[] = [];
    for (let i = 0; i < Number(row['parts']); i += 1) {
      const part = await inBodies((table) => readRow(table, bodyOf(row), partKey(i)));
      if (part === undefined) return undefined;
      parts.push(unpackBytes(part));
    }
    return Buffer.concat(parts);
  };

  const removeParts = async (row: Readonly<Record<string, unknown>>): Promise<void> => {
    if (Number(row['parts']) === 0) return;
    await inBodies((table) => deleteWhere(table, odata`PartitionKey eq ${bodyOf(row)}`));
  };

  const get = async (store: StoreName, id: string): Promise<ReadEntry | undefined> => {
    const { partitionKey, rowKey } = keysOf(store, id);
    // One whose body goes while it is read was replaced or deleted: the second look shows which.
    for (let look = 0; look < 3; look += 1) {
      const row = await inTable((table) => readRow(table, partitionKey, rowKey));
      if (row === undefined || !isThere(row)) return undefined;
      const sealed = Number(row['parts']) === 0 ? unpackBytes(row) : await readParts(row);
      if (sealed === undefined) continue;
      const opened = await sealer.open<AboutBody>(sealed, boundTo(row));
      return { ...infoOf(row), content: contentOf(opened), version: textOf(row, 'version') };
    }
    return undefined;
  };

  const removeRow = async (row: Row): Promise<boolean> => {
    const { partitionKey = '', rowKey = '', etag } = row;
    const removed = await unlessStale(() =>
      inTable((table) => table.deleteEntity(partitionKey, rowKey, { etag })),
    );
    if (removed === undefined) return false;
    await removeParts(row);
    return true;
  };

  const page = async (
    filter: string,
    { after, limit }: { readonly after?: string; readonly limit: number },
  ): Promise<{ readonly rows: readonly Row[]; readonly next: string | undefined }> => {
    const place = after === undefined ? undefined : placeOf(after);
    const later =
      place === undefined
        ? filter
        : `(${filter}) and ${odata`(PartitionKey gt ${place.partition} or (PartitionKey eq ${place.partition} and RowKey gt ${place.row}))`}`;
    const rows: Row[] = [];
    await inTable(async (table) => {
      const queryOptions = { filter: later, select: INFO };
      const maxPageSize = Math.min(limit + 1, MOST_ROWS);
      const pages = table.listEntities({ queryOptions }).byPage({ maxPageSize });
      for await (const found of pages) {
        rows.push(...found);
        if (rows.length > limit) break;
      }
    });
    const taken = rows.slice(0, limit);
    const last = taken.at(-1);
    const next = rows.length > limit && last !== undefined ? afterRow(last) : undefined;
    return { rows: taken, next };
  };

  const count = async (filter: string, most: number): Promise<readonly StoreUsage[]> => {
    const now = clock.now();
    const select = ['partitionKey', 'flowId', 'store', 'dueAt'];
    const used = new Map<string, { -readonly [K in keyof StoreUsage]: StoreUsage[K] }>();
    /** @returns the store whose other entries are passed over. */
    const countAfter = async (table: TableClient, after: string): Promise<string | undefined> => {
      const later = `${filter} and ${live()} and ${odata`PartitionKey gt ${after}`}`;
      const rows = table.listEntities<Row>({ queryOptions: { filter: later, select } });
      for await (const row of rows) {
        const key = row.partitionKey ?? '';
        const usage = used.get(key) ?? { store: storeOf(row), entries: 0, overdue: 0 };
        if (usage.entries === most) return key;
        usage.entries += 1;
        if (timeOf(row, 'dueAt') <= now) usage.overdue += 1;
        used.set(key, usage);
      }
      return undefined;
    };
    for (let after: string | undefined = ''; after !== undefined;) {
      const from: string = after;
      after = await inTable((table) => countAfter(table, from));
    }
    return [...used.values()];
  };

  return {
    get,

    async put(store, entry, override) {
      const version = deps.randomUUID();
      const keys = keysOf(store, entry.id);
      const content = packed(entry.content);
      const sealed = await sealer.seal(content, `${keys.partitionKey}|${keys.rowKey}|${version}`);
      const inline = sealed.length <= ROW_CAPACITY;
      const row = {
        ...keys,
        ...rowOf(store, entry),
        version,
        size: content.bytes.length,
        parts: inline ? 0 : Math.ceil(sealed.length / ROW_CAPACITY),
        ...(inline ? packBytes(sealed) : {}),
      };
      if (!inline) await writeParts(bodyOf(row), sealed);
      let before = override ? await readInfo(store, entry.id) : undefined;
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        // Written after all by a call whose answer was lost, and tried again by the library.
        if (before?.['version'] === version) return true;
        if (before !== undefined && !override && isThere(before)) {
          await removeParts(row);
          return false;
        }
        const etag = before?.etag;
        const written =
          etag === undefined
            ? await unlessThere(() => inTable((table) => table.createEntity(row)))
            : await unlessStale(() =>
                inTable((table) => table.updateEntity(row, 'Replace', { etag })),
              );
        if (written !== undefined) {
          if (before !== undefined) await removeParts(before);
          return true;
        }
        before = await readInfo(store, entry.id);
      }
      await removeParts(row);
      throw new Error(`An entry of ${store.name} was written by others ${MOST_TRIES} times.`);
    },

    async select(store, most) {
      const entries: ReadEntry[] = [];
      let bytes = 0;
      let after: string | undefined;
      do {
        const filter = `${inStore(store)} and ${live()}`;
        const place = after === undefined ? {} : { after };
        const limit = Math.min(most.entries - entries.length, PAGE);
        const found = await page(filter, { ...place, limit });
        const wanted: string[] = [];
        for (const row of found.rows) {
          const full = entries.length + wanted.length > 0 && bytes + sizeOf(row) > most.bytes;
          if (full || entries.length + wanted.length >= most.entries) {
            return [...entries, ...(await readAll(store, wanted))];
          }
          bytes += sizeOf(row);
          wanted.push(textOf(row, 'id'));
        }
        entries.push(...(await readAll(store, wanted)));
        after = found.next;
      } while (after !== undefined && entries.length < most.entries);
      return entries;
    },

    async remove(store, id) {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const row = await readInfo(store, id);
        if (row === undefined) return false;
        const there = isThere(row);
        if (await removeRow(row)) return there;
      }
      throw new Error(`An entry of ${store.name} was written by others ${MOST_TRIES} times.`);
    },

    async removeRead(store, entries) {
      for (let i = 0; i < entries.length; i += READ_AT_ONCE) {
        await Promise.all(
          entries.slice(i, i + READ_AT_ONCE).map(async ({ id, version }) => {
            const row = await readInfo(store, id);
            if (row !== undefined && row['version'] === version) await removeRow(row);
          }),
        );
      }
    },

    async find(store, id) {
      const row = await readInfo(store, id);
      return row === undefined || !isThere(row) ? undefined : storedOf(row, clock.now());
    },

    async list(of, asked) {
      const now = clock.now();
      const { rows, next } = await page(`${filterOf(of)} and ${live()}`, asked);
      return { entries: rows.map((row) => storedOf(row, now)), next };
    },

    usage: (most) => count(odata`store ne ${VARIABLES}`, most),

    async usageOf(store, most) {
      const [usage] = await count(inStore(store), most);
      return usage;
    },

    async deleteExpired(before) {
      const expired = odata`expiresAt lt ${stamp(before)}`;
      const entries = await inTable((table) => deleteUnchangedWhere(table, expired));
      await inBodies((table) => deleteWhere(table, odata`PartitionKey lt ${stamp(before)}`));
      return entries;
    },
  };

  async function readAll(store: StoreName, ids: readonly string[]): Promise<ReadEntry[]> {
    const entries: ReadEntry[] = [];
    for (let i = 0; i < ids.length; i += READ_AT_ONCE) {
      const read = await Promise.all(ids.slice(i, i + READ_AT_ONCE).map((id) => get(store, id)));
      entries.push(...read.filter((entry) => entry !== undefined));
    }
    return entries;
  }
}
