import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface MovableClock {
  readonly env: Readonly<Record<string, string>>;
  /** How far the instances' clocks are ahead of the real one from now on. */
  set(ms: number): void;
}

/** A clock for instances that a test moves, also while they are frozen. */
export function movableClock(): MovableClock {
  const folder = mkdtempSync(join(tmpdir(), 'flowgate-clock-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'ahead');
  const set = (ms: number): void => writeFileSync(file, String(ms).padEnd(20));
  set(0);
  const preload = join(import.meta.dirname, 'shift-clock.ts');
  return { set, env: { FLOWGATE_TEST_CLOCK: file, NODE_OPTIONS: `--import=${preload}` } };
}
