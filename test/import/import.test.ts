import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { before, test, type TestContext } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { importContent } from '../../scripts/import/import-content.ts';
import { testStorage } from '../support/azurite.ts';
import {
  contentPackage,
  scriptCollection,
  valueMapping,
  zipWithDescriptors,
} from '../support/content-package.ts';
import { flowBundle, line } from '../support/flow-bundle.ts';
import { freshFolder } from '../support/folders.ts';
import {
  ADMIN,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

const root = join(import.meta.dirname, '..', '..');

let instance: Instance;
let admin: Management;

before(async () => {
  instance = await startInstance(await testStorage());
  admin = await manage(instance);
});

interface Ended {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Runs `npm run import` with these arguments. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const file = join(root, 'scripts', 'import.ts');
    const options = { cwd: root, env: { ...process.env, ...env } };
    execFile(process.execPath, [file, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, lines: (stdout + stderr).trimEnd().split('\n') });
    });
  });
}

const into = ({ url } = instance): string[] => [
  ...['--url', url, '--client', ADMIN.id, '--secret', ADMIN.secret],
];

const flow = (id: string): Uint8Array =>
  buildBundle({ id, name: `Flow ${id}`, address: `/${id}`, steps: [] });

/** A folder with zips by their path in it. */
async function folderOf(
  t: TestContext,
  zips: Readonly<Record<string, Uint8Array>>,
): Promise<string> {
  const folder = await freshFolder(t);
  for (const [path, zip] of Object.entries(zips)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), zip);
  }
  return folder;
}

async function idsIn(set: string, packageId: string): Promise<string[]> {
  const path = `/api/v1/IntegrationPackages('${packageId}')/${set}`;
  const response = await admin.send('GET', path);
  const { d } = (await response.json()) as { d: { results: { Id: string }[] } };
  return d.results.map(({ Id }) => Id);
}

/** Without the seconds that it took. */
const summaryOf = ({ lines }: Ended): string => (lines.at(-1) ?? '').replace(/ in [\d.]+ s$/, '');

test('a folder is imported with all that is below it, collections and value mappings before iFlows', async (t) => {
  const folder = await folderOf(t, {
    'a flow.zip': flow('single'),
    'deep/er/package.zip': contentPackage({
      id: 'Deep',
      resources: [
        { type: 'IFlow', id: 'packed', content: flow('packed') },
        { type: 'IFlow', id: 'cut', content: flow('cut').subarray(0, 400) },
        { type: 'File', id: 'doc', content: Buffer.from('x') },
      ],
    }),
    'deep/scripts.ZIP': scriptCollection({ id: 'scripts' }, { 'a.js': '' }),
    'deep/values.zip': valueMapping({ id: 'values' }, []),
    'half.zip': flow('half').subarray(0, 400),
    'tpa.zip': zipWithDescriptors({ 'CompanyProfileConfiguration/my::c.JSON': '{}' }),
    'notes.txt': Buffer.from('no zip'),
  });
  const ended = await run([folder, ...into(), '--package', 'Singles']);
  assert.equal(ended.code, 1, 'two were refused');
  assert.deepEqual(
    ended.lines.slice(0, 7).map((line) => line.replace(folder, '').slice(0, 60).trimEnd()),
    [
      'imported  script collection scripts (Singles)',
      'imported  value mapping     values (Singles)',
      'refused   zip               /half.zip: This is not a zip, or',
      'left out  zip               /tpa.zip: This is an export of T',
      'imported  iFlow             packed (Deep)',
      'refused   iFlow             cut (Deep): This is not a zip, o',
      'imported  iFlow             single (Singles)',
    ].map((line) => line.replaceAll('/', join('/'))),
  );
  assert.equal(summaryOf(ended), 'imported 4 refused 2 warnings 0 left out 1');
  assert.deepEqual(await idsIn('IntegrationDesigntimeArtifacts', 'Singles'), ['single']);
  assert.deepEqual(await idsIn('ScriptCollectionDesigntimeArtifacts', 'Singles'), ['scripts']);
  assert.deepEqual(await idsIn('ValueMappingDesigntimeArtifacts', 'Singles'), ['values']);
  assert.deepEqual(await idsIn('IntegrationDesigntimeArtifacts', 'Deep'), ['packed']);
});

test('what is there is refused, and replaced with --overwrite', async (t) => {
  const folder = await folderOf(t, {
    'flow.zip': flow('again'),
    'package.zip': contentPackage({
      id: 'Again',
      resources: [{ type: 'IFlow', id: 'inside', content: flow('inside') }],
    }),
  });
  const args = [folder, ...into(), '--package', 'AgainSingles'];
  assert.equal((await run(args)).code, 0);
  const refused = await run(args);
  assert.equal(refused.code, 1);
  assert.match(refused.lines[0] ?? '', /^refused +package +Again .* already exists/);
  assert.match(refused.lines[1] ?? '', /^refused +iFlow +again .*--overwrite replaces it/);
  const replaced = await run([...args, '--overwrite']);
  assert.deepEqual(
    [replaced.code, summaryOf(replaced)],
    [0, 'imported 2 refused 0 warnings 0 left out 0'],
  );
});

test('addresses that clash are warnings, and no failure', async (t) => {
  const folder = await folderOf(t, {
    'package.zip': contentPackage({
      id: 'Clash',
      resources: ['c1', 'c2'].map((id) => ({
        ...{ type: 'IFlow' as const, id },
        content: buildBundle({ id, name: id, address: '/clash', steps: [] }),
      })),
    }),
  });
  const ended = await run([join(folder, 'package.zip'), ...into()]);
  assert.equal(ended.code, 0);
  assert.match(
    ended.lines[2] ?? '',
    /^warning +iFlow +c2: The address \/clash is that of the iFlow c1/,
  );
});

test('single iFlows have the warnings that they have in a package, those of other iFlows are left out', async (t) => {
  const at = (id: string, address: string): Uint8Array =>
    buildBundle({ id, name: id, address, steps: [] });
  const one = await folderOf(t, { 's1.zip': at('s1', '/taken'), 's3.zip': at('s3', 'no slash') });
  const two = await folderOf(t, { 's2.zip': at('s2', '/taken') });
  const args = [...into(), '--package', 'ClashSingles'];
  const first = await run([one, ...args]);
  assert.deepEqual(
    [first.code, summaryOf(first)],
    [0, 'imported 2 refused 0 warnings 1 left out 0'],
  );
  assert.match(first.lines[2] ?? '', /^warning +iFlow +s3: The address "no slash" must begin with/);
  const second = await run([two, ...args]);
  assert.deepEqual(
    [second.code, summaryOf(second)],
    [0, 'imported 1 refused 0 warnings 1 left out 0'],
  );
  assert.match(
    second.lines[1] ?? '',
    /^warning +iFlow +s2: The address \/taken is that of the iFlow s1/,
  );
  // The iFlow that is told of is s2 again, whichever of the two comes in.
  const again = await run([join(one, 's1.zip'), ...args, '--overwrite']);
  assert.match(again.lines[1] ?? '', /^warning +iFlow +s2: .* of the iFlow s1 \(s1\)/);
  // Where an iFlow is replaced, its own package is asked.
  const elsewhere = await run([join(two, 's2.zip'), ...into(), '--overwrite']);
  assert.match(elsewhere.lines[0] ?? '', /^imported +iFlow +s2 \(ClashSingles\)/);
  assert.match(elsewhere.lines[1] ?? '', /^warning +iFlow +s2: /);
});

test('a zip that is named and holds nothing to import is a failure', async (t) => {
  const folder = await folderOf(t, { 'no.zip': Buffer.from('no zip') });
  const ended = await run([join(folder, 'no.zip'), ...into()]);
  assert.equal(ended.code, 1);
  assert.match(ended.lines[0] ?? '', /^refused +zip .*not a zip/);
});

test('npm start’s own client is taken from its data folder', async (t) => {
  const data = await freshFolder(t);
  for (const args of [[], ['--url', instance.url]]) {
    const missing = await run(['.', '--data', data, ...args]);
    assert.equal(missing.code, 1);
    assert.match(missing.lines[0] ?? '', /bootstrap\.json is not there\. Start Flowgate/);
  }
  const kept = JSON.stringify({ clientId: ADMIN.id, clientSecret: ADMIN.secret });
  await writeFile(join(data, 'bootstrap.json'), kept);
  const stopped = await run([data, '--data', data]);
  assert.match(stopped.lines[0] ?? '', /url is not there\. Start Flowgate/);
  const nothing = 'imported 0 refused 0 warnings 0 left out 0';
  assert.equal(summaryOf(await run([data, '--data', data, '--url', instance.url])), nothing);
  await writeFile(join(data, 'url'), instance.url);
  assert.equal(summaryOf(await run([data, '--data', data])), nothing);
});

test('what is wrong with the command is said before anything is sent', async (t) => {
  const folder = await freshFolder(t);
  const secret = { FLOWGATE_CLIENT_SECRET: ADMIN.secret };
  const credentials = ['--client', ADMIN.id, '--secret', 'x'];
  for (const [args, text] of [
    [[], /Say what to import/],
    [[folder, '--nonsense'], /Unknown option '--nonsense'/],
    [[folder, '--url', 'https://flowgate.example'], /--client is missing/],
    [[folder, '--url', 'http://flowgate.example', ...credentials], /--url is https/],
    [[folder, '--url', 'https://u:p@flowgate.example', ...credentials], /and nothing else/],
    [[folder, '--url', 'nowhere', ...credentials], /is no URL/],
    [[folder, '--url', instance.url, ...credentials], /refuses the client "test-admin" or its/],
    [[folder, '--url', 'http://127.0.0.1:1', ...credentials], /cannot be reached/],
    [[join(folder, 'none'), ...into()], /none is not there/],
  ] as const) {
    const ended = await run(args, { FLOWGATE_CLIENT_SECRET: '' });
    assert.equal(ended.code, 1, args.join(' '));
    assert.match(ended.lines.join('\n'), text);
  }
  const ended = await run([folder, '--url', instance.url, '--client', ADMIN.id], secret);
  assert.deepEqual(
    [ended.code, summaryOf(ended)],
    [0, 'imported 0 refused 0 warnings 0 left out 0'],
  );
});

test('a client without the role learns so, and nothing is imported', async (t) => {
  const folder = await folderOf(t, { 'flow.zip': flow('forbidden') });
  const { id, secret } = await admin.registerClient([]);
  const args = ['--url', instance.url, '--client', id, '--secret', secret];
  const ended = await run([folder, ...args, '--package', 'Forbidden']);
  assert.equal(ended.code, 1);
  assert.match(ended.lines[0] ?? '', /^refused +iFlow +forbidden/);
  const there = await admin.send('GET', "/api/v1/IntegrationPackages('Forbidden')");
  assert.equal(there.status, 404);
});

test('a server that redirects gets no secret at the other address, and one that is busy is asked again', async (t) => {
  const seen: string[] = [];
  let busy = 2;
  const server = createServer((request, response) => {
    seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (request.url === '/oauth2/api/v1/token') {
      response.end(JSON.stringify({ access_token: 't' }));
    } else if (busy > 0) {
      busy -= 1;
      response.writeHead(503, { 'retry-after': '0.01' }).end();
    } else response.writeHead(307, { location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const folder = await folderOf(t, { 'flow.zip': flow('x') });
  const ended = await run([folder, ...into({ ...instance, url: `http://127.0.0.1:${port}` })]);
  assert.equal(ended.code, 1);
  assert.match(ended.lines.join('\n'), /cannot be reached/);
  const key = "/api/v1/IntegrationDesigntimeArtifacts(Id='x',Version='active')";
  assert.deepEqual(seen, ['POST /oauth2/api/v1/token', ...Array<string>(3).fill(`GET ${key}`)]);
});

test('the id that a bundle gives itself names no other resource of the API', async (t) => {
  const id = "a?b#c'd";
  const folder = await folderOf(t, { 'a.zip': flowBundle({ id, processes: [line()] }) });
  const asked: string[] = [];
  const api = {
    send(method: string, path: string) {
      const { pathname } = new URL(path, 'https://flowgate.example/api/v1/');
      asked.push(`${method} ${decodeURIComponent(pathname)}`);
      return Promise.resolve({ ok: true as const, status: 200, entity: {} });
    },
  };
  await importContent(api, { paths: [folder], overwrite: true, packageId: 'P' }, () => undefined);
  const key = `/api/v1/IntegrationDesigntimeArtifacts(Id='a?b#c''d',Version='active')`;
  const messages = "/api/v1/IntegrationPackages('P')/ImportMessages";
  assert.deepEqual(asked, [`GET ${key}`, `PUT ${key}`, `GET ${messages}`]);
});
