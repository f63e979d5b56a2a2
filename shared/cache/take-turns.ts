/**
 * Runs one piece of work at a time; a few may wait for their turn.
 * @param refuse makes the error for one more than that.
 */
export function takeTurns(
  mostWaiting: number,
  refuse: () => Error,
): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let here = 0;
  return async (work) => {
    if (here > mostWaiting) throw refuse();
    here += 1;
    const mine = last.then(work).finally(() => (here -= 1));
    last = mine.catch(() => undefined);
    return mine;
  };
}
