import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { namesIn } from '../support/test-names.ts';

const root = join(import.meta.dirname, '..', '..');
const table = readFileSync(join(root, 'docs', 'conformance.md'), 'utf8');

/** Pairs of file and test name: rows of three cells stand below their file, rows of four name it. */
function rows(): readonly (readonly [file: string, name: string])[] {
  const found: [string, string][] = [];
  let file = '';
  for (const line of table.split('\n')) {
    const heading = /^`(test\/conformance\/\S+)`$/.exec(line)?.[1];
    if (line.startsWith('## ')) file = '';
    if (heading !== undefined) file = heading;
    const inner = line.startsWith('|') ? line.trim().slice(1, -1).split('|') : [];
    const cells = inner.map((cell) => cell.trim());
    const name = (cells.at(-1) ?? '').replaceAll('\\*', '*').replaceAll('\\_', '_');
    const other = /^`(test\/\S+)`$/.exec(cells[2] ?? '')?.[1];
    if (cells.length === 4 && other !== undefined) found.push([other, name]);
    else if (cells.length === 3 && file !== '' && !/^(test|-+)$/.test(name))
      found.push([file, name]);
  }
  return found;
}

test('every test that docs/conformance.md names exists in the file that it names', () => {
  const named = rows();
  assert.ok(named.length > 100);
  for (const [file, name] of named) {
    assert.ok(existsSync(join(root, file)), file);
    assert.ok(namesIn(file).includes(name), `${file} has no test "${name}"`);
  }
});

test('every conformance test begins with its RFC and section and is in docs/conformance.md once', () => {
  const named = rows().map(([file, name]) => `${file}: ${name}`);
  assert.equal(new Set(named).size, named.length, 'no row is there twice');
  const files = globSync('test/conformance/rfc*.test.ts', { cwd: root });
  assert.equal(files.length, 9);
  for (const file of files) {
    const names = namesIn(file);
    const calls = readFileSync(join(root, file), 'utf8').match(/^test\(/gm);
    assert.equal(names.length, calls?.length, `${file}: every name is read`);
    for (const name of names) {
      assert.match(name, /^RFC \d{4} (sections?|appendix) [\dA-Z]/);
      assert.ok(named.includes(`${file}: ${name}`), `${name} is not in the table`);
    }
  }
});
