import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { testStorage } from '../support/azurite.ts';
import { ADMIN, type Instance, startInstance } from '../support/instance.ts';

export const LOCAL_ONLY = 'runs the command of this checkout';

const SECRET = 'the secret in the service key';
const script = join(import.meta.dirname, '..', '..', 'scripts', 'facade.ts');

let instance: Instance;
let folder: string;
let key: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flowgate-facade-'));
  key = join(folder, 'key.json');
  const oauth = {
    clientid: 'sb-1',
    clientsecret: SECRET,
    url: 'https://tenant-rt.example',
    tokenurl: 'https://tenant.authentication.example/oauth/token',
  };
  await writeFile(key, JSON.stringify({ oauth }));
  await writeFile(join(folder, 'no.json'), 'clientid: x');
  instance = await startInstance(await testStorage());
  await fetch(`${instance.url}/health/ready`);
});
after(() => rm(folder, { recursive: true }));

function run(
  args: readonly string[],
  { url, secret }: { readonly url: string; readonly secret: string } = {
    url: instance.url,
    secret: ADMIN.secret,
  },
): Promise<{ readonly code: number; readonly text: string }> {
  const env = { ...process.env, FLOWGATE_CLIENT_SECRET: secret };
  const all = [script, '--url', url, '--client', ADMIN.id, ...args];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, all, { env }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, text: stdout + stderr });
    });
  });
}

test('npm run facade makes a facade out of a service key, and can be run again', async () => {
  const args = ['--address', '/orders', '--target', '/http/orders', '--key', key];
  const made = await run(args);
  assert.equal(made.code, 0, made.text);
  assert.match(
    made.text,
    /^The facade Facade_orders is made: https:\/\/flowgate\.example\/http\/orders calls https:\/\/tenant-rt\.example\/http\/orders\.\nCallers need the role ESBMessaging\.send/,
  );
  const again = await run([...args, '--role', 'Orders.send']);
  assert.match(again.text, /is as asked for: .*\n.*Orders\.send/);
});

test('what is wrong is told in sentences, without a stack and without the secret', async () => {
  const all = ['--address', '/other', '--target', '/http/other', '--key', key];
  const unusable = all.slice(0, -1);
  const cases: readonly (readonly [
    args: readonly string[],
    message: RegExp,
    as?: { readonly url?: string; readonly secret?: string },
  ])[] = [
    [[], /^Say which address calls what.*\n\nUsage: npm run facade/],
    [['--address', '/x', '--target', '/http/x'], /^Say which/],
    [[...all, 'more'], /^Say which/],
    [['--adress', '/x'], /'--adress'/],
    [[...unusable, join(folder, 'absent.json')], /absent\.json cannot be read: ENOENT/],
    [[...unusable, join(folder, 'no.json')], /is no JSON/],
    [all, /"flowgate" is no URL/, { url: 'flowgate' }],
    [all, /A secret is sent: --url is https/, { url: 'http://flowgate.example' }],
    [all, /cannot be reached/, { url: 'http://127.0.0.1:1' }],
    [all, /refuses the client/, { secret: 'another' }],
    [[...all, '--address', 'x'], /^Refused \(422\): .*\n {2}\/address: The address "x"/],
  ];
  for (const [args, message, as] of cases) {
    const { code, text } = await run(args, { url: instance.url, secret: ADMIN.secret, ...as });
    assert.match(text, message);
    assert.equal(code, 1, text);
    assert.doesNotMatch(text, /\n {4}at /);
    assert.equal(text.includes(SECRET), false);
  }
});
