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
export const TARGET_USAGE = `  --url            of the Flowgate; that of npm start unless told
  --client         for this machine the administrator of npm start unless told, else a client with the role AuthGroup.IntegrationDeveloper or AuthGroup.Administrator
  --secret         its secret; FLOWGATE_CLIENT_SECRET in the environment is not seen by other users
  --data <folder>  the data folder of npm start, .flowgate unless told
`;

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
  const base = url === undefined ? undefined : baseUrlOf(url);
  if (client === undefined && given.secret === undefined && isHere(base)) {
    const { clientId, clientSecret } = JSON.parse(
      await readLocal(data, 'bootstrap.json', usage),
    ) as {
      readonly clientId: string;
      readonly clientSecret: string;
    };
    const address = base ?? baseUrlOf((await readLocal(data, 'url', usage)).trim());
    return { url: address, clientId, secret: clientSecret };
  }
  if (client === undefined || client === '')
    throw new CommandError(`--client is missing.\n\n${usage}`);
  if (secret === undefined || secret === '')
    throw new CommandError(`--secret is missing.\n\n${usage}`);
  return {
    url: base ?? baseUrlOf((await readLocal(data, 'url', usage)).trim()),
    clientId: client,
    secret,
  };
}

/** What `npm start` keeps in its data folder. */
async function readLocal(
  data: string,
  name: 'bootstrap.json' | 'url',
  usage: string,
): Promise<string> {
  const file = join(data, name);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new CommandError(
      `${file} is not there. Start Flowgate with npm start first, or name another with --url.\n\n${usage}`,
    );
  }
}

function isHere(url: string | undefined): boolean {
  return url === undefined || LOOPBACK.includes(new URL(url).hostname);
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
