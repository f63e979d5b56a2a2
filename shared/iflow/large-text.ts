/**
 * Large texts in memory beside V8's heap. What a worker thread's heap may hold is little
 * (`worker-heap.ts`). Of bytes, Node.js makes large texts outside of it.
 */

/** Shorter texts take no such care, nor does Node.js. */
const LARGE_CHARACTERS = 1024 * 1024;

type Encoding = 'latin1' | 'utf16le';

/** Which of the two loses nothing. V8 has the same two forms, and knows at once that the first has no such sign. */
function encodingOf(text: string): Encoding {
  return /[^\0-\xFF]/.test(text) ? 'utf16le' : 'latin1';
}

/** A text that grows by pieces. */
export class GrowingText {
  /** Until it is large. */
  #pieces: string[] = [];
  #length = 0;
  #bytes: Buffer<ArrayBuffer> | undefined;
  #encoding: Encoding = 'latin1';
  #at = 0;
  readonly #expected: number;

  /** @param expected characters that it will come to, if that is known */
  constructor(expected = 0) {
    this.#expected = expected;
  }

  get length(): number {
    return this.#length;
  }

  write(piece: string): void {
    this.#length += piece.length;
    if (this.#bytes !== undefined) this.#put(piece);
    else {
      this.#pieces.push(piece);
      if (this.#length >= LARGE_CHARACTERS) this.#moveOut();
    }
  }

  /** The whole of it; nothing is to be written after. */
  text(): string {
    if (this.#bytes === undefined) return this.#pieces.join('');
    const text = this.#bytes.toString(this.#encoding, 0, this.#at);
    free(this.#bytes);
    this.#bytes = undefined;
    this.#pieces = [text];
    return text;
  }

  #moveOut(): void {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(this.#expected, 2 * this.#length));
    for (const piece of this.#pieces) this.#put(piece);
    this.#pieces = [];
  }

  #put(piece: string): void {
    if (this.#encoding === 'latin1' && encodingOf(piece) === 'utf16le') {
      const before = this.#bytes?.toString('latin1', 0, this.#at) ?? '';
      if (this.#bytes !== undefined) free(this.#bytes);
      this.#encoding = 'utf16le';
      const most = Math.max(this.#expected, 2 * this.#length);
      this.#bytes = Buffer.allocUnsafeSlow(2 * most);
      this.#at = this.#bytes.write(before, 0, 'utf16le');
    }
    const size = this.#encoding === 'latin1' ? piece.length : 2 * piece.length;
    let bytes = this.#bytes;
    if (bytes === undefined || this.#at + size > bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.ceil(1.5 * (this.#at + size)));
      bytes?.copy(larger, 0, 0, this.#at);
      if (bytes !== undefined) free(bytes);
      bytes = this.#bytes = larger;
    }
    this.#at += bytes.write(piece, this.#at, this.#encoding);
  }
}

/** Gives memory back at once: the garbage collector does not know how much of it there is. */
function free({ buffer }: Buffer<ArrayBuffer>): void {
  buffer.transfer(0);
}

/** As `join('')`. */
export function joinTexts(pieces: readonly string[]): string {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  if (length < LARGE_CHARACTERS) return pieces.join('');
  const whole = new GrowingText(length);
  for (const piece of pieces) whole.write(piece);
  return whole.text();
}

/** A text that is mostly short, with a piece added; {@link textOf} gives it back. */
export function grown(text: string | GrowingText, piece: string): string | GrowingText {
  if (typeof text === 'string' && text.length + piece.length < LARGE_CHARACTERS)
    return text + piece;
  const long = typeof text === 'string' ? new GrowingText() : text;
  if (typeof text === 'string') long.write(text);
  long.write(piece);
  return long;
}

export function textOf(text: string | GrowingText): string {
  return typeof text === 'string' ? text : text.text();
}

/** What goes to another thread in the place of a `T`. */
export interface Packed<T> {
  /** Never there: only {@link unpackTexts} reads what is packed. */
  readonly whole?: T;
  readonly packed: unknown;
}

/** A large text on its way. */
interface PackedText {
  readonly packedText: Encoding;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Objects and lists in each other that are looked into for large texts: as deep as headers of attachments are. */
const PACKED_DEPTH = 5;

/** @param transfer is given what goes to the other thread without being copied. */
export function packTexts<T>(value: T, transfer: ArrayBuffer[]): Packed<T> {
  const packed = changeMembers(value, PACKED_DEPTH, (member) => {
    if (typeof member !== 'string' || member.length < LARGE_CHARACTERS) return member;
    const packedText = encodingOf(member);
    const bytes = Buffer.from(member, packedText);
    transfer.push(bytes.buffer);
    return { packedText, bytes } satisfies PackedText;
  });
  return { packed };
}

export function unpackTexts<T>({ packed }: Packed<T>): T {
  return changeMembers(packed, PACKED_DEPTH, (member) => {
    if (!isPackedText(member)) return member;
    const { buffer, byteOffset, length } = member.bytes;
    const bytes = Buffer.from(buffer, byteOffset, length);
    const text = bytes.toString(member.packedText);
    free(bytes);
    return text;
  }) as T;
}

function changeMembers(
  value: unknown,
  depth: number,
  change: (member: unknown) => unknown,
): unknown {
  const changed = change(value);
  if (changed !== value || depth < 0 || typeof value !== 'object' || value === null) return changed;
  if (Array.isArray(value)) return changeEntries(value, depth, change);
  if (ArrayBuffer.isView(value)) return value;
  let copy: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(value)) {
    const other = changeMembers(member, depth - 1, change);
    if (other === member) continue;
    copy ??= { ...value };
    copy[name] = other;
  }
  return copy ?? value;
}

function changeEntries(
  list: readonly unknown[],
  depth: number,
  change: (member: unknown) => unknown,
): unknown {
  let copy: unknown[] | undefined;
  for (const [index, entry] of list.entries()) {
    const other = changeMembers(entry, depth - 1, change);
    if (other === entry) continue;
    copy ??= [...list];
    copy[index] = other;
  }
  return copy ?? list;
}

/** Names of members may be a flow's own, such as those of parameters: they have no bytes. */
function isPackedText(value: unknown): value is PackedText {
  return (
    typeof value === 'object' &&
    value !== null &&
    'packedText' in value &&
    'bytes' in value &&
    value.bytes instanceof Uint8Array
  );
}
