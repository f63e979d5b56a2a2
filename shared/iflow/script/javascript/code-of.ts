/** Words after which a `/` begins a regular expression, not a division. */
const BEFORE_EXPRESSION = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'throw',
  'new',
  'do',
  'else',
  'instanceof',
  'yield',
  'await',
]);

/** One token, longest first: comments, words, strings, anything else by the character. */
const TOKEN =
  /\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?(?:\*\/|$)|[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*|\d[\w.]*|"(?:[^"\\\n\r]|\\[^])*"?|'(?:[^'\\\n\r]|\\[^])*'?|\s+|[^]/uy;
const REGULAR_EXPRESSION = /\/(?:[^/\\[\n\r\u2028\u2029]|\\.|\[(?:[^\]\\\n\r]|\\.)*\])+\/[a-z]*/y;

const LINE_END = /[\n\r\u2028\u2029]/g;

/**
 * The source with blanks in the place of comments and of what strings, templates and regular
 * expressions hold, so that what is found in it is code. Lines and columns are the source's.
 *
 * Whether a `/` after `)` or `}` divides is not looked into: it is taken for a division, since one
 * that is mistaken for a regular expression would hide code.
 */
export function codeOf(source: string): string {
  const reader = new Reader(source);
  reader.readUntilEnd();
  return reader.code;
}

class Reader {
  readonly #source: string;
  #at = 0;
  #code = '';
  /** The last word or sign that is code. */
  #last = '';
  /** Up to where, on one line, nothing that began as a regular expression was ended. */
  #unended = 0;
  /** Open braces within each `${` that is open. */
  readonly #templates: number[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  get code(): string {
    return this.#code;
  }

  readUntilEnd(): void {
    while (this.#at < this.#source.length) this.#readToken();
  }

  #readToken(): void {
    TOKEN.lastIndex = this.#at;
    const token = TOKEN.exec(this.#source)?.[0] ?? '';
    if (token === '`') this.#readTemplate(1);
    else if (token.startsWith('//') || token.startsWith('/*')) this.#blank(token.length);
    else if (token === '/' && this.#mayBeginExpression()) this.#readRegularExpression();
    else if (/^["']/.test(token)) {
      this.#blank(token.length);
      this.#last = '"';
    } else this.#readCode(token);
  }

  #readCode(token: string): void {
    const depth = this.#templates.at(-1);
    if (depth !== undefined && token === '}' && depth === 0) {
      this.#templates.pop();
      this.#readTemplate(1);
      return;
    }
    if (depth !== undefined && (token === '{' || token === '}')) {
      this.#templates[this.#templates.length - 1] = depth + (token === '{' ? 1 : -1);
    }
    this.#code += token;
    this.#at += token.length;
    if (!/^\s/.test(token)) this.#last = token;
  }

  /** From a `` ` `` or the `}` of what was put in, to the end of the template or the next `${`. */
  #readTemplate(from: number): void {
    const find = /(?:[^`\\$]|\\[^]|\$(?!\{))*(`|\$\{|$)/y;
    find.lastIndex = this.#at + from;
    const found = find.exec(this.#source);
    const end = found === null ? this.#source.length : find.lastIndex;
    this.#blank(end - this.#at);
    this.#last = '"';
    if (found?.[1] === '${') {
      this.#templates.push(0);
      this.#last = '{';
    }
  }

  #readRegularExpression(): void {
    REGULAR_EXPRESSION.lastIndex = this.#at;
    const found = this.#at < this.#unended ? null : REGULAR_EXPRESSION.exec(this.#source);
    if (found !== null) {
      this.#blank(found[0].length);
      this.#last = '"';
      return;
    }
    if (this.#at >= this.#unended) {
      LINE_END.lastIndex = this.#at;
      this.#unended = LINE_END.exec(this.#source)?.index ?? this.#source.length;
    }
    this.#readCode('/');
  }

  #mayBeginExpression(): boolean {
    if (this.#last === '' || BEFORE_EXPRESSION.has(this.#last)) return true;
    return /^[([{,;:=!&|?+\-*%<>~^/]$/.test(this.#last);
  }

  #blank(length: number): void {
    const text = this.#source.slice(this.#at, this.#at + length);
    this.#code += text.replace(/[^\n\r\u2028\u2029]/g, ' ');
    this.#at += length;
  }
}

/** Where each sign that opens is closed, by its place; `code` has neither strings nor comments. */
export function closings(
  code: string,
  opening: '(' | '{',
  closing: ')' | '}',
): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < code.length; at += 1) {
    const sign = code[at];
    if (sign === opening) open.push(at);
    else if (sign === closing) {
      const begin = open.pop();
      if (begin !== undefined) ends.set(begin, at);
    }
  }
  return ends;
}
