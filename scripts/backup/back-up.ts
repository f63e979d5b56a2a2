import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  areFlowsWhole,
  blobsNamedBy,
  type RowCopy,
  type StorageCopy,
} from '../../shared/storage/copy.ts';
import type { TableName } from '../../shared/storage/tables.ts';
import {
  BackupError,
  blobFile,
  type Manifest,
  tableFile,
  TABLES_KEPT,
  writeManifest,
} from './manifest.ts';

export interface BackupOptions {
  readonly source: StorageCopy;
  readonly prefix: string;
  /** Has to be empty or not there. */
  readonly folder: string;
  readonly version: string;
  readonly now: () => number;
  readonly say: (line: string) => void;
}

/** How often a table is read anew because what it named was replaced meanwhile. */
const TRIES = 5;

/**
 * Copies all that a deployment keeps into files, while it runs. Nothing stands still meanwhile, so
 * each part is whole in itself: see docs/backup.md.
 * @throws {BackupError} for a folder that holds something.
 */
export async function backUp(options: BackupOptions): Promise<Manifest> {
  const { source, folder, say } = options;
  await makeFolder(folder);
  const begun = new Date(options.now()).toISOString();
  const tables: Manifest['tables'][number][] = [];
  let blobs: Manifest['blobs'] = [];
  for (const table of TABLES_KEPT) {
    if (table === 'design') {
      const read = await readDesign(options);
      tables.push(read.table);
      ({ blobs } = read);
      say(`blobs: ${blobs.length}`);
    } else if (table === 'deployments') {
      tables.push(await readDeployments(options));
    } else {
      tables.push((await readTable(options, table)).table);
    }
    say(`${table}: ${tables.at(-1)?.rows ?? 0} rows`);
  }
  const manifest: Manifest = {
    format: 1,
    begun,
    ended: new Date(options.now()).toISOString(),
    version: options.version,
    prefix: options.prefix,
    tables,
    blobs,
  };
  await writeManifest(folder, manifest);
  return manifest;

  /**
   * The rows first, then the blobs that they name. A bundle that is replaced in between is gone
   * with its name: then the rows are read anew.
   */
  async function readDesign({ folder: into }: BackupOptions) {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const read = await readTable(options, 'design', true);
      const found = await readBlobs(blobsNamedBy(read.rows), into);
      if (found !== undefined) return { table: read.table, blobs: found };
    }
    throw new BackupError('iFlows are being changed all the time. Take the backup again later.');
  }

  async function readBlobs(
    names: readonly string[],
    into: string,
  ): Promise<Manifest['blobs'] | undefined> {
    await rm(join(into, 'blobs'), { recursive: true, force: true });
    await mkdir(join(into, 'blobs'), { mode: 0o700 });
    const found: Manifest['blobs'][number][] = [];
    for (const name of new Set(names)) {
      const content = await source.readBlob(name);
      if (content === undefined) return undefined;
      await writeFile(join(into, blobFile(name)), content, { mode: 0o600 });
      const sha256 = createHash('sha256').update(content).digest('hex');
      found.push({ file: blobFile(name), bytes: content.length, sha256 });
      if (found.length % 100 === 0) say(`blobs: ${found.length}…`);
    }
    return found;
  }
}

/** Deployments come first in key order: a flow that is replaced in between is not in the rest. */
async function readDeployments(options: BackupOptions): Promise<Manifest['tables'][number]> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { table, rows } = await readTable(options, 'deployments', true);
    if (areFlowsWhole(rows)) return table;
  }
  throw new BackupError('iFlows are being deployed all the time. Take the backup again later.');
}

/** A row is a line of JSON. @param keep whether the rows are held in memory too. */
async function readTable(
  { source, folder, say }: BackupOptions,
  table: TableName,
  keep = false,
): Promise<{ table: Manifest['tables'][number]; rows: readonly RowCopy[] }> {
  const hash = createHash('sha256');
  const kept: RowCopy[] = [];
  let [rows, bytes] = [0, 0];
  const file = await open(join(folder, tableFile(table)), 'w', 0o600);
  try {
    for await (const page of source.readRows(table)) {
      const text = page.map((row) => `${JSON.stringify(row)}\n`).join('');
      hash.update(text);
      bytes += Buffer.byteLength(text);
      rows += page.length;
      await file.write(text);
      if (keep) kept.push(...page);
      if (rows % 10_000 === 0 && rows > 0) say(`${table}: ${rows} rows…`);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const sha256 = hash.digest('hex');
  return { table: { table, rows, file: tableFile(table), bytes, sha256 }, rows: kept };
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) {
    throw new BackupError(`${folder} is not empty: a backup goes into a folder of its own.`);
  }
  await mkdir(join(folder, 'tables'), { mode: 0o700 });
}
