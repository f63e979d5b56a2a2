import { lineAt } from '../../../xml/lines.ts';
import { grown, type GrowingText, textOf } from '../../../large-text.ts';

/** Text that is no JSON, or nests deeper than allowed. `message` is a clause with the line. */
export class JsonError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JsonError';
  }
}

export type JsonToken =
  | 'object'
  | 'end-object'
  | 'array'
  | 'end-array'
  | 'name'
  | 'string'
  | 'number'
  | 'boolean'
  | 'null'
  | 'end';

const SPACE = /[ \t\n\r]*/y;
/** As far as a string stands for itself: RFC 8259 section 7. */
const PLAIN = /[^"\\\0-\x1F]*/y;
const ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * Reads JSON (RFC 8259) token by token, in time linear to its length. Numbers stay the digits that
 * were written, and names that come again are handed on each time: neither survives `JSON.parse`.
 */
export class JsonReader {
  /** Of the last token: a name, a string without its escapes, or what was written. */
  text = '';
  readonly #source: string;
  readonly #maxDepth: number;
  readonly #open: ('object' | 'array')[] = [];
  #at = 0;
  #expects: 'value' | 'name' | 'first-name' | 'first-item' | 'after-value' = 'value';

  constructor(source: string, maxDepth: number) {
    this.#source = source.startsWith('\uFEFF') ? source.slice(1) : source;
    this.#maxDepth = maxDepth;
  }

  /** @throws {JsonError} */
  next(): JsonToken {
    this.#skipSpace();
    if (this.#expects === 'after-value') {
      const inside = this.#open.at(-1);
      if (inside === undefined) {
        if (this.#at < this.#source.length) this.#fail('something follows its end');
        return 'end';
      }
      const sign = this.#source[this.#at];
      if (sign === (inside === 'object' ? '}' : ']')) return this.#close();
      if (sign !== ',') {
        this.#fail(inside === 'object' ? 'a comma or } is missing' : 'a comma or ] is missing');
      }
      this.#at++;
      this.#skipSpace();
      this.#expects = inside === 'object' ? 'name' : 'value';
    }
    if (this.#expects === 'first-name' && this.#source[this.#at] === '}') return this.#close();
    if (this.#expects === 'first-item' && this.#source[this.#at] === ']') return this.#close();
    return this.#expects === 'name' || this.#expects === 'first-name'
      ? this.#readName()
      : this.#readValue();
  }

  /** A sentence's clause about the place that was reached. */
  fault(clause: string): JsonError {
    return new JsonError(`${clause} (line ${lineAt(this.#source, this.#at)})`);
  }

  #readName(): JsonToken {
    if (this.#source[this.#at] !== '"') this.#fail('a member has no name in quotes');
    this.#readString();
    this.#skipSpace();
    if (this.#source[this.#at] !== ':') this.#fail('a colon is missing');
    this.#at++;
    this.#expects = 'value';
    return 'name';
  }

  #readValue(): JsonToken {
    const sign = this.#source[this.#at];
    if (sign === '{' || sign === '[') {
      const kind = sign === '{' ? 'object' : 'array';
      if (this.#open.length >= this.#maxDepth) {
        this.#fail(`objects and arrays are nested more than ${this.#maxDepth} deep`);
      }
      this.#open.push(kind);
      this.#at++;
      this.#expects = kind === 'object' ? 'first-name' : 'first-item';
      return kind;
    }
    this.#expects = 'after-value';
    if (sign === '"') {
      this.#readString();
      return 'string';
    }
    if (sign === 't') return this.#readWord('true', 'boolean');
    if (sign === 'f') return this.#readWord('false', 'boolean');
    if (sign === 'n') return this.#readWord('null', 'null');
    const end = endOf(NUMBER, this.#source, this.#at);
    if (end === this.#at) this.#fail('a value is missing or is none of JSON');
    this.text = this.#source.slice(this.#at, end);
    this.#at = end;
    return 'number';
  }

  #readWord(word: string, token: 'boolean' | 'null'): JsonToken {
    if (!this.#source.startsWith(word, this.#at)) this.#fail('a value is none of JSON');
    this.text = word;
    this.#at += word.length;
    return token;
  }

  #readString(): void {
    const source = this.#source;
    let text: string | GrowingText = '';
    this.#at++;
    for (;;) {
      const end = endOf(PLAIN, source, this.#at);
      text = grown(text, source.slice(this.#at, end));
      this.#at = end;
      if (source[end] === '"') break;
      ESCAPE.lastIndex = this.#at;
      const escape = ESCAPE.exec(source);
      if (escape === null) {
        this.#fail(
          this.#at >= source.length
            ? 'a string is not closed'
            : 'a string holds a control character or an unknown escape',
        );
      }
      const [written, hex, letter = ''] = escape;
      text = grown(
        text,
        hex === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(parseInt(hex, 16)),
      );
      this.#at += written.length;
    }
    this.#at++;
    this.text = textOf(text);
  }

  #close(): JsonToken {
    this.#at++;
    this.#expects = 'after-value';
    return this.#open.pop() === 'object' ? 'end-object' : 'end-array';
  }

  #skipSpace(): void {
    const code = this.#source.charCodeAt(this.#at);
    if (code === 0x20 || (code <= 0x0d && code >= 0x09)) {
      this.#at = endOf(SPACE, this.#source, this.#at);
    }
  }

  #fail(clause: string): never {
    throw this.fault(clause);
  }
}

/** Where what the pattern matches from a place on ends; no match object is made. */
function endOf(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : at;
}
