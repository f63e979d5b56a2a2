import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `look` finds something; fails after `limitMs`. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  limitMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`Not seen within ${limitMs} ms.`);
    await sleep(25);
  }
}
