import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

for (const document of ['SECURITY.md', 'docs/threat-review.md']) {
  test(`every test that ${document} cites exists`, () => {
    const text = readFileSync(join(root, document), 'utf8');
    const cited = [...text.matchAll(/`(test\/[^`\s]+)`/g)].map(([, path]) => path ?? '');
    assert.ok(cited.length > 0);
    const missing = cited.filter((path) => globSync(path, { cwd: root }).length === 0);
    assert.deepEqual(missing, []);
  });
}
