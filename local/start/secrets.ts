import { createHmac, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from '../file-lock.mjs';

type Environment = Readonly<Record<string, string | undefined>>;

/** The first administrator's client. */
export interface Bootstrap {
  readonly clientId: string;
  readonly clientSecret: string;
  /**
   * Where it comes from: the environment, or the file in the data folder, which is new until a start
   * has shown what is in it.
   */
  readonly from: 'new file' | 'file' | 'environment';
  readonly file: string;
}

export interface Secrets {
  /** 32 bytes in base64. */
  readonly masterKey: string;
  readonly bootstrap: Bootstrap;
  /** For the client that the walk-through registers: the same at every start. */
  readonly walkThroughSecret: string;
}

/** Makes the data folder (mode 0700), for its owner alone. */
export async function makeDataFolder(data: string): Promise<void> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  await chmod(data, 0o700);
}

/**
 * The secrets of a data folder: made once, however many starts there are at a time, each in a file
 * of mode 0600. What the environment sets is taken from there and not written down.
 */
export function readSecrets(data: string, env: Environment): Promise<Secrets> {
  return withFileLock(join(data, '.secrets.lock'), async () => {
    const masterKey =
      env['FLOWGATE_MASTER_KEY'] ||
      (await readOrMake(join(data, 'master.key'), () => randomBytes(32).toString('base64')));
    return {
      masterKey: masterKey.trim(),
      bootstrap: await readBootstrap(join(data, 'bootstrap.json'), env),
      walkThroughSecret: createHmac('sha256', masterKey.trim())
        .update('secret of the client of the walk-through')
        .digest('base64url'),
    };
  });
}

async function readBootstrap(file: string, env: Environment): Promise<Bootstrap> {
  const clientId = env['FLOWGATE_BOOTSTRAP_CLIENT_ID'] ?? '';
  const clientSecret = env['FLOWGATE_BOOTSTRAP_CLIENT_SECRET'] ?? '';
  if (clientId !== '' && clientSecret !== '') {
    return { clientId, clientSecret, from: 'environment', file };
  }
  if (clientId !== clientSecret) {
    throw new Error(
      'FLOWGATE_BOOTSTRAP_CLIENT_ID and FLOWGATE_BOOTSTRAP_CLIENT_SECRET go together: set both or neither.',
    );
  }
  const text = await readOrMake(file, () =>
    JSON.stringify(
      { clientId: 'flowgate-admin', clientSecret: randomBytes(32).toString('base64url') },
      null,
      2,
    ),
  );
  const kept = JSON.parse(text) as KeptBootstrap;
  return {
    clientId: kept.clientId,
    clientSecret: kept.clientSecret,
    from: kept.shown === true ? 'file' : 'new file',
    file,
  };
}

interface KeptBootstrap {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly shown?: boolean;
}

/** Tells commands where this data folder is served; of several instances, where the last one is. */
export function rememberUrl(data: string, url: string): Promise<void> {
  return withFileLock(join(data, '.secrets.lock'), () => writeWhole(join(data, 'url'), url));
}

/** Remembers that the secret has been shown: a start that fails before leaves it to the next one. */
export async function rememberShown({ file, from, ...kept }: Bootstrap): Promise<void> {
  if (from === 'new file')
    await writeWhole(file, JSON.stringify({ ...kept, shown: true }, null, 2));
}

async function readOrMake(file: string, make: () => string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const text = make();
  await writeWhole(file, text);
  return text;
}

/** Renamed into place, so that a start that is killed here leaves no half a file. */
async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
