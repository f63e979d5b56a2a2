import { odata } from '@azure/data-tables';
import type { DeploymentStore } from '../iflow/deployment/deployment-store.ts';
import type { BundleBlobFolder } from './blobs.ts';
import { joinKey, upTo } from './keys.ts';
import { unpackBytes } from './packed-json.ts';
import { deleteWhere, type Row } from './rows.ts';
import { isTableMissing, type Tables } from './tables.ts';

/*
 * Bundles and compiled artifacts are written before the row that names them, under a name of their
 * own, and deleted after it: a process that is killed in between leaves one that no row names. A call
 * takes minutes at most, so one that is older and that no row names is named by none ever. What is
 * old is listed first, then the rows are read: a row that came meanwhile counts.
 */

export interface Sweep {
  /** Milliseconds since the epoch; what was written since may be named yet. */
  readonly before: number;
  /** What is removed at a time; the rest is left to the next. */
  readonly most: number;
}

/** Anywhere in a row: whatever it is there for, the blob stays. */
const BLOB_NAME = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.zip/g;

/**
 * Removes blobs that no row of `design` names. A table without rows proves nothing: it may have been
 * taken away to be restored.
 * @returns how many.
 */
export async function removeUnnamedBundles(
  tables: Tables,
  blobs: Pick<BundleBlobFolder, 'writtenBefore' | 'remove'>,
  { before, most }: Sweep,
): Promise<number> {
  const unnamed = new Set<string>();
  for await (const name of blobs.writtenBefore(before)) {
    if (name.replace(BLOB_NAME, '') === '') unnamed.add(name);
  }
  if (unnamed.size === 0) return 0;
  let rows = 0;
  try {
    for await (const row of tables.table('design').listEntities<Row>()) {
      rows += 1;
      for (const [name] of unpackBytes(row).toString('utf8').matchAll(BLOB_NAME)) {
        unnamed.delete(name);
      }
    }
  } catch (error) {
    if (!isTableMissing(error)) throw error;
  }
  const removed = rows === 0 ? [] : [...unnamed].slice(0, most);
  for (const name of removed) await blobs.remove(name);
  return removed.length;
}

/**
 * Removes compiled artifacts that no deployment names.
 * @returns how many.
 */
export async function removeUnnamedCompiled(
  tables: Tables,
  deployed: Pick<DeploymentStore, 'readState'>,
  { before, most }: Sweep,
): Promise<number> {
  const prefix = 'flow|';
  const unnamed = new Set<string>();
  const young = new Set<string>();
  await tables.withTable('deployments', async (table) => {
    const filter = odata`PartitionKey ge ${prefix} and PartitionKey lt ${upTo(prefix)}`;
    const select = ['partitionKey', 'timestamp'];
    for await (const row of table.listEntities<Row>({ queryOptions: { filter, select } })) {
      const isOld = Date.parse(row.timestamp ?? '') < before;
      (isOld ? unnamed : young).add(row.partitionKey ?? '');
    }
  });
  const { generation, deployments } = await deployed.readState();
  // Nothing has ever been deployed, or the rows have been taken away to be restored.
  if (generation === '') return 0;
  for (const { deployment, previousRevision } of deployments) {
    unnamed.delete(joinKey('flow', deployment.revision));
    unnamed.delete(joinKey('flow', previousRevision));
  }
  const removed = [...unnamed].filter((partition) => !young.has(partition)).slice(0, most);
  for (const partition of removed) {
    await tables.withTable('deployments', (table) =>
      deleteWhere(table, odata`PartitionKey eq ${partition}`),
    );
  }
  return removed.length;
}
