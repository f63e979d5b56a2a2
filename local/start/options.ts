import { parseArgs } from 'node:util';

export interface StartOptions {
  /** 0 for a free one. */
  readonly port: number;
  /** Folder, as given. */
  readonly data: string;
  readonly build: boolean;
  readonly verbose: boolean;
}

export const USAGE = `Usage: npm start -- [--port 7071] [--data .flowgate] [--no-build] [--verbose]

  --port N       the port to serve on; 0 takes a free one
  --data FOLDER  where the storage, the master key and the first administrator are kept
  --no-build     serve dist/ as it is
  --verbose      log every event, not just errors
`;

/** The arguments are not as {@link USAGE} has them. */
export class UsageError extends Error {}

/** @throws {UsageError} that says which argument is wrong. */
export function readOptions(args: readonly string[]): StartOptions {
  const { port, data, build, verbose } = parse(args);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new UsageError(`--port must be a number from 0 to 65535, not "${port}".`);
  }
  if (data === '') throw new UsageError('--data must name a folder.');
  return { port: Number(port), data, build, verbose };
}

function parse(args: readonly string[]): {
  port: string;
  data: string;
  build: boolean;
  verbose: boolean;
} {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        port: { type: 'string', default: '7071' },
        data: { type: 'string', default: '.flowgate' },
        build: { type: 'boolean', default: true },
        verbose: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
