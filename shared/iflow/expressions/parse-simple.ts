import { ExpressionFault, shown } from './expression-fault.ts';
import { parseCalls } from './parse-calls.ts';
import { parseDate } from './parse-date.ts';
import type { Call, ExceptionPart, FilePart, Template, Token } from './simple.ts';

export { ExpressionFault } from './expression-fault.ts';

/**
 * Parses a Simple expression (Apache Camel): text with `${…}` tokens. `\n`, `\t`, `\r` and `\}` are
 * escapes in it, any other backslash is text.
 * @throws {ExpressionFault}
 */
export function parseSimple(text: string): Template {
  return parseTemplate(text, 0);
}

/** Where the token that begins at `from` ends, behind its brace; tokens may stand in tokens. */
export function tokenEnd(text: string, from: number): number {
  let open = 0;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('${', at)) {
      open += 1;
      at += 1;
    } else if (text[at] === '}') {
      open -= 1;
      if (open === 0) return at + 1;
    }
    if (at - from > MAX_TOKEN_CHARACTERS) {
      throw new ExpressionFault(`${shown(text.slice(from))} has a token that is too long`);
    }
  }
  throw new ExpressionFault(`${shown(text.slice(from))} is not closed with }`);
}

/** A name or date format longer than this is none. */
const MAX_TOKEN_CHARACTERS = 1000;
/** Tokens in the names of tokens. */
const MAX_DEPTH = 5;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '}': '}' };

function parseTemplate(text: string, depth: number): Template {
  const parts: (string | Token)[] = [];
  let literal = '';
  for (let at = 0; at < text.length;) {
    const next = nextSign(text, at);
    literal += text.slice(at, next);
    at = next;
    if (text[at] === '\\') {
      const escaped = ESCAPES[text.charAt(at + 1)];
      literal += escaped ?? '\\';
      at += escaped === undefined ? 1 : 2;
    } else if (text.startsWith('${', at)) {
      const end = tokenEnd(text, at);
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push(parseToken(text.slice(at + 2, end - 1), depth));
      at = end;
    } else if (at < text.length) {
      literal += text.charAt(at);
      at++;
    }
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

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
  id: { token: 'id' },
  exchangeId: { token: 'id' },
  exception: { token: 'exception', part: null },
};

const FILE_PARTS: Readonly<Record<string, FilePart>> = {
  name: 'name',
  'name.noext': 'name.noext',
  'name.ext': 'ext',
  onlyname: 'onlyname',
  'onlyname.noext': 'onlyname.noext',
  ext: 'ext',
};

const EXCEPTION_PARTS: Readonly<Record<string, ExceptionPart>> = {
  message: 'message',
  'getMessage()': 'message',
  stacktrace: 'stacktrace',
  'class.name': 'class',
  'getClass().getName()': 'class',
  statusCode: 'statusCode',
  'getStatusCode()': 'statusCode',
  statusText: 'statusText',
  'getStatusText()': 'statusText',
  responseBody: 'responseBody',
  'getResponseBody()': 'responseBody',
};

const BODY =
  /^(?:(?:in\.)?body|(?:mandatoryB|b)odyAs\((?:java\.lang\.)?String\)|in\.bodyAs\((?:java\.lang\.)?String\))(?=[.[]|$)/;
const NAMED = /^(?:(?:in\.)?headers?|property|exchangeProperty)(?=[.:[])/;
const HEADER_AS = /^headerAs\(\s*['"]?([^'",()]+)['"]?\s*,\s*(?:java\.lang\.)?String\s*\)$/;

function parseToken(written: string, depth: number): Token {
  const text = written.trim();
  const fixed = Object.hasOwn(FIXED, text) ? FIXED[text] : undefined;
  if (fixed !== undefined) return fixed;
  const [, kind = '', part = ''] = /^(file|exception)[:.](.*)$/s.exec(text) ?? [];
  if (kind === 'file' && Object.hasOwn(FILE_PARTS, part)) {
    return { token: 'file', part: FILE_PARTS[part] ?? 'name' };
  }
  if (kind === 'exception' && Object.hasOwn(EXCEPTION_PARTS, part)) {
    return { token: 'exception', part: EXCEPTION_PARTS[part] ?? null };
  }
  const body = BODY.exec(text);
  if (body !== null) return parseBody(text.slice(body[0].length), written);
  const named = NAMED.exec(text)?.[0];
  if (named !== undefined) {
    const token = named.includes('header') ? 'header' : 'property';
    return { token, ...parseName(text.slice(named.length), written, depth) };
  }
  if (/^(?:in\.)?headers$/.test(text)) return { token: 'headers', calls: [] };
  const headerAs = HEADER_AS.exec(text)?.[1]?.trim();
  if (headerAs !== undefined) {
    return {
      token: 'header',
      name: headerAs,
      calls: [{ call: 'method', method: 'toString', args: [] }],
    };
  }
  return parseDate(text) ?? unknownToken(written);
}

function parseBody(rest: string, written: string): Token {
  const parsed = parseCalls(`body${rest}`);
  if (parsed?.name === 'body') return { token: 'body', calls: parsed.calls };
  if (parsed?.name === 'body.length') {
    return { token: 'body', calls: [{ call: 'length' }, ...parsed.calls] };
  }
  return unknownToken(written);
}

interface Named {
  readonly name: string | Template;
  readonly calls: readonly Call[];
}

/** `.name`, `:name`, `[name]` or `['name']`, then calls. */
function parseName(text: string, written: string, depth: number): Named {
  if (text.includes('${')) return { name: parseNestedName(text, written, depth), calls: [] };
  const bracketed = /^\[(?:'([^']+)'|([^\]']+))\](.*)$/s.exec(text);
  const name = bracketed?.[1] ?? bracketed?.[2];
  const parsed = parseCalls(name === undefined ? text.slice(1) : (bracketed?.[3] ?? ''));
  if (parsed === undefined || (parsed.name === '') === (name === undefined)) {
    return unknownToken(written);
  }
  return { name: name ?? parsed.name, calls: parsed.calls };
}

function parseNestedName(text: string, written: string, depth: number): Template {
  if (depth >= MAX_DEPTH) {
    throw new ExpressionFault(
      `${shown(`\${${written}}`)} has more than ${MAX_DEPTH} tokens in each other`,
    );
  }
  const bracketed = /^\[(.*)\]$/s.exec(text)?.[1];
  if (bracketed === undefined && text.startsWith('[')) return unknownToken(written);
  const name = parseTemplate(bracketed ?? text.slice(1), depth + 1);
  // Calls on what has such a name, or with an expression in them, are not there.
  const hasCall = name.some((part) => typeof part === 'string' && /[()]/.test(part));
  return hasCall ? unknownToken(written) : name;
}

function unknownToken(written: string): never {
  const token = shown(`\${${written}}`);
  throw new ExpressionFault(
    `the expression ${token} is not available yet`,
    `expression ${/^[\w-]+/.exec(written.trim())?.[0] ?? ''}`,
  );
}
