import {
  CommandError,
  parseCommand,
  readTarget,
  type Target,
  TARGET_OPTIONS,
  TARGET_USAGE,
} from '../api/target.ts';

export const USAGE = `Usage: npm run import -- <zip or folder>... [--overwrite] [--package <Id>]
                       [--url <base URL> --client <client id> [--secret <secret>]]

  Imports integration packages and the bundles of single artifacts, as SAP Cloud Integration exports
  them, through the API of a Flowgate. Of a folder, all zips in it and below.

  --overwrite      replaces what is there; configured parameters stay
  --package <Id>   where bundles of single artifacts go, "Imported" unless told; made if it is not there
${TARGET_USAGE}`;

export interface ImportOptions extends Target {
  readonly paths: readonly string[];
  readonly overwrite: boolean;
  readonly packageId: string;
}

const OPTIONS = {
  ...TARGET_OPTIONS,
  package: { type: 'string', default: 'Imported' },
  overwrite: { type: 'boolean', default: false },
} as const;

/** @throws {CommandError} */
export async function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<ImportOptions> {
  const { values, positionals } = parseCommand(args, OPTIONS, USAGE);
  if (positionals.length === 0) throw new CommandError(`Say what to import.\n\n${USAGE}`);
  const target = await readTarget(values, env, USAGE);
  return {
    ...target,
    paths: positionals,
    overwrite: values.overwrite,
    packageId: values.package,
  };
}
