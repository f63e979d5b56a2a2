/** `npm run try-upgrade -- <git reference>`: see docs/upgrades.md. */
import { join } from 'node:path';
import { startAzurite } from '../test/support/azurite.ts';
import { build } from './build.ts';
import { checkOut } from './try-upgrade/checkout.ts';
import { tryBoth } from './try-upgrade/scenario.ts';
import { Trial } from './try-upgrade/table.ts';

const root = join(import.meta.dirname, '..');

async function main(): Promise<number> {
  const [reference, ...others] = process.argv.slice(2);
  if (reference === undefined || reference.startsWith('-') || others.length > 0) {
    console.error('Usage: npm run try-upgrade -- <git reference of the older version>');
    return 1;
  }
  const older = await checkOut(root, reference);
  const azurite = await startAzurite();
  try {
    await build();
    console.log(`From ${older.title}\nto this working tree, on one storage.`);
    const trial = new Trial();
    const { connectionString } = azurite;
    const storage = { connectionString, prefix: 'upgrade' };
    await tryBoth(trial, storage, { older: older.folder, newer: root });
    const count = (outcome: string): number =>
      trial.checks.filter((check) => check.outcome === outcome).length;
    console.log(
      `\n${count('held')} held, ${count('failed')} failed, ${count('not there')} not there in the older version.`,
    );
    return trial.hasFailed ? 1 : 0;
  } finally {
    azurite.stop();
    await older.remove();
  }
}

process.exitCode = await main();
