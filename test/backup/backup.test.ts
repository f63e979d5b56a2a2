import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { backUp } from '../../scripts/backup/back-up.ts';
import { readBackup, TABLES_KEPT } from '../../scripts/backup/manifest.ts';
import { restore } from '../../scripts/backup/restore.ts';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { systemClock } from '../../shared/config/clock.ts';
import { openStorageCopy, type RowCopy, type StorageCopy } from '../../shared/storage/copy.ts';
import { openDesignStore } from '../../shared/storage/design.ts';
import { openBundleBlobs } from '../../shared/storage/blobs.ts';
import { openOneTimeValues } from '../../shared/storage/one-time-values.ts';
import { openRevocations } from '../../shared/storage/revocations.ts';
import { openTables, TABLES, type TableName } from '../../shared/storage/tables.ts';
import { testStorage, type TestStorage } from '../support/azurite.ts';
import { contentPackage, scriptCollection, valueMapping } from '../support/content-package.ts';
import { freshFolder } from '../support/folders.ts';
import {
  type Credentials,
  fetchToken,
  manage,
  masterKeyOf,
  startInstance,
} from '../support/instance.ts';

const root = join(import.meta.dirname, '..', '..');
const ROLES = '/registry/v1/subscriptions/flowgateiflmap/roles';

let source: TestStorage;
let client: Credentials;
let token: string;
let keys: string;
let clientAnswer: string;
let guid: string;

const textOf = async (response: Response | Promise<Response>): Promise<string> => {
  const got = await response;
  assert.ok(got.ok, `${got.url} ${got.status}`);
  return got.text();
};

const callHello = (url: string): Promise<Response> =>
  fetch(`${url}/http/hello`, { headers: { authorization: `Bearer ${token}` } });

/** A deployment that has seen some use and has been stopped, so that all of it is in storage. */
before(async () => {
  source = await testStorage();
  const instance = await startInstance(source);
  const admin = await manage(instance);
  // Scrypt, the other kind of secret, is the first administrator's.
  client = await admin.registerClient();
  await textOf(admin.send('PUT', `${ROLES}/Orders.send`, { description: 'é ☃ "quoted"' }));
  await textOf(admin.send('PUT', `${ROLES}/Orders.send/users/a%20%2F%20%23%20ä`));
  // Incompressible, so that the compiled flow is in several rows.
  const source1 = `// ${randomBytes(800_000).toString('base64')}\nfunction processData(m) { m.setBody("hello"); return m; }`;
  const steps = [{ type: 'script' as const, name: 'Hello', fileName: 's.js', source: source1 }];
  const bundle = buildBundle({ id: 'Hello', name: 'Hello', address: '/hello', steps });
  assert.equal(await admin.deploy('Hello', bundle), 'SUCCESS');
  const raw = [{ type: 'raw' as const, name: 'Map', cname: 'MessageMapping', properties: {} }];
  const broken = buildBundle({ id: 'Broken', name: 'Broken', address: '/broken', steps: raw });
  assert.equal(await admin.deploy('Broken', broken), 'FAIL');
  await textOf(
    admin.send(
      'POST',
      "/api/v1/IntegrationDesigntimeArtifactSaveAsVersion?Id='Hello'&SaveAsVersion='2.0.0'",
    ),
  );
  const imported = contentPackage({
    id: 'Imported',
    resources: [
      { type: 'ScriptCollection', id: 'Scripts', content: scriptCollection({ id: 'Scripts' }, {}) },
      { type: 'ValueMapping', id: 'Values', content: valueMapping({ id: 'Values' }, []) },
    ],
  });
  const packed = { PackageContent: Buffer.from(imported).toString('base64') };
  await textOf(admin.send('POST', '/api/v1/IntegrationPackages', packed));
  for (const [kind, id] of [
    ['ScriptCollection', 'Scripts'],
    ['ValueMapping', 'Values'],
  ] as const) {
    const path = `/api/v1/Deploy${kind}DesigntimeArtifact?Id='${id}'&Version='active'`;
    await textOf(admin.send('POST', path));
  }
  const gone = await admin.registerClient();
  const any = { 'if-match': '*' };
  await textOf(admin.send('DELETE', `/registry/v1/clients/${gone.id}`, undefined, any));
  token = await fetchToken(instance.url, client.id, client.secret);
  const called = await callHello(instance.url);
  assert.equal(await called.text(), 'hello');
  guid = called.headers.get('sap_messageprocessinglogid') ?? '';
  await textOf(admin.send('POST', '/registry/v1/keys'));
  keys = await textOf(fetch(`${instance.url}/oauth2/api/v1/jwks`));
  clientAnswer = await textOf(admin.send('GET', `/registry/v1/clients/${client.id}`));
  await instance.stop();
});

interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** A command as npm runs it, against storage of the environment. */
function run(script: string, args: readonly string[], storage: TestStorage): Promise<Outcome> {
  const env = {
    ...process.env,
    AzureWebJobsStorage: storage.connectionString,
    FLOWGATE_STORAGE_PREFIX: storage.prefix,
  };
  return new Promise((resolve) => {
    const file = join(root, 'scripts', script);
    execFile(process.execPath, [file, ...args], { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

async function rowsOf(copy: StorageCopy, table: TableName): Promise<readonly RowCopy[]> {
  const rows: RowCopy[] = [];
  for await (const page of copy.readRows(table)) rows.push(...page);
  return rows;
}

/** Everything but what counts for a while only. */
async function contentOf(copy: StorageCopy): Promise<unknown> {
  const tables: Record<string, unknown> = {};
  for (const table of TABLES_KEPT) {
    tables[table] = await rowsOf(copy, table);
  }
  const blobs: Record<string, string | undefined> = {};
  for (const name of await copy.listBlobs()) {
    blobs[name] = (await copy.readBlob(name))?.toString('base64');
  }
  return { tables, blobs };
}

async function backUpTo(folder: string, from = openStorageCopy(source)): Promise<void> {
  const say = (): void => undefined;
  await backUp({ source: from, prefix: source.prefix, folder, version: '0', now: Date.now, say });
}

async function restoreTo(target: StorageCopy, folder: string, overwrite = false) {
  const said: string[] = [];
  await restore({ target, folder, overwrite, say: (line) => said.push(line) });
  return said.join('\n');
}

test('a backup restored into another storage is the same deployment: secrets, tokens, keys, flows, logs', async (t) => {
  const folder = join(await freshFolder(t), 'backup');
  const made = await run('backup.ts', ['--to', folder], source);
  assert.equal(made.code, 0, made.output);
  assert.match(made.output, /clients: 4 rows\n/);
  assert.match(made.output, /"\w+" is in \S+: rows \d+, bundles 6\./);

  const target = await testStorage();
  const restored = await run('restore.ts', ['--from', folder], target);
  assert.equal(restored.code, 0, restored.output);
  const [before, after] = [openStorageCopy(source), openStorageCopy(target)];
  assert.deepEqual(await contentOf(after), await contentOf(before));
  const values = JSON.stringify(await contentOf(after));
  for (const typed of ['"Boolean","value":true', '"Int32","value":2', '"type":"Binary"']) {
    assert.ok(values.includes(typed), typed);
  }

  const FLOWGATE_MASTER_KEY = masterKeyOf(source).toString('base64');
  const instance = await startInstance(target, { FLOWGATE_MASTER_KEY });
  assert.equal((await fetch(`${instance.url}/health/ready`)).status, 200);
  assert.equal(await textOf(callHello(instance.url)), 'hello', 'the token of before is good');
  await fetchToken(instance.url, client.id, client.secret);
  const admin = await manage(instance);
  assert.equal(await textOf(fetch(`${instance.url}/oauth2/api/v1/jwks`)), keys);
  const path = `/registry/v1/clients/${client.id}`;
  assert.equal(await textOf(admin.send('GET', path)), clientAnswer);
  const users = await textOf(admin.send('GET', `${ROLES}/Orders.send/users`));
  assert.match(users, /a \/ # ä/);
  const log = await textOf(admin.send('GET', `/api/v1/MessageProcessingLogs('${guid}')`));
  assert.match(log, /"Status":"COMPLETED"/);
  const trail = await textOf(admin.send('GET', '/registry/v1/audit?limit=200'));
  assert.match(trail, /"action":"client\.create"/);
  const version = "IntegrationDesigntimeArtifacts(Id='Hello',Version='2.0.0')/$value";
  const saved = await admin.send('GET', `/api/v1/${version}`);
  assert.ok((await saved.arrayBuffer()).byteLength > 600_000);
  const deployed = await admin.send(
    'POST',
    "/api/v1/DeployIntegrationDesigntimeArtifact?Id='Hello'&Version='active'",
  );
  assert.equal(deployed.status, 202, 'it goes on from there');
});

test('with another master key the restored deployment is not ready, and signs and accepts nothing', async (t) => {
  const folder = join(await freshFolder(t), 'backup');
  await backUpTo(folder);
  const target = await testStorage();
  await restoreTo(openStorageCopy(target), folder);
  const keysBefore = await rowsOf(openStorageCopy(target), 'keys');
  const instance = await startInstance(target);
  const ready = await fetch(`${instance.url}/health/ready`);
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /"signing_key":"master_key_mismatch"/);
  assert.equal((await callHello(instance.url)).status, 503);
  await assert.rejects(fetchToken(instance.url, client.id, client.secret), /No token/);
  assert.deepEqual(await rowsOf(openStorageCopy(target), 'keys'), keysBefore);
});

test('the files are readable by their owner alone, and hold no secret and no private key in clear', async (t) => {
  const folder = join(await freshFolder(t), 'backup');
  await backUpTo(folder);
  const { tables, blobs } = await readBackup(folder);
  for (const { file } of [...tables, ...blobs, { file: 'manifest.json' }]) {
    assert.equal((await stat(join(folder, file))).mode & 0o077, 0, file);
  }
  const texts = await Promise.all(tables.map(({ file }) => readFile(join(folder, file), 'utf8')));
  for (const secret of [client.secret, token, masterKeyOf(source).toString('base64')]) {
    assert.ok(!texts.join('').includes(secret));
  }
});

test('a restore over what is there is refused and changes nothing; with --overwrite only the backup is left', async (t) => {
  const folder = join(await freshFolder(t), 'backup');
  await backUpTo(folder);
  const target = await testStorage();
  const other = await startInstance(target);
  const stranger = await (await manage(other)).registerClient();
  await other.stop();
  const copy = openStorageCopy(target);
  const before = await contentOf(copy);
  const expiresAt = Date.now() + 60_000;
  const used = openOneTimeValues(openTables(target));
  assert.equal(await used.use('test', 'once', expiresAt), true);
  const refused = await run('restore.ts', ['--from', folder], target);
  assert.equal(refused.code, 1);
  assert.match(refused.output, /holds something already.*--overwrite/);
  assert.deepEqual(await contentOf(copy), before);

  const done = await run('restore.ts', ['--from', folder, '--overwrite'], target);
  assert.equal(done.code, 0, done.output);
  const after = await contentOf(copy);
  assert.deepEqual(after, await contentOf(openStorageCopy(source)));
  assert.ok(!JSON.stringify(after).includes(stranger.id));
  assert.equal(await used.use('test', 'once', expiresAt), false, 'was used, and stays so');
});

test('what was revoked since the backup stays revoked when it is restored over what is there', async (t) => {
  const folder = join(await freshFolder(t), 'backup');
  const storage = await testStorage();
  const writer = openRevocations(openTables(storage), 'writer', systemClock);
  const revoke = (id: string): Promise<void> =>
    writer.append({ kind: 'token', id, clientId: 'app', until: Date.now() + 3_600_000 });
  await revoke('before');
  await backUpTo(folder, openStorageCopy(storage));
  await revoke('since');
  await restoreTo(openStorageCopy(storage), folder, true);
  const { revocations } = await writer.read(undefined);
  assert.deepEqual(revocations.map(({ id }) => id).sort(), ['before', 'since']);
});

test('a blob alone is something that is there', async (t) => {
  const folder = join(await freshFolder(t), 'backup');
  await backUpTo(folder);
  const copy = openStorageCopy(await testStorage());
  await copy.writeBlob('x.zip', Buffer.from('x'));
  await assert.rejects(restoreTo(copy, folder), /holds something already/);
  assert.deepEqual(await copy.listBlobs(), ['x.zip']);
});

test('a backup that is damaged, incomplete or of another format is refused before anything is written', async (t) => {
  const parent = await freshFolder(t);
  const damages: readonly (readonly [RegExp, (folder: string) => Promise<unknown>])[] = [
    [
      /clients\.jsonl is not as it was written/,
      (f) => appendFile(join(f, 'tables/clients.jsonl'), '\n'),
    ],
    [/roles\.jsonl is missing/, (f) => rm(join(f, 'tables/roles.jsonl'))],
    [
      /zip is not as it was written/,
      async (f) => {
        const [name = ''] = await readdir(join(f, 'blobs'));
        const content = await readFile(join(f, 'blobs', name));
        content[content.length >> 1] = (content[content.length >> 1] ?? 0) ^ 1;
        await writeFile(join(f, 'blobs', name), content);
      },
    ],
    [/holds no backup, or one that was not finished/, (f) => rm(join(f, 'manifest.json'))],
    [
      /the format 2, not 1/,
      async (f) => {
        const file = join(f, 'manifest.json');
        const text = await readFile(file, 'utf8');
        await writeFile(file, text.replace('"format": 1', '"format": 2'));
      },
    ],
    [
      /names the file \.\.\/clients/,
      async (f) => {
        const file = join(f, 'manifest.json');
        const text = await readFile(file, 'utf8');
        await writeFile(file, text.replace('tables/clients', '../clients'));
      },
    ],
  ];
  const target = openStorageCopy(await testStorage());
  for (const [index, [expected, damage]] of damages.entries()) {
    const folder = join(parent, String(index));
    await backUpTo(folder);
    await damage(folder);
    await assert.rejects(restoreTo(target, folder, true), expected);
    assert.deepEqual(await target.listBlobs(), []);
    assert.deepEqual(await rowsOf(target, 'clients'), []);
  }
});

test('a restore that was cut short is taken up again by the same command, and by no other backup', async (t) => {
  const parent = await freshFolder(t);
  const [folder, another] = [join(parent, 'one'), join(parent, 'other')];
  await backUpTo(folder);
  await backUpTo(another);
  const target = openStorageCopy(await testStorage());
  const failing: StorageCopy = {
    ...target,
    writeRows: (table, rows) =>
      table === 'design' ? Promise.reject(new Error('gone')) : target.writeRows(table, rows),
  };
  await assert.rejects(restoreTo(failing, folder), /gone/);
  await assert.rejects(restoreTo(target, another), /holds something already/);
  assert.match(await restoreTo(target, folder), /Taking up the restore that was cut short/);
  assert.deepEqual(await contentOf(target), await contentOf(openStorageCopy(source)));
});

test('every table is backed up, but for what counts for a while only', () => {
  assert.deepEqual(
    TABLES.filter((table) => !(TABLES_KEPT as readonly string[]).includes(table)),
    ['throttle', 'sessions', 'onetime', 'codes'],
  );
});

test('a backup goes into an empty folder only', async (t) => {
  const folder = await freshFolder(t);
  await writeFile(join(folder, 'mine'), '');
  const refused = await run('backup.ts', ['--to', folder], source);
  assert.equal(refused.code, 1);
  assert.match(refused.output, /is not empty/);
  assert.deepEqual(await readdir(folder), ['mine']);
});

test('commands say what is missing', async (t) => {
  const nowhere = { connectionString: '', prefix: source.prefix };
  const folder = join(await freshFolder(t), 'backup');
  const refusals: readonly (readonly [string, readonly string[], TestStorage, RegExp])[] = [
    ['backup.ts', [], source, /--to is missing\.\n\nUsage: npm run backup/],
    ['restore.ts', [], source, /--from is missing\.\n\nUsage: npm run restore/],
    ['backup.ts', ['--to', folder, '--all'], source, /Unknown option '--all'/],
    [
      'backup.ts',
      ['--to', folder],
      nowhere,
      /AzureWebJobsStorage is not set; or name the storage with --account or --data/,
    ],
    ['backup.ts', ['--to', folder, '--data', folder], source, /there is no master\.key/],
    ['backup.ts', ['--to', folder, '--account', 'a.b'], source, /"a\.b" names no storage account/],
    ['restore.ts', ['--from', folder, '--data', 'x', '--account', 'y'], source, /exclude each/],
    ['restore.ts', ['--from', folder], source, /holds no backup/],
  ];
  for (const [script, args, storage, expected] of refusals) {
    const { code, output } = await run(script, args, storage);
    assert.equal(code, 1, output);
    assert.match(output, expected);
    assert.doesNotMatch(output, /\n {4}at /);
  }
});

test('a bundle that is replaced while the backup is taken is in it as it is after', async (t) => {
  const storage = await testStorage();
  const copy = openStorageCopy(storage);
  const [design, blobs] = [openDesignStore(openTables(storage)), openBundleBlobs(storage)];
  const artifact = {
    kind: 'IntegrationFlow' as const,
    ...{ id: 'A', uid: 'u', name: 'A', description: '', packageId: 'P', version: '1.0.0' },
    ...{ createdBy: 'x', createdAt: 0, modifiedBy: 'x', modifiedAt: 0 },
  };
  const texts = {
    ...{ name: 'P', description: '', shortText: '', version: '', vendor: '', keywords: '' },
    ...{ supportedPlatform: '', products: '', countries: '', industries: '', lineOfBusiness: '' },
  };
  const { createdBy, createdAt, modifiedBy, modifiedAt } = artifact;
  await design.createPackage({ id: 'P', ...texts, createdBy, createdAt, modifiedBy, modifiedAt });
  const inPackage = await design.findPackage('P');
  assert.ok(inPackage);
  const old = await blobs.put(Buffer.from('old'));
  assert.equal(await design.createArtifact({ ...artifact, content: old }, inPackage), 'created');
  let replaced = 0;
  const busy: StorageCopy = {
    ...copy,
    async readBlob(name) {
      if (name === old) {
        // As a change of the artifact does it.
        replaced += 1;
        const content = await blobs.put(Buffer.from('new'));
        const found = await design.findArtifact('A');
        assert.ok(found);
        await design.replaceArtifact({ ...artifact, content }, found.etag);
        await blobs.remove(old);
      }
      return copy.readBlob(name);
    },
  };
  const folder = join(await freshFolder(t), 'backup');
  await backUpTo(folder, busy);
  assert.equal(replaced, 1);
  const target = await testStorage();
  await restoreTo(openStorageCopy(target), folder);
  const found = await openDesignStore(openTables(target)).findArtifact('A');
  const content = await openBundleBlobs(target).get(found?.value.content ?? '');
  assert.equal(content?.toString(), 'new');
  assert.equal((await openStorageCopy(target).listBlobs()).length, 1);
});
