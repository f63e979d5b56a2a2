import { type Argument, type Call, METHODS } from './calls.ts';

const OF_TEXT = ['toUpperCase', 'toLowerCase', 'trim', 'length'] as const;
const STEP = /\.([A-Za-z]{1,50})\(\s*|\[(\d{1,9})\]/y;
const ARGUMENT = /(?:'([^']*)'|"([^"]*)"|(-?\d{1,9}))\s*/y;
/** What makes a Java pattern more than the text that it is. */
const PATTERN_SIGNS = /[\\^$.|?*+()[\]{}]/;

/**
 * Takes the calls off a name: `name.trim()[0]`. Names may hold dots and spaces, and no parentheses:
 * what stands before the first call is the name.
 * @returns undefined for what has another form, or calls a method that is not there.
 */
export function parseCalls(text: string): { name: string; calls: Call[] } | undefined {
  const open = text.indexOf('(');
  const from = open < 0 ? text.length : text.lastIndexOf('.', open);
  if (from < 0 || text.includes(')') !== open >= 0) return undefined;
  const { name, indexes } = takeIndexes(text.slice(0, from));
  const calls: Call[] = indexes.map((index) => ({ call: 'index', index }));
  for (let at = from; at < text.length;) {
    STEP.lastIndex = at;
    const [all = '', method, index] = STEP.exec(text) ?? [];
    at += all.length;
    if (index !== undefined) calls.push({ call: 'index', index: Number(index) });
    else {
      const parsed = method === undefined ? undefined : parseArguments(text, at);
      const call = parsed && callOf(method ?? '', parsed.args);
      if (parsed === undefined || call === undefined) return undefined;
      calls.push(call);
      at = parsed.end;
    }
  }
  return { name, calls };
}

function takeIndexes(text: string): { name: string; indexes: number[] } {
  const indexes: number[] = [];
  let name = text;
  for (
    let found = /\[(\d{1,9})\]$/.exec(name);
    found !== null;
    found = /\[(\d{1,9})\]$/.exec(name)
  ) {
    indexes.unshift(Number(found[1]));
    name = name.slice(0, -found[0].length);
  }
  return { name, indexes };
}

function parseArguments(text: string, from: number): { args: Argument[]; end: number } | undefined {
  const args: Argument[] = [];
  if (text[from] === ')') return { args, end: from + 1 };
  for (let at = from; ; at++) {
    ARGUMENT.lastIndex = at;
    const found = ARGUMENT.exec(text);
    if (found === null) return undefined;
    const [all, single, double, number] = found;
    args.push(number === undefined ? (single ?? double ?? '') : Number(number));
    at += all.length;
    if (text[at] === ')') return { args, end: at + 1 };
    if (text[at] !== ',') return undefined;
    while (text[at + 1] === ' ') at++;
  }
}

function callOf(method: string, args: readonly Argument[]): Call | undefined {
  const [first, second] = args;
  const ofText = OF_TEXT.find((name) => name === method && args.length === 0);
  if (ofText !== undefined) return { call: ofText };
  if (method === 'substring' && typeof first === 'number' && first >= 0 && args.length < 3) {
    if (second === undefined) return { call: 'substring', from: first, to: null };
    return typeof second === 'number' && second >= 0
      ? { call: 'substring', from: first, to: second }
      : undefined;
  }
  const key = `${method}/${args.length}`;
  const known = Object.hasOwn(METHODS, key) ? METHODS[key] : undefined;
  if (known === undefined) return undefined;
  if (known.literal !== true) return { call: 'method', method, args };
  const literal = literalOf(String(first));
  // In a replacement, $ and \\ are signs of their own.
  return literal === undefined || /[$\\]/.test(String(second ?? ''))
    ? undefined
    : { call: 'method', method, args: [literal, ...args.slice(1)] };
}

/** The text that a Java pattern stands for, where it stands for one. */
function literalOf(pattern: string): string | undefined {
  const text = pattern.replace(/\\([^A-Za-z0-9])/g, '$1');
  const signs = pattern.replace(/\\[^A-Za-z0-9]/g, '');
  return text === '' || PATTERN_SIGNS.test(signs) ? undefined : text;
}
