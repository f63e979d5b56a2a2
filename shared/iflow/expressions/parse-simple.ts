import { parseDatePattern } from './date-format.ts';
import type { Call, Template, Token } from './simple.ts';

/** A Simple expression that cannot run here; `message` is a clause that names the token. */
export class ExpressionFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ExpressionFault';
  }
}

/**
 * Parses a Simple expression (Apache Camel): text with `${…}` tokens. `\n`, `\t`, `\r` and `\}` are
 * escapes in it, any other backslash is text.
 * @throws {ExpressionFault}
 */
export function parseSimple(text: string): Template {
  const parts: (string | Token)[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const next = nextSign(text, at);
    literal += text.slice(at, next);
    at = next;
    if (text[at] === '\\') {
      const escaped = ESCAPES[text.charAt(at + 1)];
      literal += escaped ?? '\\';
      at += escaped === undefined ? 1 : 2;
    } else if (text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      if (end < 0) throw new ExpressionFault(`${shown(text.slice(at))} is not closed with }`);
      if (literal !== '') parts.push(literal);
      if (end - at > MAX_TOKEN_CHARACTERS) {
        throw new ExpressionFault(`${shown(text.slice(at))} has a token that is too long`);
      }
      literal = '';
      parts.push(parseToken(text.slice(at + 2, end)));
      at = end + 1;
    } else if (at < text.length) {
      literal += text.charAt(at);
      at++;
    }
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

/** A name or date format longer than this is none. */
const MAX_TOKEN_CHARACTERS = 1000;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '}': '}' };

function nextSign(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const c = text[i];
    if (c === '\\' || c === '$') return i;
  }
  return text.length;
}

const FIXED: Readonly<Record<string, Token>> = {
  null: { token: 'null' },
  camelId: { token: 'camelId' },
  'file:name': { token: 'file', part: 'name' },
  'file:onlyname': { token: 'file', part: 'onlyname' },
  'exception.message': { token: 'exception', part: 'message' },
  'exception.getMessage()': { token: 'exception', part: 'message' },
  'exception.stacktrace': { token: 'exception', part: 'stacktrace' },
};

function parseToken(written: string): Token {
  const text = written.trim();
  const fixed = Object.hasOwn(FIXED, text) ? FIXED[text] : undefined;
  if (fixed !== undefined) return fixed;
  const body = /^(?:(?:in\.)?body|bodyAs\((?:java\.lang\.)?String\))(?=[.[]|$)/.exec(text);
  if (body !== null) {
    const { name, calls } = splitCalls(`body${text.slice(body[0].length)}`, written);
    if (name !== 'body') throw unknownToken(written);
    return { token: 'body', calls };
  }
  const named = /^(?:(?:in\.)?headers?|property|exchangeProperty)(?=[.[])/.exec(text)?.[0];
  if (named !== undefined) {
    const { name, calls } = splitName(text.slice(named.length), written);
    return { token: named.includes('header') ? 'header' : 'property', name, calls };
  }
  const date = /^(?:date:now|date-with-timezone:now:(?<zone>[^:]*)):(?<pattern>.+)$/s.exec(text);
  if (date?.groups !== undefined) {
    return {
      token: 'date',
      zone: readZone(date.groups['zone'] ?? 'UTC', written),
      pattern: readPattern(date.groups['pattern'] ?? '', written),
    };
  }
  throw unknownToken(written);
}

/** `.name`, `[name]` or `['name']`, then calls. */
function splitName(text: string, written: string): { name: string; calls: Call[] } {
  const bracketed = /^\[(?:'([^']+)'|([^\]']+))\](.*)$/s.exec(text);
  const name = bracketed?.[1] ?? bracketed?.[2];
  if (bracketed === null || name === undefined) {
    const split = splitCalls(text.slice(1), written);
    if (split.name === '' || split.name.includes('${')) throw unknownToken(written);
    return split;
  }
  const rest = splitCalls(bracketed[3] ?? '', written);
  if (rest.name !== '') throw unknownToken(written);
  return { name, calls: rest.calls };
}

const CALL =
  /(?:\.(toUpperCase|toLowerCase|trim|length)\(\)|\.substring\(\s*(\d{1,9})\s*(?:,\s*(\d{1,9})\s*)?\)|\[(\d{1,9})\])$/;

/** Names may hold dots and spaces: only what has the form of a call, from the end, is one. */
function splitCalls(text: string, written: string): { name: string; calls: Call[] } {
  const calls: Call[] = [];
  let name = text;
  for (let found = CALL.exec(name); found !== null; found = CALL.exec(name)) {
    const [all, method, from, to, index] = found;
    if (index !== undefined) calls.unshift({ call: 'index', index: Number(index) });
    else if (from !== undefined) {
      calls.unshift({
        call: 'substring',
        from: Number(from),
        to: to === undefined ? null : Number(to),
      });
    } else calls.unshift({ call: method as 'trim' });
    name = name.slice(0, -all.length);
  }
  if (name === 'body.length') return { name: 'body', calls: [{ call: 'length' }, ...calls] };
  if (/[()]/.test(name)) throw unknownToken(written);
  return { name, calls };
}

function readPattern(pattern: string, written: string): ReturnType<typeof parseDatePattern> {
  try {
    return parseDatePattern(pattern);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ExpressionFault(`the date format of ${shown(`\${${written}}`)} ${error.message}`);
  }
}

function readZone(zone: string, written: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ExpressionFault(`the time zone of ${shown(`\${${written}}`)} is unknown`);
  }
}

function unknownToken(written: string): ExpressionFault {
  return new ExpressionFault(`the expression ${shown(`\${${written}}`)} is not available yet`);
}

function shown(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
