/** `npm run import`: see `USAGE` in import/options.ts, and docs/iflow/import-and-export.md. */
import { CommandError } from './api/target.ts';
import { openApi } from './import/api.ts';
import { importContent } from './import/import-content.ts';
import { readOptions } from './import/options.ts';

async function main(): Promise<number> {
  const options = await readOptions(process.argv.slice(2), process.env);
  const begun = Date.now();
  const api = await openApi(options);
  const { imported, packages, refused, warnings, leftOut } = await importContent(
    api,
    options,
    console.log,
  );
  const artifacts = [...imported.values()].reduce((sum, count) => sum + count, 0);
  const kinds = [...imported].map(([noun, count]) => `${noun} ${count}`).join(', ');
  const seconds = ((Date.now() - begun) / 1000).toFixed(1);
  console.log(`\n${options.url}: ${packages} packages; ${kinds === '' ? 'no artifacts' : kinds}.`);
  console.log(
    `imported ${artifacts} refused ${refused} warnings ${warnings} left out ${leftOut} in ${seconds} s`,
  );
  return refused === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
