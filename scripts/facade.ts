/** `npm run facade`: see `USAGE`, and docs/iflow/facade.md. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { makeFacade, Refused } from './facade/make-facade.ts';

const USAGE = `Usage: npm run facade -- <base URL of Flowgate> --address /v1/orders --target <URL of the iFlow> --key <service key.json>

Makes an address at Flowgate that calls an iFlow on an SAP tenant with a token of its own. Run again,
it brings what is there to what is asked for.

  --address <path>     below /http; with /* at its end, what is below goes on to the tenant
  --target <url>       of the iFlow on the tenant; /http/… does where the service key has its url
  --key <file>         a service key of Cloud Foundry, as JSON; - reads it from the standard input
  --credential <name>  OAuth2 client credentials at Flowgate, in the place of --key
  --id, --package, --role <text>  of the iFlow that is made, unless what the address gives will do

  FLOWGATE_REMOTE_CLIENT_ID      a client with AuthGroup.IntegrationDeveloper or AuthGroup.Administrator
  FLOWGATE_REMOTE_CLIENT_SECRET  its secret`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      address: { type: 'string' },
      target: { type: 'string' },
      key: { type: 'string' },
      credential: { type: 'string' },
      id: { type: 'string' },
      package: { type: 'string' },
      role: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [url] = positionals;
  const { address, target, key, credential } = values;
  const isWhole = key !== undefined || credential !== undefined;
  if (
    values.help ||
    url === undefined ||
    !isWhole ||
    address === undefined ||
    target === undefined
  ) {
    console.error(USAGE);
    return values.help ? 0 : 2;
  }
  const serviceKey = key === undefined ? undefined : await readServiceKey(key);
  const made = await makeFacade(
    url,
    {
      id: process.env['FLOWGATE_REMOTE_CLIENT_ID'] ?? '',
      secret: process.env['FLOWGATE_REMOTE_CLIENT_SECRET'] ?? '',
    },
    {
      address,
      target_url: target,
      service_key: serviceKey,
      credential_name: credential,
      iflow_id: values.id,
      package_id: values.package,
      user_role: values.role,
    },
  );
  console.log(made);
  return 0;
}

async function readServiceKey(file: string): Promise<unknown> {
  const text = file === '-' ? await readAll() : await readFile(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(`${file} is no JSON. Copy the service key out of the cockpit as JSON.`);
  }
}

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}

try {
  process.exitCode = await main();
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isUsers = error instanceof Refused || code === 'ENOENT';
  if (!isUsers && !code.startsWith('ERR_PARSE_ARGS')) throw error;
  console.error((error as Error).message);
  process.exitCode = isUsers ? 1 : 2;
}
