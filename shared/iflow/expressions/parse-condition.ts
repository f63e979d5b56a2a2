import { type Condition, type Operand, type Operator, RANGE, type Test } from './condition.ts';
import { ExpressionFault, shown } from './expression-fault.ts';
import { parseSimple, tokenEnd } from './parse-simple.ts';

/** The longest condition that SAP publishes has some 300 characters and four tests. */
const MAX_CHARACTERS = 10_000;
const MAX_TESTS = 100;

/** How operators are written, longer ones before those that they begin with. */
const OPERATORS: readonly (readonly [written: string, operator: Operator, negated?: true])[] = [
  ['!=~', 'equalIgnoreCase', true],
  ['!~~', 'containsIgnoreCase', true],
  ['=~', 'equalIgnoreCase'],
  ['~~', 'containsIgnoreCase'],
  ['==', 'equal'],
  ['!=', 'equal', true],
  ['>=', 'greaterOrEqual'],
  ['<=', 'lessOrEqual'],
  ['=', 'equal'],
  ['>', 'greater'],
  ['<', 'less'],
  ...(['contains', 'in', 'regex', 'range'] as const).flatMap((word) => [
    [`not ${word}`, word, true] as const,
    [`!${word}`, word, true] as const,
    [word, word] as const,
  ]),
  ['!startsWith', 'startsWith', true],
  ['startsWith', 'startsWith'],
  ['starts with', 'startsWith'],
  ['!endsWith', 'endsWith', true],
  ['endsWith', 'endsWith'],
  ['ends with', 'endsWith'],
];

/**
 * Parses a condition in the language of SAP's non-XML conditions, which is Camel's Simple predicates
 * with `=` for `==`, and `and` and `or` beside `&&` and `||` (SAP Help, Define Router). Spaces around
 * operators may be left out.
 * @throws {ExpressionFault}
 */
export function parseCondition(text: string): Condition {
  if (text.length > MAX_CHARACTERS) {
    throw new ExpressionFault(`the condition has more than ${MAX_CHARACTERS} characters`);
  }
  const reader = new ConditionReader(text);
  const first = reader.test();
  const rest: { join: 'and' | 'or'; test: Test }[] = [];
  for (let join = reader.join(); join !== undefined; join = reader.join()) {
    rest.push({ join, test: reader.test() });
    if (rest.length >= MAX_TESTS) {
      throw new ExpressionFault(`the condition has more than ${MAX_TESTS} comparisons`);
    }
  }
  return { first, rest };
}

/** Whether a condition needs the pattern of a test to be checked: those that are written out. */
export function patternsOf({ first, rest }: Condition): string[] {
  return [first, ...rest.map(({ test }) => test)].flatMap((test) =>
    test.operator === 'regex' && 'value' in test.right ? [String(test.right.value)] : [],
  );
}

class ConditionReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  test(): Test {
    const left = this.#operand('value');
    const operator = this.#operator();
    if (operator === undefined) return { operator: 'truth', left };
    const right = this.#operand(operator.operator);
    return { ...operator, left, right };
  }

  /** @returns undefined at the end. */
  join(): 'and' | 'or' | undefined {
    this.#skipSpace();
    if (this.#at === this.#text.length) return undefined;
    if (this.#take('&&') || this.#takeWord('and')) return 'and';
    if (this.#take('||') || this.#takeWord('or')) return 'or';
    return this.#fail();
  }

  #operator(): { operator: Operator; negated: boolean } | undefined {
    this.#skipSpace();
    for (const [written, operator, negated = false] of OPERATORS) {
      const isWord = /[a-z]$/i.test(written);
      if (isWord ? this.#takeWord(written) : this.#take(written)) return { operator, negated };
    }
    if (/^(?:not |!)?is\b/.test(this.#text.slice(this.#at, this.#at + 10))) {
      throw new ExpressionFault(
        'the condition asks for a Java class with "is", which is not available yet',
        'condition with is',
      );
    }
    return undefined;
  }

  #operand(of: Operator | 'value'): Operand {
    this.#skipSpace();
    const text = this.#text;
    const sign = text.charAt(this.#at);
    if (sign === "'" || sign === '"') return this.#quoted(sign, of);
    if (text.startsWith('${', this.#at)) {
      const end = tokenEnd(text, this.#at);
      const template = parseSimple(text.slice(this.#at, end));
      this.#at = end;
      return { template };
    }
    for (const [word, value] of WORDS) if (this.#takeWord(word)) return { value };
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(text)?.[0];
    if (number === undefined) return this.#fail();
    this.#at += number.length;
    return { value: Number(number) };
  }

  #quoted(quote: string, of: Operator | 'value'): Operand {
    const from = this.#at + 1;
    let end = from;
    while (end < this.#text.length && this.#text[end] !== quote) {
      end =
        this.#text.startsWith('${', end) && of !== 'regex' ? tokenEnd(this.#text, end) : end + 1;
    }
    if (end >= this.#text.length) {
      throw new ExpressionFault(
        `the condition has a quote without its partner at ${this.#shown(this.#at)}`,
      );
    }
    this.#at = end + 1;
    const content = this.#text.slice(from, end);
    // Camel takes a pattern in quotes as it is.
    if (of === 'regex') return { value: content };
    const template = parseSimple(content);
    const [only, second] = template;
    if (only !== undefined && (second !== undefined || typeof only !== 'string')) {
      return { template };
    }
    const value = typeof only === 'string' ? only : '';
    if (of === 'range' && !RANGE.test(value)) {
      throw new ExpressionFault(
        `the condition has the range '${shown(value)}'; it is written '1..10', with whole numbers`,
      );
    }
    return { value };
  }

  #take(sign: string): boolean {
    if (!this.#text.startsWith(sign, this.#at)) return false;
    this.#at += sign.length;
    return true;
  }

  /** A word ends where a name would. */
  #takeWord(word: string): boolean {
    const behind = this.#text.charAt(this.#at + word.length);
    return !/[\p{L}\p{N}_]/u.test(behind) && this.#take(word);
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
  }

  #fail(): never {
    const where =
      this.#at >= this.#text.length ? 'it ends too early' : `at ${this.#shown(this.#at)}`;
    throw new ExpressionFault(
      `the condition ${shown(this.#text)} is not understood: ${where}. A condition compares an expression such as \${header.name} or \${property.name} with another, with a 'text', a number or null`,
    );
  }

  #shown(at: number): string {
    return JSON.stringify(shown(this.#text.slice(at, at + 200)));
  }
}

const WORDS: readonly (readonly [word: string, value: boolean | null])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
];
const NUMBER = /-?\d{1,15}(?:\.\d{1,15})?(?![\w.])/y;
const SPACE = /[ \t\r\n]*/y;
