/** The state of a machine at one time. */
export interface Image {
  /** Bytes of linear memory. */
  readonly size: number;
  /** All memory that is in use, in order; without bytes where it is all zeros. */
  readonly segments: readonly Segment[];
}

interface Segment {
  readonly at: number;
  readonly end: number;
  readonly bytes: Uint8Array | undefined;
}

const PAGE = 4096;
const ZEROS = Buffer.alloc(PAGE);

/** Cuts memory into runs of pages that are zero, the same as in the base, or neither. */
export function segmentsOf(memory: Uint8Array, from: number, to: number, base?: Image): Segment[] {
  const segments: { at: number; end: number; known: Segment | undefined; zero: boolean }[] = [];
  for (let at = from; at < to; at += PAGE) {
    const page = memory.subarray(at, at + PAGE);
    const zero = Buffer.compare(page, ZEROS) === 0;
    const candidate = zero ? undefined : base?.segments.find((s) => s.at <= at && at < s.end);
    const known = candidate?.bytes?.subarray(at - candidate.at, at - candidate.at + PAGE);
    const same = known !== undefined && Buffer.compare(page, known) === 0 ? candidate : undefined;
    const last = segments.at(-1);
    if (last?.zero === zero && last.known === same) last.end = at + PAGE;
    else segments.push({ at, end: at + PAGE, known: same, zero });
  }
  return segments.map(({ at, end, known, zero }) => ({
    at,
    end,
    bytes: zero
      ? undefined
      : (known?.bytes?.subarray(at - known.at, end - known.at) ??
        Uint8Array.prototype.slice.call(memory, at, end)),
  }));
}
