import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deflateEntry, writeZip } from '../../shared/iflow/bundle/zip.ts';
import { Fault } from '../../shared/http/fault.ts';
import { createCheckInWorker } from '../../shared/iflow/check/check-in-worker.ts';
import { assuming, checkBundle } from '../../shared/iflow/check/check-bundle.ts';
import { countLacks, countVerdicts, shareOf } from '../../shared/iflow/check/summary.ts';
import { flowBundle, line, setBody } from '../support/flow-bundle.ts';

const good = flowBundle({ id: 'Good', processes: [line(setBody('Answer', 'yes'))] });
const groovy = flowBundle({
  id: 'Groovy',
  processes: [line({ id: 'Script', cname: 'GroovyScript' })],
});
const mapping = flowBundle({
  id: 'Mapping',
  processes: [
    line({ id: 'Map', cname: 'MessageMapping' }, { id: 'Script', cname: 'GroovyScript' }),
  ],
});
const placeholder = flowBundle({
  id: 'Placeholder',
  senders: [{ adapter: 'HTTPS', to: 'Start_1', properties: { urlPath: '{{Address}}' } }],
  processes: [line()],
  parameters: { Address: 'FILLED_BY_CUSTOMER' },
});
const truncated = good.slice(0, good.length - 100);

/** An integration package as a tenant exports it. */
function packageOf(flows: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const self = {
    id: 'f'.repeat(32),
    uniqueId: 'Tested',
    displayName: 'Tested',
    resourceType: 'ContentPackage',
  };
  const artifacts = Object.keys(flows).map((displayName, i) => ({
    id: String(i).padStart(32, '0'),
    uniqueId: displayName,
    displayName,
    resourceType: 'IFlow',
  }));
  const resources = [self, ...artifacts];
  const listed = Buffer.from(JSON.stringify({ resources, relations: [] })).toString('base64');
  return writeZip([
    deflateEntry('resources.cnt', listed),
    ...Object.values(flows).map((zip, i) =>
      deflateEntry(`${String(i).padStart(32, '0')}_content`, zip),
    ),
  ]);
}

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flowgate-check-'));
  await mkdir(join(folder, 'sub'));
  await writeFile(join(folder, 'good.zip'), good);
  await writeFile(
    join(folder, 'sub', 'package.zip'),
    packageOf({ Groovy: groovy, Cut: truncated }),
  );
  await writeFile(join(folder, 'sub', 'others.zip'), packageOf({ mapping, placeholder }));
  await writeFile(join(folder, 'notes.zip'), writeZip([deflateEntry('readme.txt', 'hello')]));
});
after(() => rm(folder, { recursive: true }));

/** Runs the command as `npm run check` does. */
function check(...words: readonly string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/check.ts', ...words], {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

test('an iFlow runs, needs its parameters, cannot run, or cannot be read', async () => {
  const verdicts = await Promise.all(
    [good, placeholder, mapping, truncated].map(async (zip) => (await checkBundle(zip)).verdict),
  );
  assert.deepEqual(verdicts, ['runs', 'needs-parameters', 'cannot', 'unreadable']);
});

test('what an iFlow lacks is told step by step, with the capability', async () => {
  const { faults, senders } = await checkBundle(mapping);
  assert.deepEqual(senders, ['HTTPS']);
  assert.deepEqual(faults, [
    {
      text: 'Step "Map" (MessageMapping) is not available yet.',
      kind: 'missing',
      capability: 'step MessageMapping',
    },
    {
      text: 'Step "Script" (GroovyScript) is not available yet.',
      kind: 'missing',
      capability: 'step GroovyScript',
    },
  ]);
});

test('what a row of a Content Modifier or of Write Variables lacks is a capability, no mistake of the design', async () => {
  const row = (...cells: readonly (readonly [id: string, text: string])[]): string =>
    `<row>${cells.map(([id, text]) => `<cell id='${id}'>${text}</cell>`).join('')}</row>`;
  const modifier = {
    id: 'Set',
    cname: 'Enricher',
    properties: {
      propertyTable: [
        row(['Name', 'a'], ['Type', 'constant'], ['Value', 'x'], ['Datatype', 'java.util.Date']),
        row(['Name', 'b'], ['Type', 'cookie'], ['Value', 'x']),
        row(['Action', 'Append'], ['Name', 'c'], ['Type', 'constant'], ['Value', 'x']),
        row(['Action', 'Delete'], ['Name', '$include=a|b']),
      ].join(''),
      bodyType: 'xslt',
      wrapContent: 'x',
    },
  };
  const variable = ['A', 'byte[]', 'constant', 'x', 'local'].map((cell) => `<cell>${cell}</cell>`);
  const properties = { variable: `<row>${variable.join('')}</row>` };
  const { faults } = await checkBundle(
    flowBundle({ processes: [line(modifier, { id: 'Write', cname: 'Variables', properties })] }),
  );
  assert.deepEqual(new Set(faults.map(({ kind }) => kind)), new Set(['missing']));
  assert.deepEqual(faults.map(({ capability }) => capability).sort(), [
    'data type byte[]',
    'data type java.util.Date',
    'step Enricher that deletes by a pattern',
    'step Enricher with the action Append',
    'step Enricher with the body type xslt',
    'value from cookie',
  ]);
});

test('a capability that is assumed is not missed, and nothing else is let off with it', async () => {
  const assumed = new Set(['step GroovyScript']);
  const verdicts = await Promise.all(
    [groovy, mapping, truncated].map(
      async (zip) => assuming(await checkBundle(zip), assumed).verdict,
    ),
  );
  assert.deepEqual(verdicts, ['runs', 'cannot', 'unreadable']);
});

test('a flow that is in several packages counts once in the shares, and each time in the counts', async () => {
  const reports = await Promise.all(
    [good, good, mapping, truncated].map((zip) => checkBundle(zip)),
  );
  assert.deepEqual(countVerdicts(reports), {
    read: 3,
    runs: 2,
    needsParameters: 0,
    cannot: 1,
    unreadable: 1,
  });
  assert.deepEqual(shareOf(reports), { able: 1, of: 2 });
  assert.deepEqual(countLacks([...reports.slice(0, 3)]), [
    { capability: 'step GroovyScript', flows: 1, uses: 1 },
    { capability: 'step MessageMapping', flows: 1, uses: 1 },
  ]);
});

test('the command reads a folder with bundles and packages, and says which zip is neither', () => {
  const { status, out, err } = check(folder);
  assert.equal(status, 1);
  assert.match(err, /^notes\.zip: .*META-INF\/MANIFEST\.MF/m);
  assert.match(out, /^good\.zip\n {2}runs {14}Good \(Good\)$/m);
  assert.match(out, /^ {2}unreadable {8}Cut$/m);
  assert.match(out, /^ {6}- Step "Map" \(MessageMapping\) is not available yet\.$/m);
  assert.match(out, /\nread 4 runs 1 needs-parameters 1 cannot 2 unreadable 1\n$/);
});

test('its summary says what would run if Groovy scripts did, and ends with the counts', () => {
  const { out } = check(folder, '--summary');
  assert.match(out, /^step GroovyScript +2 +2$/m);
  const lines = out.trimEnd().split('\n').slice(-3);
  assert.deepEqual(lines, [
    'run, once their parameters are filled: 2 of 4 different iFlows with an HTTPS sender, 2 of 4 of all',
    'if Groovy scripts ran: 3 of 4 different iFlows with an HTTPS sender, 3 of 4 of all',
    'read 4 runs 1 needs-parameters 1 cannot 2 unreadable 1',
  ]);
});

test('its summary is by capability, without what is assumed', () => {
  const { status, out } = check(folder, '--summary', '--assume', 'groovy');
  assert.equal(status, 1);
  assert.match(out, /^step MessageMapping +1 +1$/m);
  assert.doesNotMatch(out, /Groovy/);
  assert.match(out, /: 3 of 4 different iFlows with an HTTPS sender, 3 of 4 of all$/m);
  assert.match(out, /\nread 4 runs 2 needs-parameters 1 cannot 1 unreadable 1\n$/);
});

test('as JSON it has the same, and ends with 0 where all can run', () => {
  const { status, out } = check(join(folder, 'good.zip'), '--json');
  assert.equal(status, 0);
  const report = JSON.parse(out) as { runs: number; flows: { id: string; verdict: string }[] };
  assert.equal(report.runs, 1);
  assert.deepEqual(
    report.flows.map(({ id, verdict }) => [id, verdict]),
    [['Good', 'runs']],
  );
});

test('a zip that is damaged, or that was named and is none of SAP’s, cannot be read', async (t) => {
  const cut = join(folder, 'sub', 'cut.zip');
  await writeFile(cut, truncated);
  t.after(() => rm(cut));
  for (const path of [cut, join(folder, 'notes.zip')]) {
    const { status, out } = check(path);
    assert.equal(status, 1);
    assert.match(out, /^ {2}unreadable {8}(?:cut|notes)\.zip\n {6}- Th/m);
    assert.match(out, /\nread 0 runs 0 needs-parameters 0 cannot 0 unreadable 1\n$/);
  }
  assert.match(check(folder, '--summary').out, / unreadable 2\n$/);
});

test('without a path, with an unknown option or a file that is not there it says how it is used', () => {
  for (const words of [[], ['--nonsense'], [join(folder, 'missing.zip')]]) {
    const { status, out, err } = check(...words);
    assert.equal(status, 2);
    assert.match(err, /Usage: npm run check/);
    assert.equal(out, '');
  }
});

test('only a few checks wait for the one under way; one more is told to come again', async () => {
  const check = createCheckInWorker({ timeoutMs: 30_000, memoryMb: 256 });
  const answers = await Promise.all(
    Array.from({ length: 6 }, () =>
      check(good).then(
        ([report]) => report?.verdict,
        (error: unknown) => (error instanceof Fault ? error.status : error),
      ),
    ),
  );
  assert.deepEqual(answers, ['runs', 'runs', 'runs', 'runs', 503, 503]);
  assert.equal((await check(good))[0]?.verdict, 'runs');
});
