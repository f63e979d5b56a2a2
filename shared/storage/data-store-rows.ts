import { odata } from '@azure/data-tables';
import { bodyBytes, type Body, type Value } from '../iflow/exchange.ts';
import {
  type EntriesOf,
  type EntryContent,
  type EntryInfo,
  type StoredEntry,
  type StoreName,
  VARIABLES,
} from '../iflow/services/data-stores.ts';
import { encodeKey, joinKey } from './keys.ts';
import { type Row, stamp, textOf } from './rows.ts';
import type { Content } from './sealed-content.ts';

/*
 * Table `datastores`: a partition for each store (`<iFlow>|<store>`, the iFlow empty for a global one),
 * a row for each entry. Its content is in the row; what exceeds a row is in rows of the table
 * `datastorebodies`, in a partition of their own (`<expiry>|<version>`), which are written before the
 * row that names them and deleted after it. What a killed process leaves there nobody names, and it
 * goes when the entry would have expired.
 */

/** Everything of a row but its content. */
export const INFO = [
  'partitionKey',
  'rowKey',
  'flowId',
  'store',
  'id',
  'messageId',
  'createdAt',
  'dueAt',
  'expiresAt',
  'version',
  'size',
  'parts',
];

/** What is sealed beside the body. */
export interface AboutBody {
  readonly text: boolean;
  readonly headers: readonly (readonly [string, Value])[];
}

export function keysOf(store: StoreName, id: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: partitionOf(store), rowKey: encodeKey(id) };
}

const partitionOf = ({ flowId, name }: StoreName): string => joinKey(flowId, name);
export const inStore = (store: StoreName): string => odata`PartitionKey eq ${partitionOf(store)}`;

export function filterOf(of: EntriesOf): string {
  if ('store' in of) return inStore(of.store);
  if ('name' in of) return odata`store eq ${of.name}`;
  const entries = odata`store ne ${VARIABLES}`;
  return 'messageId' in of ? `${entries} and ${odata`messageId eq ${of.messageId}`}` : entries;
}

export function rowOf(store: StoreName, entry: EntryInfo) {
  return {
    flowId: store.flowId,
    store: store.name,
    id: entry.id,
    messageId: entry.messageId,
    createdAt: stamp(entry.createdAt),
    dueAt: stamp(entry.dueAt),
    expiresAt: stamp(entry.expiresAt),
  };
}

export const timeOf = (row: Row, property: string): number => Number(textOf(row, property));
export const sizeOf = (row: Row): number => Number(row['size']);
export const storeOf = (row: Row): StoreName => ({
  flowId: textOf(row, 'flowId'),
  name: textOf(row, 'store'),
});

export function infoOf(row: Row): EntryInfo {
  return {
    id: textOf(row, 'id'),
    messageId: textOf(row, 'messageId'),
    createdAt: timeOf(row, 'createdAt'),
    dueAt: timeOf(row, 'dueAt'),
    expiresAt: timeOf(row, 'expiresAt'),
  };
}

export function storedOf(row: Row, now: number): StoredEntry {
  const info = infoOf(row);
  return { ...info, store: storeOf(row), overdue: info.dueAt <= now };
}

export const boundTo = (row: Row): string =>
  `${row.partitionKey ?? ''}|${row.rowKey ?? ''}|${textOf(row, 'version')}`;

/** The partition of what exceeds the row. */
export function bodyOf(row: Readonly<Record<string, unknown>>): string {
  return `${String(row['expiresAt'])}|${String(row['version'])}`;
}

export const partKey = (index: number): string => String(index).padStart(3, '0');

export function packed({ body, headers }: EntryContent): Content<AboutBody> {
  return { about: { text: typeof body === 'string', headers }, bytes: bodyBytes(body) };
}

export function contentOf({ about, bytes }: Content<AboutBody>): EntryContent {
  const body: Body = about.text ? Buffer.from(bytes).toString('utf8') : bytes;
  return { body, headers: about.headers };
}

/** The place after a row, for whoever wants the next page, as it may stand in an address. */
export function afterRow({ partitionKey = '', rowKey = '' }: Row): string {
  return Buffer.from(JSON.stringify([partitionKey, rowKey]), 'utf8').toString('base64url');
}

/** @throws {SyntaxError} for what {@link afterRow} has not made. */
export function placeOf(after: string): { readonly partition: string; readonly row: string } {
  const place: unknown = JSON.parse(Buffer.from(after, 'base64url').toString('utf8'));
  const [partition, row] = Array.isArray(place) ? (place as unknown[]) : [];
  if (typeof partition !== 'string' || typeof row !== 'string') {
    throw new SyntaxError('No place of a list.');
  }
  return { partition, row };
}
