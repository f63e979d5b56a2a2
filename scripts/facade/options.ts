import { readFile } from 'node:fs/promises';
import { text as readStream } from 'node:stream/consumers';
import {
  CommandError,
  parseCommand,
  readTarget,
  type Target,
  TARGET_OPTIONS,
  TARGET_USAGE,
} from '../api/target.ts';

export const USAGE = `Usage: npm run facade -- --address <path> --target <URL> (--key <file> | --credential <name>)
                       [--id <Id>] [--package <Id>] [--role <role>]
                       [--url <base URL> --client <client id> [--secret <secret>]]

  Makes an address at Flowgate that calls an iFlow on an SAP tenant with a token of its own. Run again,
  it brings what is there to what is asked for.

  --address        below /http, such as /v1/orders; with /* at its end, what is below goes on, too
  --target         URL of the iFlow on the tenant; /http/… does where the service key has its url
  --key            a service key of Cloud Foundry, as JSON; - reads it from the standard input
  --credential     OAuth2 client credentials that Flowgate has already, in the place of --key
  --id, --package  of the iFlow that is made; the address gives its Id, and its package is Facades
  --role           that callers need; ESBMessaging.send unless told
${TARGET_USAGE}`;

export interface FacadeOptions {
  readonly target: Target;
  /** Body of `POST /registry/v1/facades`. */
  readonly request: Readonly<Record<string, unknown>>;
}

const OPTIONS = {
  ...TARGET_OPTIONS,
  address: { type: 'string' },
  target: { type: 'string' },
  key: { type: 'string' },
  credential: { type: 'string' },
  id: { type: 'string' },
  package: { type: 'string' },
  role: { type: 'string' },
} as const;

/** @throws {CommandError} */
export async function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  stdin: NodeJS.ReadableStream,
): Promise<FacadeOptions> {
  const { values, positionals } = parseCommand(args, OPTIONS, USAGE);
  const { address, target, key, credential, id, package: packageId, role } = values;
  const hasCredentials = key !== undefined || credential !== undefined;
  if (positionals.length > 0 || address === undefined || target === undefined || !hasCredentials) {
    throw new CommandError(`Say which address calls what, and with which credentials.\n\n${USAGE}`);
  }
  return {
    target: await readTarget(values, env, USAGE),
    request: {
      address,
      target_url: target,
      service_key: key === undefined ? undefined : await readServiceKey(key, stdin),
      credential_name: credential,
      iflow_id: id,
      package_id: packageId,
      user_role: role,
    },
  };
}

async function readServiceKey(file: string, stdin: NodeJS.ReadableStream): Promise<unknown> {
  const json = file === '-' ? await readStream(stdin) : await readText(file);
  try {
    return JSON.parse(json);
  } catch {
    throw new CommandError(`${file} is no JSON. Copy the service key out of the cockpit as JSON.`);
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CommandError(`${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
