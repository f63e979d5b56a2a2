import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { BackupError } from './manifest.ts';

/** @throws {BackupError} with the usage for other arguments than these. */
export function readArguments<T extends ParseArgsOptionsConfig>(options: T, usage: string) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    if (error instanceof TypeError) throw new BackupError(`${error.message}\n\n${usage}`);
    throw error;
  }
}

/** @throws {BackupError} with the usage. */
export function required(value: string | undefined, name: string, usage: string): string {
  if (value === undefined || value === '') throw new BackupError(`${name} is missing.\n\n${usage}`);
  return value;
}

/** Ends with 1 and the message where the user has to mend something. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
