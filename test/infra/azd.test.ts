import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { freshFolder } from '../support/folders.ts';
import { read, root } from './template.ts';

type Hook = Record<'windows' | 'posix', { shell: string; run: string }>;
const project = parse(read('azure.yaml')) as {
  infra: { path: string; module: string };
  hooks: Record<string, Hook>;
  services: Record<
    string,
    { project: string; dist: string; remoteBuild: boolean; hooks: Record<string, Hook> }
  >;
};
const [name = '', service] = Object.entries(project.services)[0] ?? [];

test('azure.yaml names what is there: templates, project, and the folder that the pack goes to', () => {
  assert.ok(service !== undefined);
  assert.ok(existsSync(join(root, project.infra.path, `${project.infra.module}.bicep`)));
  assert.ok(existsSync(join(root, project.infra.path, `${project.infra.module}.parameters.json`)));
  assert.ok(existsSync(join(root, service.project, 'package.json')));
  assert.match(read('scripts/pack.ts'), new RegExp(`default: '${service.dist}'`));
  // azd finds the app by this tag.
  assert.match(read('infra/app.bicep'), new RegExp(`'azd-service-name': '${name}'`));
});

test('azd deploys the pack as it is', () => {
  assert.equal(service?.remoteBuild, false);
  // With one that leaves out node_modules, as they all do, azd refuses to deploy without a build.
  assert.ok(!existsSync(join(root, '.funcignore')));
  assert.equal(service.hooks['prepackage']?.posix.run, 'npm run pack');
});

test('hooks run the same command on every system, and their scripts exist', () => {
  for (const hook of [...Object.values(project.hooks), ...Object.values(service?.hooks ?? {})]) {
    assert.equal(hook.windows.run, hook.posix.run);
    assert.deepEqual([hook.windows.shell, hook.posix.shell], ['pwsh', 'sh']);
    const [program, script = '', third = ''] = hook.posix.run.split(' ');
    if (program === 'node') assert.ok(existsSync(join(root, script)), script);
    else assert.ok(third in (JSON.parse(read('package.json')) as { scripts: object }).scripts);
  }
});

test('git keeps the azd environment and the pack out', () => {
  const ignored = spawnSync('git', ['check-ignore', '.azure/staging/.env', 'pack/host.json'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.deepEqual(ignored.stdout.split('\n').filter(Boolean).length, 2);
});

/** The hook, with an `azd` that notes what it is called with and what is in the file. */
async function runHook(t: TestContext, command: string, env: Record<string, string> = {}) {
  const folder = await freshFolder(t);
  const notes = join(folder, 'notes');
  const azd = join(folder, 'azd');
  writeFileSync(
    azd,
    `#!${process.execPath}
const fs = require('node:fs');
const file = process.argv.at(-1);
const [text, mode] = [fs.readFileSync(file, 'utf8'), fs.statSync(file).mode & 0o777];
fs.appendFileSync(${JSON.stringify(notes)}, JSON.stringify({ args: process.argv.slice(2, -1), text, mode, file }) + '\\n');
`,
  );
  chmodSync(azd, 0o755);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'infra/hooks/secrets.mjs'), command],
    { encoding: 'utf8', env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, ...env } },
  );
  const calls = existsSync(notes)
    ? readFileSync(notes, 'utf8')
        .trim()
        .split('\n')
        .map(
          (line) =>
            JSON.parse(line) as { args: string[]; text: string; mode: number; file: string },
        )
    : [];
  return { status, output: stdout + stderr, calls };
}

const valuesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/^(\w+)="(.*)"$/gm)].map(([, key = '', value = '']) => [key, value] as const),
  );

test('secrets are drawn once, handed over in a file that only the user can read, and not printed', async (t) => {
  const { status, output, calls } = await runHook(t, 'make');
  assert.equal(status, 0);
  assert.equal(output, '');
  const [call, ...others] = calls;
  assert.ok(call !== undefined && others.length === 0);
  assert.deepEqual(call.args, ['env', 'set', '--file']);
  assert.equal(call.mode, 0o600);
  assert.ok(!existsSync(call.file), 'the file is gone');
  const values = valuesOf(call.text);
  assert.deepEqual(Object.keys(values), ['FLOWGATE_NEW_MASTER_KEY', 'FLOWGATE_NEW_ADMIN_SECRET']);
  assert.equal(Buffer.from(values['FLOWGATE_NEW_MASTER_KEY'] ?? '', 'base64').length, 32);
  assert.match(values['FLOWGATE_NEW_ADMIN_SECRET'] ?? '', /^[\w-]{43}$/);

  const again = await runHook(t, 'make', values);
  assert.deepEqual([again.status, again.calls], [0, []], 'a failed provisioning keeps them');
  const stored = await runHook(t, 'make', { FLOWGATE_SECRETS_STORED: 'true' });
  assert.deepEqual([stored.status, stored.calls], [0, []]);
  const second = await runHook(t, 'make');
  assert.notEqual(second.calls[0]?.text, call.text);
});

test('once they are in the vault the environment forgets them', async (t) => {
  const { status, calls } = await runHook(t, 'forget', {});
  assert.equal(status, 0);
  assert.deepEqual(valuesOf(calls[0]?.text ?? ''), {
    FLOWGATE_NEW_MASTER_KEY: '',
    FLOWGATE_NEW_ADMIN_SECRET: '',
    FLOWGATE_SECRETS_STORED: 'true',
  });
});

test('a hook that cannot hand them over fails, so that azd stops', async (t) => {
  const folder = await freshFolder(t);
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'infra/hooks/secrets.mjs'), 'make'],
    { encoding: 'utf8', env: { PATH: folder, TMPDIR: folder } },
  );
  assert.notEqual(status, 0);
  assert.equal(stdout, '');
  assert.deepEqual(readdirSync(folder), [], 'no file is left behind');
});
