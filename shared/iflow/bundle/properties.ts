/**
 * Reads a file in the format of java.util.Properties: comments, escapes, `\uXXXX`, continuation
 * lines, separators `=`, `:` and white space. A key that comes again replaces the earlier value.
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const { line } of logicalLines(text)) properties.set(...readLine(line));
  return properties;
}

/**
 * The text with other values for some of its keys; every other character stays. Keys that are not
 * there are added at the end.
 */
export function replaceProperties(text: string, values: ReadonlyMap<string, string>): string {
  const missing = new Map(values);
  let changed = '';
  let at = 0;
  for (const { line, start, end } of logicalLines(text)) {
    const [key, value] = readLine(line);
    const wanted = values.get(key);
    if (wanted === undefined) continue;
    missing.delete(key);
    if (wanted === value) continue;
    changed += text.slice(at, start) + propertyLine(key, wanted);
    at = end;
  }
  changed += text.slice(at);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  if (missing.size > 0 && changed !== '') {
    if (!/[\r\n]$/.test(changed)) changed += eol;
    // A last line that wants to be continued would take the next one in.
    if (/\\[\r\n]*$/.test(changed)) changed += eol;
  }
  for (const [key, value] of missing) changed += propertyLine(key, value) + eol;
  return changed;
}

/** `key=value` as java.util.Properties stores it: ISO-8859-1, with everything else escaped. */
export function propertyLine(key: string, value: string): string {
  return `${escapeProperty(key)}=${escapeProperty(value)}`;
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

export function escapeProperty(text: string): string {
  return text
    .replace(/[\\ :=#!]/g, '\\$&')
    .replace(
      /[^ -~]/g,
      (unit) => NAMED[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}

function readLine(line: string): [key: string, value: string] {
  const end = keyEnd(line);
  const value = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
  return [unescape(line.slice(0, end)), unescape(value)];
}

/**
 * The text of a properties file: UTF-8 where it is valid UTF-8, else ISO-8859-1, which is what Java
 * writes (all else as `\uXXXX`).
 */
export function decodeProperties(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  }
}

interface LogicalLine {
  readonly line: string;
  /** Where it begins and ends in the text, without its last line break. */
  readonly start: number;
  readonly end: number;
}

function* logicalLines(text: string): Generator<LogicalLine> {
  const breaks = /\r\n|\r|\n|$/g;
  let held: string[] = [];
  let start = 0;
  for (let at = 0; at <= text.length;) {
    breaks.lastIndex = at;
    const found = breaks.exec(text);
    const end = found?.index ?? text.length;
    const line = text.slice(at, end).replace(/^[ \t\f]+/, '');
    if (held.length === 0) start = at;
    at = end + Math.max(found?.[0].length ?? 0, 1);
    if (held.length === 0 && (line === '' || line.startsWith('#') || line.startsWith('!'))) {
      continue;
    }
    if (trailingBackslashes(line) % 2 === 1) {
      held.push(line.slice(0, -1));
      if (at <= text.length) continue;
      yield { line: held.join(''), start, end };
      return;
    }
    yield { line: held.join('') + line, start, end };
    held = [];
  }
}

function trailingBackslashes(line: string): number {
  let count = 0;
  while (line.charAt(line.length - 1 - count) === '\\') count++;
  return count;
}

function keyEnd(line: string): number {
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (c === '\\') i++;
    else if ('=: \t\f'.includes(c)) return i;
  }
  return line.length;
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|(.?))/gs, (_, hex?: string, plain = '') =>
    hex === undefined
      ? (ESCAPES[plain as string] ?? (plain as string))
      : String.fromCharCode(parseInt(hex, 16)),
  );
}
