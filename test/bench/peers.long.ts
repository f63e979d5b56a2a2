/** The bench beside the peers that it installs, for `npm run faults`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { readResults } from '../../bench/report/results.ts';
import { freshFolder } from '../support/folders.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, '..', '..', 'bench', 'main.ts');

test('each request of a proof section has a proof of its own, which Flowgate and the bare server both accept', async (t) => {
  const file = join(await freshFolder(t), 'results.json');
  const both = ['bare node:http, jsonwebtoken.verify and sign', 'token for a client assertion'];
  const match = both.flatMap((name) => ['--match', name]);
  await run(process.execPath, [main, '--quick', '--only', 'proofs', ...match, '--output', file]);

  const { proofs } = await readResults(file);
  const [assertion, ...others] = proofs?.tables ?? [];
  assert.deepEqual(
    assertion?.rows.map(({ role, rate }) => [role, rate > 0]),
    [
      ['floor', true],
      ['flowgate', true],
    ],
  );
  assert.deepEqual(
    others.map(({ rows }) => rows.length),
    [0, 0, 0],
  );
});

test('Flowgate and Node-RED both give the right answer to a message that is converted, and to one that is split', async (t) => {
  const file = join(await freshFolder(t), 'results.json');
  const match = ['bare', 'Node-RED', 'json-to-xml', 'numbered'].flatMap((name) => [
    '--match',
    name,
  ]);
  await run(process.execPath, [main, '--quick', '--only', 'flows', ...match, '--output', file]);

  const { flows } = await readResults(file);
  const roles = flows?.tables.map(({ id, rows }) => [id, rows.map(({ role }) => role)]);
  assert.deepEqual(roles, [
    ['flows-json-to-xml', ['floor', 'peer', 'flowgate']],
    ['flows-xslt', ['floor', 'peer']],
    ['flows-splitter', ['floor', 'peer', 'flowgate']],
  ]);
});
