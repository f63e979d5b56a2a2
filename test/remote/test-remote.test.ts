import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { readSuites } from '../../scripts/test-remote/suites.ts';
import { testStorage } from '../support/azurite.ts';
import { type Instance, type Management, manage, startInstance } from '../support/instance.ts';

/* `npm run test:remote` against an instance that it knows nothing about but the address. */

const root = join(import.meta.dirname, '..', '..');
const CLIENT = { id: 'remote-admin', secret: 'the-secret-of-remote-runs' };
const FIXTURE = 'test/remote/fixtures/leaves-things.ts';

let instance: Instance;
let admin: Management;

before(async () => {
  instance = await startInstance(await testStorage(), {
    FLOWGATE_ACCOUNT: 'acme',
    FLOWGATE_ISSUER: 'https://acme.example',
    FLOWGATE_BOOTSTRAP_CLIENT_ID: CLIENT.id,
    FLOWGATE_BOOTSTRAP_CLIENT_SECRET: CLIENT.secret,
  });
  admin = await manage(instance, { administrator: CLIENT, iflmap: 'acmeiflmap' });
  // Of somebody else, so that no list is empty.
  await admin.registerClient();
});

interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** The command as `npm run test:remote` starts it, with these arguments. */
function runRemote(args: readonly string[], credentials = CLIENT): Promise<Outcome> {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    FLOWGATE_REMOTE_CLIENT_ID: credentials.id,
    FLOWGATE_REMOTE_CLIENT_SECRET: credentials.secret,
  };
  // It would take the run for a part of this one.
  delete env['NODE_TEST_CONTEXT'];
  const script = join(root, 'scripts', 'test-remote.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

/** All that the deployment keeps, but for the log and the audit trail. */
async function stored(): Promise<string> {
  const roles = '/registry/v1/subscriptions/acmeiflmap/roles';
  const paths = [
    '/registry/v1/clients?limit=200',
    roles,
    `${roles}/ESBMessaging.send/users`,
    '/registry/v1/keys',
    '/api/v1/IntegrationPackages',
    '/api/v1/IntegrationRuntimeArtifacts',
  ];
  const answers = await Promise.all(paths.map((path) => admin.send('GET', path)));
  for (const { status, url } of answers) assert.equal(status, 200, url);
  return (await Promise.all(answers.map((answer) => answer.text()))).join('\n');
}

test('a suite runs against the address, under another account and issuer, and leaves nothing behind', async () => {
  const before = await stored();
  const { code, output } = await runRemote([instance.url, 'test/conformance/rfc9068.test.ts']);
  assert.equal(code, 0, output);
  assert.match(output, /subscription acmeiflmap/);
  assert.match(output, /✔ RFC 9068 section 2\.2: every required claim/);
  assert.match(output, /fail 0\b/);
  assert.match(output, /Removed what the run had made: [1-9]/);
  assert.equal(await stored(), before);
  assert.ok(!output.includes(CLIENT.secret));
});

test('a run that fails with everything still there ends with 1 and leaves nothing behind', async () => {
  const before = await stored();
  const { code, output } = await runRemote([instance.url, FIXTURE]);
  assert.equal(code, 1, output);
  assert.match(output, /as it has to/);
  assert.match(output, /Removed what the run had made: 5\./);
  assert.equal(await stored(), before);
});

test('what is left out is named with its reason, and all of the three folders is decided', async () => {
  const { remote, leftOut } = readSuites(root);
  assert.ok(remote.includes('test/http/dispatch.test.ts'));
  const speaks = /support\/(instance|target)\.ts|\/deployment\.ts|(running|two)-instances\.ts/;
  const undecided = globSync('test/{http,conformance,hostile}/*.test.ts', { cwd: root })
    .filter((file) => speaks.test(readFileSync(join(root, file), 'utf8')))
    .filter((file) => ![...remote, ...leftOut.map((one) => one.file)].includes(file));
  assert.deepEqual(undecided, []);
  for (const file of remote) {
    const source = readFileSync(join(root, file), 'utf8');
    assert.doesNotMatch(source, /testStorage|startInstance|OwnTarget|deployOwn|keysOf/, file);
  }
  // None of these tests exists, so that nothing but the list is shown.
  const { output } = await runRemote([instance.url, '--test-name-pattern=^none of them$']);
  for (const { file, reason } of leftOut) assert.ok(output.includes(`${file}: ${reason}`), file);
});

async function serve(t: TestContext, handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `http://127.0.0.1:${address.port}`;
}

test('it does not begin where there is no Flowgate, or one that does not take the credentials', async (t) => {
  const stranger = await admin.registerClient();
  const before = await stored();
  let requests = 0;
  const other = await serve(t, (_, response) => {
    requests += 1;
    response.end('Hello');
  });
  const refusals: readonly (readonly [string, RegExp, typeof CLIENT?])[] = [
    ['http://127.0.0.1:9', /cannot be reached: /],
    [other, /There is no Flowgate at http:\/\/127\.0\.0\.1:\d+: its registry does not answer/],
    ['http://flowgate.example', /the base URL is https/],
    [`${instance.url}/oauth2`, /nothing else/],
    ['flowgate', /"flowgate" is no URL/],
    [
      instance.url,
      /cannot administer .*invalid_client/,
      { ...CLIENT, secret: 'a-wrong-secret-it-is' },
    ],
    [instance.url, /cannot administer .*refused with 401/, stranger],
    [instance.url, /FLOWGATE_REMOTE_CLIENT_SECRET are not set/, { id: 'x', secret: '' }],
  ];
  for (const [url, expected, credentials] of refusals) {
    const { code, output } = await runRemote([url, FIXTURE], credentials);
    assert.equal(code, 1, output);
    assert.match(output, expected);
    assert.doesNotMatch(output, /makes one of each|\n {4}at /);
  }
  assert.equal(requests, 1, 'no secret is sent to what is no Flowgate');
  assert.equal(await stored(), before);
});

test('what a run that was killed has left is removed by its mark', async () => {
  const before = await stored();
  const left = await manage(instance, {
    administrator: CLIENT,
    iflmap: 'acmeiflmap',
    mark: 'fgt0123abcd',
  });
  await left.registerClient();
  const { code, output } = await runRemote([instance.url, '--clean', 'fgt0123abcd']);
  assert.equal(code, 0, output);
  assert.match(output, /Removed: 1\./);
  assert.equal(await stored(), before);
  const refused = await runRemote([instance.url, '--clean', 'c']);
  assert.deepEqual([refused.code, /no mark of a run/.test(refused.output)], [1, true]);
  assert.equal(await stored(), before);
});
