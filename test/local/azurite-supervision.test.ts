import assert from 'node:assert/strict';
import { TableClient } from '@azure/data-tables';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite, test, type TestContext } from 'node:test';
import { isRunning, type ProcessIdentity } from '../../local/file-lock.mjs';
import { joinAzurite } from '../../local/azurite.ts';
import { eventually } from './support/eventually.ts';

const USER = join(import.meta.dirname, 'support', 'azurite-user.ts');

function makeData(t: TestContext): string {
  const data = mkdtempSync(join(tmpdir(), 'flowgate-data-'));
  t.after(async () => {
    const { process: azurite } = readState(data);
    if (azurite !== null && isRunning(azurite)) process.kill(azurite.pid, 'SIGKILL');
    if (azurite !== null) await eventually(() => (isRunning(azurite) ? undefined : true));
    rmSync(data, { recursive: true });
  });
  return data;
}

interface State {
  readonly process: ProcessIdentity | null;
  readonly connectionString: string | null;
}

const readState = (data: string): State =>
  JSON.parse(readFileSync(join(data, 'azurite.json'), 'utf8')) as State;

interface User {
  readonly child: ChildProcess;
  readonly isNew: boolean;
  readonly connectionString: string;
  leave(): Promise<void>;
  kill(): Promise<void>;
}

/** A process that has joined the Azurite of `data`. */
async function startUser(t: TestContext, data: string): Promise<User> {
  const child = spawn(process.execPath, [USER, data], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  t.after(() => {
    child.kill('SIGKILL');
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return {
    child,
    ...(JSON.parse(line) as { isNew: boolean; connectionString: string }),
    leave: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

const table = (connectionString: string): TableClient =>
  TableClient.fromConnectionString(connectionString, 'kept', { allowInsecureConnection: true });

suite('The Azurite of a data folder', { concurrency: 2 }, () => {
  test('is started once by processes that start at the same time, and stopped by the last', async (t) => {
    const data = makeData(t);
    const users = await Promise.all([1, 2, 3].map(() => startUser(t, data)));
    assert.equal(users.filter(({ isNew }) => isNew).length, 1);
    assert.equal(new Set(users.map(({ connectionString }) => connectionString)).size, 1);
    const { process: azurite } = readState(data);
    assert.ok(azurite);
    const [one, two, three] = users;
    await Promise.all([one?.leave(), two?.leave()]);
    assert.equal(isRunning(azurite), true);
    await three?.leave();
    assert.equal(isRunning(azurite), false);
    assert.equal(readState(data).process, null);
  });

  test('outlives a host killed with -9, is joined by the next, and is stopped by that one', async (t) => {
    const data = makeData(t);
    const first = await startUser(t, data);
    const { process: azurite } = readState(data);
    assert.ok(azurite);
    await first.kill();
    assert.equal(isRunning(azurite), true);
    const second = await startUser(t, data);
    assert.equal(second.isNew, false);
    assert.equal(second.connectionString, first.connectionString);
    await second.leave();
    assert.equal(isRunning(azurite), false);
  });

  test('loses nothing that was written right before it was stopped', async (t) => {
    const data = makeData(t);
    const first = await joinAzurite(data);
    await table(first.connectionString).createTable();
    await table(first.connectionString).createEntity({
      partitionKey: 'p',
      rowKey: 'r',
      value: 'v',
    });
    await first.leave();
    const second = await joinAzurite(data);
    assert.equal(second.isNew, true);
    const entity = await table(second.connectionString).getEntity('p', 'r');
    assert.equal(entity['value'], 'v');
    await second.leave();
  });

  test('is started anew, on the same ports and with its data, when it was killed itself', async (t) => {
    const data = makeData(t);
    const first = await startUser(t, data);
    const { process: azurite } = readState(data);
    assert.ok(azurite);
    process.kill(azurite.pid, 'SIGKILL');
    await eventually(() => (isRunning(azurite) ? undefined : true));
    const second = await startUser(t, data);
    assert.equal(second.isNew, true);
    assert.equal(second.connectionString, first.connectionString);
    await Promise.all([first.leave(), second.leave()]);
    assert.equal(readState(data).process, null);
  });

  test('is not taken for another process that has got its pid', async (t) => {
    const data = makeData(t);
    const first = await joinAzurite(data);
    await first.leave();
    const state = JSON.parse(readFileSync(join(data, 'azurite.json'), 'utf8')) as object;
    const impostor = { ...state, process: { pid: process.pid, started: 'another time' } };
    writeFileSync(join(data, 'azurite.json'), JSON.stringify(impostor));
    const second = await joinAzurite(data);
    assert.equal(second.isNew, true);
    await second.leave();
  });

  test('keeps its account to the owner: files of mode 0600, a key of its own', async (t) => {
    const data = makeData(t);
    const joined = await joinAzurite(data);
    const { connectionString } = joined;
    assert.equal(statSync(join(data, 'azurite.json')).mode & 0o777, 0o600);
    assert.match(connectionString, /AccountName=flowgate;AccountKey=[A-Za-z0-9+/]{86}==;/);
    const forged = connectionString.replace(/AccountKey=[^;]{8}/, 'AccountKey=AAAAAAAA');
    await assert.rejects(table(forged).createTable(), { statusCode: 403 });
    assert.deepEqual(
      readdirSync(join(data, 'instances')).filter((name) => /^\d+$/.test(name)),
      [String(process.pid)],
    );
    await joined.leave();
  });
});
