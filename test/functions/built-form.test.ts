import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const dist = join(import.meta.dirname, '..', '..', 'dist');

test('the Functions library is built in with the async functions and private fields of its sources', () => {
  const chunks = globSync('**/*.js', { cwd: dist })
    .map((file) => readFileSync(join(dist, file), 'utf8'))
    .filter((text) => text.includes('#coreCtx'));
  assert.equal(chunks.length, 1, 'one chunk holds the library');
  assert.doesNotMatch(chunks.join(), /__awaiter|_InvocationModel_coreCtx/);
});
