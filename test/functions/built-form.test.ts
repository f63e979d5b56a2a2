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

test('of zod no more is built in than the parts that are used', () => {
  const parts = new Set(
    globSync('**/*.js', { cwd: dist }).flatMap(
      (file) =>
        readFileSync(join(dist, file), 'utf8').match(/^\/\/ node_modules\/zod\/.+$/gm) ?? [],
    ),
  );
  assert.ok(parts.size > 0);
  // The whole library with its 50 languages is loaded by every cold instance once any room imports it.
  assert.deepEqual(
    [...parts].filter((part) => /\/(?:classic|locales)\//.test(part)),
    [],
  );
});
