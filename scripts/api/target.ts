import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

/** What to mend, for whoever has given the command. */
export class CommandError extends Error {}

/** The Flowgate that a command works on, and the client that it is there. */
export interface Target {
  /** Without a slash at its end. */
  readonly url: string;
  readonly clientId: string;
  readonly secret: string;
}

/** How a command is told its target. */
export const TARGET_OPTIONS = {
  url: { type: 'string' },
  client: { type: 'string' },
  secret: { type: 'string' },
  data: { type: 'string', default: '.flowgate' },
} as const;

/** Part of what a command says of its options. */
export const TARGET_USAGE = `  --url            of the Flowgate; http://localhost:7071 unless told, as the administrator of npm start
  --client         a client with the role AuthGroup.IntegrationDeveloper or AuthGroup.Administrator
  --secret         its secret; FLOWGATE_CLIENT_SECRET in the environment is not seen by other users
  --data <folder>  the data folder of npm start, .flowgate unless told
`;

const LOCAL_URL = 'http://localhost:7071';
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Arguments by those options and no others. @throws {CommandError} */
export function parseCommand<const O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: O,
  usage: string,
) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    if (error instanceof TypeError) throw new CommandError(`${error.message}\n\n${usage}`);
    throw error;
  }
}

/** @throws {CommandError} */
export async function readTarget(
  given: Readonly<Partial<Record<'url' | 'client' | 'secret', string>>> & { readonly data: string },
  env: Readonly<Record<string, string | undefined>>,
  usage: string,
): Promise<Target> {
  const { url, client, data } = given;
  const secret = given.secret ?? env['FLOWGATE_CLIENT_SECRET'];
  if (url === undefined && client === undefined && given.secret === undefined) {
    return { url: LOCAL_URL, ...(await readLocalClient(data, usage)) };
  }
  if (client === undefined || client === '')
    throw new CommandError(`--client is missing.\n\n${usage}`);
  if (secret === undefined || secret === '')
    throw new CommandError(`--secret is missing.\n\n${usage}`);
  return { url: baseUrlOf(url ?? LOCAL_URL), clientId: client, secret };
}

async function readLocalClient(data: string, usage: string): Promise<Omit<Target, 'url'>> {
  const file = join(data, 'bootstrap.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new CommandError(
      `${file} is not there. Start Flowgate with npm start first, or name another with --url.\n\n${usage}`,
    );
  }
  const { clientId, clientSecret } = JSON.parse(text) as {
    readonly clientId: string;
    readonly clientSecret: string;
  };
  return { clientId, secret: clientSecret };
}

function baseUrlOf(given: string): string {
  if (!URL.canParse(given)) throw new CommandError(`"${given}" is no URL, such as https://host.`);
  const { protocol, hostname, origin, pathname, search, username } = new URL(given);
  if (pathname !== '/' || search !== '' || username !== '') {
    throw new CommandError('--url has a scheme, a host and perhaps a port, and nothing else.');
  }
  if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.includes(hostname))) {
    throw new CommandError('A secret is sent: --url is https, but for this machine.');
  }
  return origin;
}
