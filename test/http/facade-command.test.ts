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
  { id, secret }: { readonly id: string; readonly secret: string } = ADMIN,
): Promise<{ readonly code: number; readonly text: string }> {
  const env = {
    ...process.env,
    FLOWGATE_REMOTE_CLIENT_ID: id,
    FLOWGATE_REMOTE_CLIENT_SECRET: secret,
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...args], { env }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, text: stdout + stderr });
    });
  });
}

test('npm run facade makes a facade out of a service key, and can be run again', async () => {
  const args = [instance.url, '--address', '/orders', '--target', '/http/orders', '--key', key];
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
  const cases: readonly (readonly [args: readonly string[], code: number, message: RegExp])[] = [
    [[], 2, /^Usage: npm run facade/],
    [[instance.url, '--address', '/x'], 2, /^Usage/],
    [[instance.url, '--adress', '/x'], 2, /'--adress'/],
    [['flowgate', ...all], 1, /flowgate is no URL/],
    [['http://127.0.0.1:1', ...all], 1, /cannot be reached/],
    [[instance.url, ...all.slice(0, -1), join(folder, 'absent.json')], 1, /ENOENT/],
    [[instance.url, ...all.slice(0, -1), join(folder, 'no.json')], 1, /is no JSON/],
    [
      [instance.url, ...all, '--address', 'x'],
      1,
      /^Refused \(422\): .*\n {2}\/address: The address "x"/,
    ],
  ];
  for (const [args, code, message] of cases) {
    const { code: found, text } = await run(args);
    assert.equal(found, code, text);
    assert.match(text, message);
    assert.equal(/ {4}at |the secret in/.test(text), false, text);
  }
  const stranger = await run([instance.url, ...all], { id: ADMIN.id, secret: 'wrong' });
  assert.match(stranger.text, /gives test-admin no token \(401\)/);
  assert.match((await run([instance.url, ...all], { id: '', secret: '' })).text, /are not set/);
});
