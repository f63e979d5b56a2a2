/**
 * A value made on first use and kept. A failure is not kept: the next call tries again, so that an
 * outage while an instance starts does not outlive itself.
 */
export function once<T>(make: () => Promise<T> | T): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return () => {
    kept ??= Promise.resolve()
      .then(make)
      .catch((error: unknown) => {
        kept = undefined;
        throw error;
      });
    return kept;
  };
}
