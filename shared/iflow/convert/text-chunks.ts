const CHUNK_CHARACTERS = 8192;

/**
 * A long text that is written in small pieces. V8 keeps what is added to a string as a tree until
 * someone reads the string; reading each chunk when it is full leaves the garbage collector nothing
 * to do, which makes converting twice as fast.
 */
export class TextChunks {
  readonly #read: (chunk: string) => void;
  readonly #chunks: string[] = [];
  #chunk = '';

  /** @param read is given each chunk once; pairs of surrogates of one piece are in one chunk. */
  constructor(read: (chunk: string) => void) {
    this.#read = read;
  }

  write(piece: string): void {
    this.#chunk += piece;
    if (this.#chunk.length >= CHUNK_CHARACTERS) this.#end();
  }

  text(): string {
    this.#end();
    return this.#chunks.join('');
  }

  #end(): void {
    this.#read(this.#chunk);
    this.#chunks.push(this.#chunk);
    this.#chunk = '';
  }
}
