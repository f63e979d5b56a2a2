import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run import -- <zip or folder>... [--overwrite] [--package <Id>]
                       [--url <base URL> --client <client id> [--secret <secret>]]

  Imports integration packages and the bundles of single artifacts, as SAP Cloud Integration exports
  them, through the API of a Flowgate. Of a folder, all zips in it and below.

  --overwrite      replaces what is there; configured parameters stay
  --package <Id>   where bundles of single artifacts go, "Imported" unless told; made if it is not there
  --url            of the Flowgate; http://localhost:7071 unless told, as the administrator of npm start
  --client         a client with the role AuthGroup.IntegrationDeveloper or AuthGroup.Administrator
  --secret         its secret; FLOWGATE_CLIENT_SECRET in the environment is not seen by other users
  --data <folder>  the data folder of npm start, .flowgate unless told
`;

/** What to mend, for whoever has given the command. */
export class ImportError extends Error {}

export interface ImportOptions {
  readonly paths: readonly string[];
  readonly overwrite: boolean;
  readonly packageId: string;
  /** Without a slash at its end. */
  readonly url: string;
  readonly clientId: string;
  readonly secret: string;
}

const LOCAL_URL = 'http://localhost:7071';
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** @throws {ImportError} */
export async function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<ImportOptions> {
  const { values, positionals } = parse(args);
  if (positionals.length === 0) throw new ImportError(`Say what to import.\n\n${USAGE}`);
  const { url, client, data, overwrite } = values;
  const secret = values.secret ?? env['FLOWGATE_CLIENT_SECRET'];
  const to = { paths: positionals, overwrite, packageId: values.package };
  if (url === undefined && client === undefined && values.secret === undefined) {
    return { ...to, url: LOCAL_URL, ...(await readLocalClient(data)) };
  }
  if (client === undefined || client === '')
    throw new ImportError(`--client is missing.\n\n${USAGE}`);
  if (secret === undefined || secret === '')
    throw new ImportError(`--secret is missing.\n\n${USAGE}`);
  return { ...to, url: baseUrlOf(url ?? LOCAL_URL), clientId: client, secret };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        client: { type: 'string' },
        secret: { type: 'string' },
        package: { type: 'string', default: 'Imported' },
        data: { type: 'string', default: '.flowgate' },
        overwrite: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    if (error instanceof TypeError) throw new ImportError(`${error.message}\n\n${USAGE}`);
    throw error;
  }
}

async function readLocalClient(data: string): Promise<{ clientId: string; secret: string }> {
  const file = join(data, 'bootstrap.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new ImportError(
      `${file} is not there. Start Flowgate with npm start first, or name another with --url.\n\n${USAGE}`,
    );
  }
  const { clientId, clientSecret } = JSON.parse(text) as {
    readonly clientId: string;
    readonly clientSecret: string;
  };
  return { clientId, secret: clientSecret };
}

function baseUrlOf(given: string): string {
  if (!URL.canParse(given)) throw new ImportError(`"${given}" is no URL, such as https://host.`);
  const { protocol, hostname, origin, pathname, search, username } = new URL(given);
  if (pathname !== '/' || search !== '' || username !== '') {
    throw new ImportError('--url has a scheme, a host and perhaps a port, and nothing else.');
  }
  if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.includes(hostname))) {
    throw new ImportError('A secret is sent: --url is https, but for this machine.');
  }
  return origin;
}
