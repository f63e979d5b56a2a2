import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { checkAnswer } from '../../bench/measure/check-answer.ts';
import { mergeResults, readResults } from '../../bench/report/results.ts';
import { freshFolder } from '../support/folders.ts';
import { someResults } from './some-results.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, '..', '..', 'bench', 'main.ts');

test('a quick bench of one contender fills its row with figures above zero', async (t) => {
  const file = join(await freshFolder(t), 'results.json');
  const options = ['--quick', '--only', 'token', '--match', 'in the local Functions host'];
  const { stdout } = await run(process.execPath, [main, ...options, '--output', file]);

  const { token } = await readResults(file);
  const [es256, rs256] = token?.tables ?? [];
  assert.deepEqual(
    es256?.rows.map(({ name }) => name),
    ['hello world in the local Functions host (no OAuth)'],
  );
  assert.deepEqual(rs256?.rows, []);
  const [row] = es256.rows;
  for (const figure of ['cpu', 'rate', 'p50Ms', 'p99Ms', 'idleRssMb', 'rssMb'] as const) {
    assert.ok((row?.[figure] ?? 0) > 0, figure);
  }
  assert.match(stdout, /\| hello world in the local Functions host \(no OAuth\) +\|/);
  assert.ok((token?.run.machine.isolation.length ?? 0) > 0, 'says what was done about the cores');
});

test('an answer that is not what it has to be ends the bench before anything is measured', async (t) => {
  let answer = '';
  const server = createServer((_, response) => response.end(answer));
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const url = new URL(`http://127.0.0.1:${address.port}/orders`);
  const check = (): Promise<void> => checkAnswer(url, { headers: {}, body: 'x' }, '<a>1</a>');

  answer = '<?xml version="1.0"?>\n<a>1</a>';
  await check();
  for (const wrong of ['<a>2</a>', '<a>1</a> ', '<a>', '']) {
    answer = wrong;
    await assert.rejects(check(), /^Error: \/orders does not answer what it has to/);
  }
});

test('a section that the bench does not have is refused, and nothing is written', async (t) => {
  const file = join(await freshFolder(t), 'results.json');
  await assert.rejects(
    run(process.execPath, [main, '--quick', '--only', 'speed', '--output', file]),
    /There is no section speed/,
  );
  await assert.rejects(readFile(file), { code: 'ENOENT' });
});

test('a section measured anew replaces the one before and leaves the others', async (t) => {
  const file = join(await freshFolder(t), 'results.json');
  const { token, micro, dispatch } = someResults();
  await mergeResults(file, { token, micro });
  const merged = await mergeResults(file, { micro: { ...micro, rows: [] }, dispatch });
  assert.deepEqual(Object.keys(merged).sort(), ['dispatch', 'micro', 'token']);
  assert.deepEqual((await readResults(file)).micro?.rows, []);
  assert.deepEqual((await readResults(file)).token, token);
});
