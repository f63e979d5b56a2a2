/**
 * Preloaded into an instance (`--import`), moves its clock by as many milliseconds as the file
 * FLOWGATE_TEST_CLOCK holds at the moment. Read anew each time: a process that is frozen meanwhile
 * finds the new time when it goes on. Timers are left alone, as they are when a clock is set.
 */
import { readFileSync } from 'node:fs';

const file = process.env['FLOWGATE_TEST_CLOCK'];
if (file !== undefined) {
  const RealDate = Date;
  const now = (): number => RealDate.now() + Number(readFileSync(file, 'utf8'));
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    get: (target, name, receiver) =>
      name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown),
  });
}
