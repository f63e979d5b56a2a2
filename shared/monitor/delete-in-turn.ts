/**
 * Runs deletions one after the other, those too that come after one that has failed.
 * @param onError told of each that fails.
 * @returns how many rows each has deleted.
 * @throws {Error} with the names of those that have failed, caused by the first.
 */
export async function deleteInTurn(
  deletions: Readonly<Record<string, () => Promise<number>>>,
  onError: (problem: string, cause: unknown) => void,
): Promise<Record<string, number>> {
  const deleted: Record<string, number> = {};
  const failed = new Map<string, unknown>();
  for (const [name, run] of Object.entries(deletions)) {
    try {
      deleted[name] = await run();
    } catch (error) {
      onError(`What has expired of ${name} could not be deleted`, error);
      failed.set(name, error);
    }
  }
  if (failed.size === 0) return deleted;
  const names = [...failed.keys()].join(', ');
  const [cause] = failed.values();
  throw new Error(`Not everything that has expired could be deleted: ${names}`, { cause });
}
