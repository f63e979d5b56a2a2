import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TableName } from '../../shared/storage/tables.ts';

/** What a backup holds; written last, so that a folder without it is no backup. */
export interface Manifest {
  /** Of this folder's layout, not of the rows in it. */
  readonly format: 1;
  /** ISO 8601: nothing that was changed before `begun` is missing, nothing after `ended` is in it. */
  readonly begun: string;
  readonly ended: string;
  /** Version of the software that made the backup. */
  readonly version: string;
  /** FLOWGATE_STORAGE_PREFIX of the deployment; a restore may go to another. */
  readonly prefix: string;
  readonly tables: readonly TableFile[];
  readonly blobs: readonly BackupFile[];
}

interface BackupFile {
  /** Path in the folder. */
  readonly file: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

interface TableFile extends BackupFile {
  readonly table: TableName;
  readonly rows: number;
}

/**
 * In the order of reading; see docs/backup.md. Left out are failed sign-ins, codes and pushed requests,
 * which count for minutes, sessions, and values that count once, which are refused for their age soon.
 */
export const TABLES_KEPT = [
  'keys',
  'clients',
  'initialtokens',
  'origins',
  'roles',
  'issuers',
  'users',
  'securitymaterial',
  'accesspolicies',
  'design',
  'deployments',
  'tasks',
  'grants',
  'messagelogs',
  'logattachments',
  'revocations',
  'partners',
  'numberranges',
  'processed',
  'timers',
  'datastores',
  'datastorebodies',
  'audit',
] as const satisfies readonly TableName[];

export const tableFile = (table: TableName): string => join('tables', `${table}.jsonl`);
export const blobFile = (name: string): string => join('blobs', name);

/** What to mend, for whoever has given the command. */
export class BackupError extends Error {}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const file = join(folder, 'manifest.json');
  await writeFile(`${file}.new`, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/**
 * Reads the manifest and holds every file against it.
 * @throws {BackupError} for a folder that is no backup, or not as it was written.
 */
export async function readBackup(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  for (const { file, sha256, bytes } of [...manifest.tables, ...manifest.blobs]) {
    const found = await measure(join(folder, file));
    if (found?.sha256 !== sha256 || found.bytes !== bytes) {
      const what = found === undefined ? 'is missing' : 'is not as it was written';
      throw new BackupError(`The backup is damaged: ${file} ${what}. Nothing was restored.`);
    }
  }
  return manifest;
}

async function readManifest(folder: string): Promise<Manifest> {
  const file = join(folder, 'manifest.json');
  const text = await orMissing(readFile(file, 'utf8'));
  if (text === undefined) {
    throw new BackupError(`${folder} holds no backup, or one that was not finished: no ${file}.`);
  }
  const manifest = JSON.parse(text) as Manifest;
  const { format } = manifest as { format: unknown };
  if (format !== 1) throw new BackupError(`The backup has the format ${String(format)}, not 1.`);
  const paths = [...manifest.tables, ...manifest.blobs].map((entry) => entry.file);
  const outside = paths.find((path) => !/^(tables|blobs)[\\/][A-Za-z0-9._-]+$/.test(path));
  if (outside !== undefined) throw new BackupError(`The manifest names the file ${outside}.`);
  return manifest;
}

/** @returns undefined if the file is not there. */
async function measure(path: string): Promise<Pick<BackupFile, 'bytes' | 'sha256'> | undefined> {
  const read = async () => {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
    }
    return { bytes, sha256: hash.digest('hex') };
  };
  return orMissing(read());
}

async function orMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
