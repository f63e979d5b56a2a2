import type { BicepFile, Declaration, Expression } from './syntax.ts';

const KINDS = ['param', 'var', 'resource', 'module', 'output'] as const;
const OPERATORS = [['||'], ['&&'], ['==', '!='], ['<=', '>=', '<', '>'], ['+', '-']] as const;

/**
 * Reads a Bicep file. Not the compiler: what it does not know is an error, so that nothing goes by
 * unread, but types and Azure's schemas are not checked.
 * @throws {SyntaxError} naming the line.
 */
export function parseBicep(source: string): BicepFile {
  return new Reader(source).readFile();
}

class Reader {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  readFile(): BicepFile {
    let targetScope = 'resourceGroup';
    const declarations: Declaration[] = [];
    let decorators: Declaration['decorators'] = [];
    while (!this.#isAtEnd()) {
      if (this.#take('@')) {
        const decorator = this.#readExpression();
        if (decorator.kind !== 'call') throw this.#fault('a decorator');
        decorators = [...decorators, decorator];
        continue;
      }
      const word = this.#readName();
      if (word === 'targetScope') {
        this.#need('=');
        targetScope = textOf(this.#readExpression());
      } else {
        const kind = KINDS.find((each) => each === word);
        if (kind === undefined) throw this.#fault('a declaration');
        declarations.push(this.#readDeclaration(kind, decorators));
        decorators = [];
      }
      this.#skipBlanks();
      if (!['\n', undefined].includes(this.#source[this.#at])) {
        throw this.#fault('the end of the line');
      }
    }
    return { targetScope, declarations };
  }

  #isAtEnd(): boolean {
    this.#skipLines();
    return this.#at === this.#source.length;
  }

  #readDeclaration(kind: Declaration['kind'], decorators: Declaration['decorators']): Declaration {
    const name = this.#readName();
    let type = '';
    if (kind === 'resource' || kind === 'module') type = textOf(this.#readExpression());
    else if (kind !== 'var') type = this.#readName();
    let value: Expression | undefined;
    let condition: Expression | undefined;
    if (kind === 'param' ? this.#take('=') : this.#need('=')) {
      if (this.#takeWord('if')) {
        this.#need('(');
        condition = this.#readExpression();
        this.#need(')');
      }
      value = this.#readExpression();
    }
    return { kind, name, type, value, condition, decorators };
  }

  #readExpression(): Expression {
    const condition = this.#readOperation(0);
    if (!this.#take('?')) return condition;
    const then = this.#readExpression();
    this.#need(':');
    return {
      kind: 'operation',
      operator: '?:',
      operands: [condition, then, this.#readExpression()],
    };
  }

  #readOperation(level: number): Expression {
    const operators = OPERATORS[level];
    if (operators === undefined) return this.#readUnary();
    let left = this.#readOperation(level + 1);
    for (;;) {
      const operator = operators.find((each) => this.#take(each));
      if (operator === undefined) return left;
      left = { kind: 'operation', operator, operands: [left, this.#readOperation(level + 1)] };
    }
  }

  #readUnary(): Expression {
    if (this.#take('!')) {
      return { kind: 'operation', operator: '!', operands: [this.#readUnary()] };
    }
    let value = this.#readPrimary();
    for (;;) {
      if (this.#source[this.#at] === '!' && this.#source[this.#at + 1] === '.') this.#at += 1;
      else if (this.#take('.')) {
        const name: Expression = { kind: 'literal', value: this.#readName() };
        value = { kind: 'member', of: value, name };
      } else if (this.#source[this.#at] === '[') {
        this.#need('[');
        value = { kind: 'member', of: value, name: this.#readExpression() };
        this.#need(']');
      } else return value;
    }
  }

  #readPrimary(): Expression {
    this.#skipBlanks();
    const next = this.#source[this.#at] ?? '';
    if (next === "'") return this.#readText();
    if (next === '{')
      return { kind: 'object', entries: this.#readList('{', '}', () => this.#readEntry()) };
    if (next === '[') return this.#readArray();
    if (this.#take('(')) {
      const inner = this.#readExpression();
      this.#need(')');
      return inner;
    }
    if (/\d/.test(next)) return { kind: 'literal', value: Number(this.#match(/\d+/y)) };
    const name = this.#readName();
    if (name === 'true' || name === 'false') return { kind: 'literal', value: name === 'true' };
    if (name === 'null') return { kind: 'literal', value: null };
    if (this.#source[this.#at] !== '(') return { kind: 'name', name };
    return { kind: 'call', name, args: this.#readList('(', ')', () => this.#readExpression()) };
  }

  #readArray(): Expression {
    const start = this.#at;
    this.#need('[');
    this.#skipLines();
    if (!this.#takeWord('for')) {
      this.#at = start;
      return { kind: 'array', items: this.#readList('[', ']', () => this.#readExpression()) };
    }
    const names = this.#take('(')
      ? [this.#readName(), (this.#need(','), this.#readName())]
      : [this.#readName()];
    if (names.length === 2) this.#need(')');
    if (!this.#takeWord('in')) throw this.#fault('"in"');
    const over = this.#readExpression();
    this.#need(':');
    const body = this.#readExpression();
    this.#skipLines();
    this.#need(']');
    return { kind: 'for', names, over, body };
  }

  #readEntry(): readonly [Expression, Expression] {
    this.#skipBlanks();
    const key: Expression =
      this.#source[this.#at] === "'"
        ? this.#readText()
        : { kind: 'literal', value: this.#readName() };
    this.#need(':');
    return [key, this.#readExpression()];
  }

  /** Items between lines or commas. */
  #readList<T>(open: string, close: string, readItem: () => T): T[] {
    this.#need(open);
    const items: T[] = [];
    this.#skipLines();
    while (!this.#take(close)) {
      items.push(readItem());
      const at = this.#at;
      const isSeparated = this.#take(',');
      this.#skipLines();
      if (
        !isSeparated &&
        this.#source[this.#at] !== close &&
        !this.#source.slice(at, this.#at).includes('\n')
      ) {
        throw this.#fault(`"," or "${close}"`);
      }
    }
    return items;
  }

  #readText(): Expression {
    this.#need("'");
    const parts: (string | Expression)[] = [];
    for (;;) {
      const plain = this.#match(/(?:[^'\\$\n]|\\['\\nrt$]|\$(?!\{))*/y);
      parts.push(
        plain.replace(/\\(.)/g, (_, c: string) => ({ n: '\n', r: '\r', t: '\t' })[c] ?? c),
      );
      if (this.#source[this.#at] === "'") {
        this.#at += 1;
        return parts.length === 1
          ? { kind: 'literal', value: parts[0] as string }
          : { kind: 'text', parts };
      }
      if (!this.#source.startsWith('${', this.#at)) throw this.#fault('the end of a text');
      this.#at += 2;
      parts.push(this.#readExpression());
      this.#need('}');
    }
  }

  #readName(): string {
    this.#skipBlanks();
    return this.#match(/[A-Za-z_]\w*/y);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    if (found === undefined) throw this.#fault(String(pattern));
    this.#at += found.length;
    return found;
  }

  #take(text: string): boolean {
    const start = this.#at;
    this.#skipBlanks();
    if (this.#source.startsWith(text, this.#at)) {
      this.#at += text.length;
      return true;
    }
    this.#at = start;
    return false;
  }

  #takeWord(word: string): boolean {
    const start = this.#at;
    if (this.#take(word) && !/\w/.test(this.#source[this.#at] ?? '')) return true;
    this.#at = start;
    return false;
  }

  #need(text: string): true {
    if (!this.#take(text)) throw this.#fault(JSON.stringify(text));
    return true;
  }

  #skipBlanks(): void {
    this.#match(/(?:[ \t\r]|\/\/[^\n]*|\/\*[^]*?\*\/)*/y);
  }

  #skipLines(): void {
    this.#match(/(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y);
  }

  #fault(wanted: string): SyntaxError {
    const before = this.#source.slice(0, this.#at);
    const line = before.split('\n').length;
    const rest = this.#source.slice(this.#at).split('\n', 1)[0] ?? '';
    return new SyntaxError(`line ${line}: ${wanted} is wanted at ${JSON.stringify(rest)}`);
  }
}

function textOf(expression: Expression): string {
  if (expression.kind === 'literal' && typeof expression.value === 'string') {
    return expression.value;
  }
  throw new SyntaxError('A plain text is wanted');
}
