import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { readOptions, UsageError } from '../../local/start/options.ts';
import { makeDataFolder, readSecrets, rememberShown } from '../../local/start/secrets.ts';
import { walkThrough, welcome } from '../../local/start/walk-through.ts';

async function makeData(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-start-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const data = join(folder, 'data');
  await makeDataFolder(data);
  return data;
}

suite('The arguments of npm start', () => {
  test('have defaults', () => {
    assert.deepEqual(readOptions([]), {
      port: 7071,
      data: '.flowgate',
      build: true,
      verbose: false,
    });
  });

  test('are read', () => {
    assert.deepEqual(readOptions(['--port', '0', '--data=/d', '--no-build', '--verbose']), {
      port: 0,
      data: '/d',
      build: false,
      verbose: true,
    });
  });

  for (const args of [
    ...[['--prot', '1'], ['--port', 'abc'], ['--port', '65536'], ['--port', '-1'], ['--port']],
    ...[['--data', ''], ['stray']],
  ]) {
    test(`are refused when they are ${JSON.stringify(args)}`, () => {
      assert.throws(() => readOptions(args), UsageError);
    });
  }

  test('that are wrong end it with 2 and the usage', () => {
    const script = join(import.meta.dirname, '../../local/start.ts');
    const { status, stderr } = spawnSync(process.execPath, [script, '--nothing'], {
      encoding: 'utf8',
    });
    assert.equal(status, 2);
    assert.match(stderr, /--nothing/);
    assert.match(stderr, /Usage: npm start/);
  });
});

suite('The secrets of a data folder', () => {
  test('are made once, however many starts there are, for the owner alone', async (t) => {
    const data = await makeData(t);
    const [one, other] = await Promise.all([readSecrets(data, {}), readSecrets(data, {})]);
    assert.equal(Buffer.from(one.masterKey, 'base64').length, 32);
    assert.equal(one.masterKey, other.masterKey);
    assert.equal(one.bootstrap.clientSecret, other.bootstrap.clientSecret);
    assert.equal(one.walkThroughSecret, other.walkThroughSecret);
    assert.equal(statSync(data).mode & 0o777, 0o700);
    for (const file of ['master.key', 'bootstrap.json']) {
      assert.equal(statSync(join(data, file)).mode & 0o777, 0o600, file);
    }
  });

  test('that the environment sets are not written down', async (t) => {
    const data = await makeData(t);
    const masterKey = Buffer.alloc(32, 7).toString('base64');
    const { bootstrap, ...rest } = await readSecrets(data, {
      FLOWGATE_MASTER_KEY: masterKey,
      FLOWGATE_BOOTSTRAP_CLIENT_ID: 'me',
      FLOWGATE_BOOTSTRAP_CLIENT_SECRET: 'a secret of one’s own',
    });
    assert.equal(rest.masterKey, masterKey);
    assert.equal(bootstrap.from, 'environment');
    assert.throws(() => readFileSync(join(data, 'bootstrap.json')), { code: 'ENOENT' });
    assert.throws(() => readFileSync(join(data, 'master.key')), { code: 'ENOENT' });
  });

  test('that the environment sets by half are refused', async (t) => {
    const data = await makeData(t);
    await assert.rejects(
      readSecrets(data, { FLOWGATE_BOOTSTRAP_CLIENT_ID: 'me' }),
      /set both or neither/,
    );
  });
});

suite('What npm start prints', () => {
  const place = { url: 'http://localhost:7071', subscription: 'flowgateiflmap' };

  test('has the administrator’s secret until it has been shown once', async (t) => {
    const data = await makeData(t);
    const failedStart = await readSecrets(data, {});
    assert.equal(failedStart.bootstrap.from, 'new file', 'nobody has seen it yet');
    const shows: boolean[] = [];
    for (let start = 0; start < 3; start += 1) {
      const { bootstrap, walkThroughSecret } = await readSecrets(data, {});
      const text = welcome(place, bootstrap, walkThrough(place, bootstrap, walkThroughSecret));
      assert.ok(text.includes(join(data, 'bootstrap.json')));
      assert.equal(bootstrap.clientSecret, failedStart.bootstrap.clientSecret);
      shows.push(text.includes(bootstrap.clientSecret));
      await rememberShown(bootstrap);
    }
    assert.deepEqual(shows, [true, false, false]);
    assert.equal(statSync(join(data, 'bootstrap.json')).mode & 0o777, 0o600);
  });

  test('takes that secret out of the file with a command that a shell understands', async (t) => {
    const data = await makeData(t);
    await rememberShown((await readSecrets(data, {})).bootstrap);
    const { bootstrap, walkThroughSecret } = await readSecrets(data, {});
    const [fetchToken = ''] = walkThrough(place, bootstrap, walkThroughSecret);
    const shown = fetchToken.replace(
      /^ADMIN=\$\(curl -sS -X POST -u (.*) 'http.*$/,
      'printf %s $1',
    );
    const { stdout } = spawnSync('sh', ['-c', shown], { encoding: 'utf8' });
    assert.equal(stdout, `${bootstrap.clientId}:${bootstrap.clientSecret}`);
  });

  test('is the walk-through in its order: deploy, client, role, token, call', async (t) => {
    const data = await makeData(t);
    const { bootstrap, walkThroughSecret } = await readSecrets(data, {});
    const parts = [
      'ADMIN=',
      'Deploy',
      '/clients',
      '/oauth_client_apimconnectivity',
      'TOKEN=',
      '/http/v1/test/hello',
    ];
    const commands = walkThrough(place, bootstrap, walkThroughSecret);
    assert.equal(commands.length, parts.length);
    for (const [index, part] of parts.entries()) assert.ok(commands[index]?.includes(part), part);
  });
});
