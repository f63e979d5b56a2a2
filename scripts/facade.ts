/** `npm run facade`: see `USAGE` in facade/options.ts, and docs/iflow/facade.md. */
import { CommandError } from './api/target.ts';
import { makeFacade } from './facade/make-facade.ts';
import { readOptions } from './facade/options.ts';

try {
  const { target, request } = await readOptions(process.argv.slice(2), process.env, process.stdin);
  console.log(await makeFacade(target, request));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
