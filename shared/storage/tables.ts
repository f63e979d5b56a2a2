import { RestError, TableClient, type TableServiceClientOptions } from '@azure/data-tables';
import { once } from '../cache/once.ts';
import { type Clock, systemClock } from '../config/clock.ts';
import type { StorageAccount } from './account.ts';
import { compareClocks } from './compare-clocks.ts';
import { withinTime } from './within-time.ts';

/** The tables of Flowgate; docs/storage-schema.md describes each. */
export const TABLES = [
  'keys',
  'clients',
  'roles',
  'design',
  'deployments',
  'tasks',
  'messagelogs',
  'logattachments',
  'audit',
  'throttle',
  'issuers',
  'users',
  'sessions',
  'onetime',
  'initialtokens',
  'origins',
  'revocations',
  'grants',
  'codes',
  'datastores',
  'datastorebodies',
  'numberranges',
  'processed',
  'timers',
  'partners',
  'securitymaterial',
  'accesspolicies',
] as const;

export type TableName = (typeof TABLES)[number];

export interface Tables {
  /** The named table's client. The table is made when a write finds it missing. */
  table(name: TableName): TableClient;
  /** Runs `work`; when it fails because the table is not there yet, makes the table and runs it again. */
  withTable<T>(name: TableName, work: (table: TableClient) => Promise<T>): Promise<T>;
  /** How far this machine's clock is ahead of storage's, to a second or two; undefined before the first answer. */
  clockAheadMs(): number | undefined;
  /** Makes every table that is missing. */
  createAll(): Promise<void>;
}

/** What a call of storage may take, its retries included: a request waits for no longer than this. */
export const MAX_WAIT_MS = 5000;

export function openTables(
  storage: StorageAccount & { readonly prefix: string },
  clock: Clock = systemClock,
): Tables {
  let aheadMs: number | undefined;
  const options: TableServiceClientOptions = {
    retryOptions: { maxRetries: 3, retryDelayInMs: 100, maxRetryDelayInMs: 1000 },
    additionalPolicies: [
      { policy: withinTime(MAX_WAIT_MS), position: 'perCall' },
      { policy: compareClocks(clock, (ms) => (aheadMs = ms)), position: 'perRetry' },
    ],
  };
  const open = (name: string): TableClient =>
    'connectionString' in storage
      ? TableClient.fromConnectionString(storage.connectionString, name, {
          ...options,
          // Azurite has no TLS; Azure's own connection strings say https and are unaffected.
          allowInsecureConnection: true,
        })
      : new TableClient(storage.tableServiceUri, name, storage.credential, options);
  const clients = new Map<TableName, TableClient>();
  const table = (name: TableName): TableClient => {
    let client = clients.get(name);
    if (client === undefined) {
      client = open(storage.prefix + name);
      clients.set(name, client);
    }
    return client;
  };
  const creations = new Map<TableName, () => Promise<void>>();
  const create = (name: TableName): Promise<void> => {
    let creation = creations.get(name);
    if (creation === undefined) {
      creation = once(() => table(name).createTable());
      creations.set(name, creation);
    }
    return creation();
  };
  return {
    table,
    async withTable(name, work) {
      try {
        return await work(table(name));
      } catch (error) {
        if (!isTableMissing(error)) throw error;
        creations.delete(name);
        await create(name);
        return work(table(name));
      }
    },
    clockAheadMs: () => aheadMs,
    async createAll() {
      await Promise.all(TABLES.map(create));
    },
  };
}

/** The service's status of a failed call, undefined for anything else. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof RestError ? error.statusCode : undefined;
}

/** 404 for a row that is not there. */
export const isNotFound = (error: unknown): boolean => statusOf(error) === 404;
/** 409 for a row that is there already. */
export const isConflict = (error: unknown): boolean => statusOf(error) === 409;
/** 412 for an ETag that is not the row's any more. */
export const isStale = (error: unknown): boolean => statusOf(error) === 412;

/** What a guarded write answers; undefined for a row that was changed, or is gone, which is as stale. */
export async function unlessStale<T>(write: () => Promise<T>): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    if (isStale(error) || isNotFound(error)) return undefined;
    throw error;
  }
}

/** What a creation answers; undefined for a row that is there already. */
export async function unlessThere<T>(create: () => Promise<T>): Promise<T | undefined> {
  try {
    return await create();
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}

/** The table itself is not there yet: nobody has written to it. */
export function isTableMissing(error: unknown): boolean {
  if (!(error instanceof RestError) || error.statusCode !== 404) return false;
  const code =
    error.code ??
    (error.details as { odataError?: { code?: string } } | undefined)?.odataError?.code;
  return code === 'TableNotFound' || /TableNotFound/.test(error.message);
}
