import fc from 'fast-check';

/** The same runs each time, unless a seed is set. */
const seed = Number(process.env['FLOWGATE_FUZZ_SEED'] ?? '20260101');
/** Of a property that takes about a millisecond. */
const runs = Number(process.env['FLOWGATE_FUZZ_RUNS'] ?? '300');

if (!Number.isSafeInteger(seed) || !(runs >= 1)) {
  throw new Error('FLOWGATE_FUZZ_SEED is a whole number, FLOWGATE_FUZZ_RUNS one from 1 on.');
}
console.log(`fuzz: FLOWGATE_FUZZ_SEED=${seed} FLOWGATE_FUZZ_RUNS=${runs}`);

/** Checks a property with the seed of the run. @param cost of one case, in milliseconds or so */
export async function check<T>(
  property: fc.IProperty<T> | fc.IAsyncProperty<T>,
  cost = 1,
): Promise<void> {
  const numRuns = Math.max(5, Math.round(runs / cost));
  await fc.assert(property as fc.IAsyncProperty<T>, { seed, numRuns });
}

/** Text that is made of telling parts more often than of any characters. */
export function textOf(...parts: readonly string[]): fc.Arbitrary<string> {
  const part = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...parts) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
    { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
  );
  return fc.array(part, { maxLength: 12 }).map((chosen) => chosen.join(''));
}
