/** Of so many ids: a draw costs the same microseconds for all of them as for one. */
const DRAWN = 4096;

/**
 * Random bytes, drawn for many calls at once, and each handed out once. For ids: what is to stay
 * secret should not lie in memory before it is needed.
 */
export function drawnAhead(
  randomBytes: (size: number) => Uint8Array,
): (size: number) => Uint8Array {
  let left: Uint8Array = new Uint8Array();
  return (size) => {
    if (size > left.length) left = randomBytes(Math.max(size, DRAWN));
    const drawn = left.subarray(0, size);
    left = left.subarray(size);
    return drawn;
  };
}
