import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import type {
  BundleDescription,
  StepDescription,
} from '../../shared/iflow/bundle/bundle-description.ts';
import { readZip } from '../../shared/iflow/bundle/unzip.ts';
import { deflateEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import { compileBundle } from '../../shared/iflow/compile.ts';
import { NotDeployable } from '../../shared/iflow/flow.ts';
import { processorMs } from '../support/processor-time.ts';

/** What deploying the flow would say is missing. */
function faultsOf(description: Partial<BundleDescription>, replace?: Record<string, Buffer>) {
  const built = buildBundle({ id: 'T', name: 'T', address: '/t', steps: [], ...description });
  const entries = new Map(readZip(built));
  for (const [path, content] of Object.entries(replace ?? {})) {
    entries.set(path, deflateEntry(path, content));
  }
  try {
    compileBundle(writeZip(entries.values()));
  } catch (error) {
    if (error instanceof NotDeployable) return error.faults.join('\n');
    throw error;
  }
  return '';
}

const script: StepDescription = { type: 'script', name: 'S', fileName: 's.js', source: '' };

test('a script of 190 MB that a thousand steps name is not unpacked', () => {
  const path = 'src/main/resources/script/s.js';
  const startedAt = processorMs();
  const faults = faultsOf(
    { steps: Array<StepDescription>(1000).fill(script) },
    { [path]: Buffer.alloc(190 * 1024 * 1024, ' ') },
  );
  assert.match(faults, /"s\.js", which cannot be read as UTF-8 text of at most 2097152 bytes/);
  // Building the zip takes most of it.
  assert.ok(processorMs() - startedAt < 8000);
});

for (const activityType of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
  test(`a step of the activity type ${activityType} is one that is not available`, () => {
    const step = { type: 'raw' as const, name: 'R', cname: activityType, properties: {} };
    assert.match(faultsOf({ steps: [step] }), /is not available yet/);
    const bare = { ...step, properties: { cmdVariantUri: '', activityType } };
    assert.match(faultsOf({ steps: [bare] }), /is not available yet/);
  });
}

test('a Content Modifier has 500 rows of a kind at most', () => {
  const row = { name: 'a', type: 'constant', value: 'b' };
  const step = (rows: number): StepDescription => ({
    type: 'contentModifier',
    name: 'M',
    headers: Array<typeof row>(rows).fill(row),
  });
  assert.equal(faultsOf({ steps: [step(500)] }), '');
  assert.match(faultsOf({ steps: [step(501)] }), /has 501 header rows; it may have 500/);
});

for (const [allowedHeaders, fault] of [
  ['(a+)+$', /"\(a\+\)\+\$" in Allowed Headers .* without groups/],
  [Array(201).fill('x').join('|'), /more than 200 entries/],
  [Array(11).fill('x.*').join('|'), /has 11 regular expressions/],
] as const) {
  test(`Allowed Headers ${allowedHeaders.slice(0, 20)} are refused when they are deployed`, () => {
    assert.match(faultsOf({ allowedHeaders }), fault);
  });
}

test('a namespace mapping takes no more than linear time, whatever is in it', () => {
  const namespaceMapping = `xmlns:a=${' '.repeat(19_000)}x&#10;y`;
  const startedAt = processorMs();
  assert.match(faultsOf({ namespaceMapping: `${namespaceMapping}\ny` }), /namespace mapping/);
  assert.match(faultsOf({ namespaceMapping: 'x'.repeat(20_001) }), /more than 20000 characters/);
  assert.ok(processorMs() - startedAt < 1000);
});
