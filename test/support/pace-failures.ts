import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/*
 * Loaded into the test processes of `npm run test:remote`, which run one after the other. A
 * deployment slows an address down after 30 failed sign-ins in a minute (docs/limits.md), and with
 * it everybody behind that address. Tests fail to sign in on purpose: these wait before there are
 * more than BUDGET of them in a minute.
 */

const BUDGET = 18;
const WINDOW_MS = 61_000;
const file = process.env['FLOWGATE_REMOTE_FAILURES'];

if (file !== undefined) {
  const send = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    // Refused messages count for nobody: only the gates to tokens and management do.
    if (pathname.startsWith('/http/')) return send(input, init);
    await untilFree(file);
    const response = await send(input, init);
    if (response.status === 401) {
      writeFileSync(file, JSON.stringify([...recent(file), Date.now()]));
    }
    return response;
  };
}

const recent = (from: string): readonly number[] =>
  (JSON.parse(readFileSync(from, 'utf8')) as number[]).filter((at) => at > Date.now() - WINDOW_MS);

async function untilFree(from: string): Promise<void> {
  for (;;) {
    const failures = recent(from);
    const oldest = failures.at(-BUDGET);
    if (oldest === undefined) return;
    await sleep(Math.max(100, oldest + WINDOW_MS - Date.now()));
  }
}
