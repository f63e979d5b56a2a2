/** `npm run bench`: see USAGE. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openContext } from './context.ts';
import { renderPages } from './report/render.ts';
import { mergeResults, readResults, type Results } from './report/results.ts';
import { tablesAsText } from './report/tables.ts';
import { measureDispatch } from './work/dispatch.ts';
import { measureFlows } from './work/flows.ts';
import { measureGrowth } from './work/growth.ts';
import { measureMicro } from './work/micro.ts';
import { measureProofs } from './work/proofs.ts';
import { measureStorage } from './work/storage.ts';
import { measureToken } from './work/token.ts';
import type { Context } from './context.ts';

const USAGE = `npm run bench [-- OPTIONS]: what a token and a message cost, beside others, in one run.

  --only token,dispatch,flows,proofs,growth,micro,storage   sections to measure; all unless told
  --match TEXT       contenders whose name holds TEXT; may be repeated
  --seconds 4        length of a pass
  --passes 5         passes of each contender
  --connections 16   keep-alive connections
  --quick            short and small, and written only to --output: shows that it works, not what it costs
  --output FILE      docs/performance/results.json unless told; sections not measured stay as they are
  --render           measures nothing: writes page and charts anew from the results`;

const sections: Readonly<Record<string, (context: Context) => Promise<Results>>> = {
  token: measureToken,
  dispatch: measureDispatch,
  flows: measureFlows,
  proofs: measureProofs,
  growth: measureGrowth,
  micro: measureMicro,
  storage: measureStorage,
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: Object.keys(sections).join(',') },
      match: { type: 'string', multiple: true, default: [] },
      seconds: { type: 'string' },
      passes: { type: 'string' },
      connections: { type: 'string', default: '16' },
      quick: { type: 'boolean', default: false },
      output: { type: 'string' },
      render: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const docs = join(import.meta.dirname, '..', 'docs');
  const own = join(docs, 'performance', 'results.json');
  if (values.render) {
    await renderPages(docs, await readResults(values.output ?? own));
    return;
  }
  const { quick } = values;
  const output = values.output ?? (quick ? undefined : own);
  const milliseconds = 1000 * positive(values.seconds ?? (quick ? '0.3' : '4'));
  const context = openContext({
    milliseconds,
    warmUpMs: quick ? 200 : 2000,
    passes: positive(values.passes ?? (quick ? '1' : '5')),
    connections: positive(values.connections),
    quick,
    match: values.match,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  try {
    for (const name of values.only.split(',')) {
      const measure = sections[name];
      if (measure === undefined) throw new Error(`There is no section ${name}.\n\n${USAGE}`);
      context.options.say(name);
      const measured = await measure(context);
      console.log(tablesAsText(measured));
      if (output !== undefined) await mergeResults(output, measured);
    }
  } finally {
    await context.stop();
  }
  // Elsewhere the results are a reader's own, and the page stays that of the project.
  if (output === own) await renderPages(docs, await readResults(own));
}

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${text} is not a number above 0.\n\n${USAGE}`);
  return number;
}

await main();
