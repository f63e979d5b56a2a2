/**
 * The local Functions host as a process: `node local/host/main.ts [--app FOLDER] [--port N]
 * [--verbose]`. Prints `{"url": …}` on stdout when it listens, and ends on SIGINT or SIGTERM once
 * the app has flushed.
 */
import { parseArgs } from 'node:util';
import { describe } from './log.ts';
import { startHost } from './start-host.ts';

const { values } = parseArgs({
  options: {
    app: { type: 'string', default: process.cwd() },
    port: { type: 'string', default: '0' },
    verbose: { type: 'boolean', default: false },
  },
});

try {
  const host = await startHost({
    appRoot: values.app,
    port: Number(values.port),
    verbose: values.verbose,
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      void host.stop().finally(() => process.exit(0));
    });
  }
  console.log(JSON.stringify({ url: host.url }));
} catch (error) {
  console.error(describe(error));
  process.exit(1);
}
