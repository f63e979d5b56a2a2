/** `npm run check`: see `USAGE`, and docs/iflow/check.md. */
import { parseArgs } from 'node:util';
import { assuming } from '../shared/iflow/check/check-bundle.ts';
import { checkContents, collectionsOf } from '../shared/iflow/check/check-content.ts';
import { countsLine, countVerdicts } from '../shared/iflow/check/summary.ts';
import { type CheckedFlow, jsonReport, summaryReport, textReport } from './check/report.ts';
import { readSources } from './check/read-content.ts';

const USAGE = `Usage: npm run check -- <zip or folder> [--json | --summary] [--assume groovy]…

Says of each iFlow of a bundle, an integration package or a folder of them whether Flowgate runs it,
runs it once its parameters are filled, or cannot, and what is missing where. Ends with 1 where one
cannot run or cannot be read.

  --json             the same as JSON
  --summary          by capability, with the shares that run
  --assume <what>    takes a capability to be there: groovy, or one as the summary names it`;

const NAMES: Readonly<Record<string, string>> = { groovy: 'step GroovyScript' };

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      summary: { type: 'boolean', default: false },
      assume: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  const [path] = positionals;
  if (values.help || path === undefined) {
    console.error(USAGE);
    return values.help ? 0 : 2;
  }
  const sources = await readSources(path, (source, what) => {
    if (!values.json) console.error(`${source}: ${what}`);
  });
  const collections = collectionsOf(sources.flatMap(({ contents }) => contents));
  const assumed = new Set(values.assume.map((name) => NAMES[name.toLowerCase()] ?? name));
  const isText = !values.json && !values.summary;
  const flows: CheckedFlow[] = [];
  for (const [i, { name: source, contents }] of sources.entries()) {
    if (process.stderr.isTTY)
      process.stderr.write(`\r\u001B[Kchecking ${i + 1} of ${sources.length}\r`);
    const reports = (await checkContents(contents, { collections })).map((report) =>
      assuming(report, assumed),
    );
    if (isText && reports.length > 0) console.log(textReport(source, reports));
    flows.push(...reports.map((report) => ({ source, ...report })));
  }
  if (process.stderr.isTTY) process.stderr.write('\u001B[K');
  if (isText) console.log(countsLine(countVerdicts(flows)));
  else console.log((values.json ? jsonReport : summaryReport)(flows));
  const { cannot, unreadable } = countVerdicts(flows);
  return cannot + unreadable > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (
    code !== 'ENOENT' &&
    !(error instanceof TypeError && String(code).startsWith('ERR_PARSE_ARGS'))
  ) {
    throw error;
  }
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
