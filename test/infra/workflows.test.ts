import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { read, root } from './template.ts';

interface Job {
  readonly needs?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly { readonly uses?: string; readonly run?: string }[];
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = '.github/workflows';
const texts = new Map(
  readdirSync(join(root, folder)).map((file) => [file, read(`${folder}/${file}`)] as const),
);
const workflows = new Map(
  [...texts].map(([file, text]) => [file, parse(text) as Workflow] as const),
);
const jobs = [...workflows.values()].flatMap((workflow) => Object.values(workflow.jobs));
const steps = jobs.flatMap((job) => job.steps ?? []);

test('every action is pinned by the hash of its commit, with the version beside it', () => {
  for (const text of texts.values()) {
    const lines = text.match(/^.*\buses:.*$/gm) ?? [];
    assert.ok(lines.length > 0);
    for (const line of lines) {
      assert.match(line, /uses: (\.\/|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/);
    }
  }
  const local = jobs.flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
  assert.ok(local.every((path) => existsSync(join(root, path))));
});

test('jobs may read the sources, and only those that deploy may sign in', () => {
  for (const workflow of workflows.values()) {
    assert.ok(Object.keys(workflow.permissions).every((name) => name === 'contents'));
    for (const job of Object.values(workflow.jobs)) {
      const isDeploying = job.uses !== undefined || job.environment !== undefined;
      const expected = isDeploying ? { contents: 'read', 'id-token': 'write' } : undefined;
      assert.deepEqual(job.permissions, expected);
    }
  }
});

test('there is no secret in them, and no expression inside a command', () => {
  for (const [file, text] of texts) assert.doesNotMatch(text, /\bsecrets[.[]/, file);
  for (const { run } of steps) assert.doesNotMatch(run ?? '', /\$\{\{/);
});

test('what was tested and packed goes to staging first and to production after it', () => {
  const deploy = workflows.get('deploy.yml');
  assert.ok(deploy !== undefined);
  const { test: tested, staging, production } = deploy.jobs;
  assert.deepEqual(
    tested?.steps?.flatMap(({ run }) => (run === undefined ? [] : [run])),
    ['.ci/run', 'npm run pack'],
  );
  assert.deepEqual(
    [staging, production].map((job) => [job?.needs, job?.with?.['environment']]),
    [
      ['test', 'staging'],
      ['staging', 'production'],
    ],
  );
  // The pack of the test job, not one built anew.
  const commands = (workflows.get('deploy-environment.yml')?.jobs['deploy']?.steps ?? []).map(
    ({ run }) => run ?? '',
  );
  assert.ok(commands.some((run) => run.includes('azd deploy flowgate --from-package')));
  assert.ok(!commands.some((run) => /npm|azd package|azd up/.test(run)));
});
