import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RowCopy, StorageCopy } from '../../shared/storage/copy.ts';
import { TABLES, type TableName } from '../../shared/storage/tables.ts';
import { BackupError, type Manifest, readBackup } from './manifest.ts';

export interface RestoreOptions {
  readonly target: StorageCopy;
  readonly folder: string;
  /** Whether what the deployment holds is deleted first. */
  readonly overwrite: boolean;
  readonly say: (line: string) => void;
}

/** Rows that are written in one go. */
const AT_ONCE = 500;

/**
 * Puts a backup into the storage of a deployment that does not run. A blob says that it is under
 * way until it is through: one that was cut short is taken up again by the same command.
 * @throws {BackupError} for a backup that is damaged or, without `overwrite`, storage that holds
 * something else; nothing was changed then.
 */
export async function restore(options: RestoreOptions): Promise<Manifest> {
  const { target, folder, overwrite, say } = options;
  const manifest = await readBackup(folder);
  say(`Verified: ${manifest.tables.length} tables, ${manifest.blobs.length} blobs.`);
  const digest = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
  const marker = `restore-${digest}`;
  const blobs = await target.listBlobs();
  if (blobs.includes(marker)) say('Taking up the restore that was cut short.');
  else if (overwrite) await clear(options, blobs);
  else if (blobs.length > 0 || (await holdsRows(target))) {
    throw new BackupError(
      'The storage holds something already. A restore goes into an empty one (another FLOWGATE_STORAGE_PREFIX does), or with --overwrite in the place of what is there.',
    );
  }
  await target.writeBlob(marker, new Uint8Array());
  for (const { file } of manifest.blobs) {
    await target.writeBlob(basename(file), await readFile(join(folder, file)));
  }
  say(`blobs: ${manifest.blobs.length}`);
  for (const { table, file, rows } of manifest.tables) {
    const there = table === 'revocations' ? await namesOfRows(target, table) : undefined;
    const written = await writeTable(target, table, join(folder, file), there);
    if (written !== rows) throw new BackupError(`${table}: ${written} rows instead of ${rows}.`);
    say(`${table}: ${written} rows`);
  }
  await target.deleteBlob(marker);
  return manifest;
}

async function holdsRows(target: StorageCopy): Promise<boolean> {
  for (const table of TABLES) {
    for await (const page of target.readRows(table)) if (page.length > 0) return true;
  }
  return false;
}

async function clear({ target, say }: RestoreOptions, blobs: readonly string[]): Promise<void> {
  // What counted once has been used, and what was revoked is, whatever is brought back around it.
  for (const table of TABLES.filter((name) => name !== 'onetime' && name !== 'revocations')) {
    const rows = await target.deleteRows(table);
    if (rows > 0) say(`${table}: ${rows} rows deleted`);
  }
  for (const name of blobs) await target.deleteBlob(name);
  if (blobs.length > 0) say(`blobs: ${blobs.length} deleted`);
}

const nameOf = ({ partitionKey, rowKey }: RowCopy): string =>
  JSON.stringify([partitionKey, rowKey]);

async function namesOfRows(target: StorageCopy, table: TableName): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const page of target.readRows(table)) for (const row of page) names.add(nameOf(row));
  return names;
}

/**
 * @param there rows that stay as they are: they have been added to since the backup.
 * @returns rows of the file.
 */
async function writeTable(
  target: StorageCopy,
  table: TableName,
  path: string,
  there: ReadonlySet<string> = new Set(),
): Promise<number> {
  let written = 0;
  let rows: RowCopy[] = [];
  const flush = async (): Promise<void> => {
    await target.writeRows(
      table,
      rows.filter((row) => !there.has(nameOf(row))),
    );
    written += rows.length;
    rows = [];
  };
  for await (const line of createInterface({ input: createReadStream(path) })) {
    rows.push(JSON.parse(line) as RowCopy);
    if (rows.length === AT_ONCE) await flush();
  }
  await flush();
  return written;
}
