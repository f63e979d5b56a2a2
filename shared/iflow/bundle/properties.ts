/**
 * Reads a file in the format of java.util.Properties: comments, escapes, `\uXXXX`, continuation
 * lines, separators `=`, `:` and white space. A key that comes again replaces the earlier value.
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const end = keyEnd(line);
    const value = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
    properties.set(unescape(line.slice(0, end)), unescape(value));
  }
  return properties;
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

function* logicalLines(text: string): Generator<string> {
  let held: string[] = [];
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (held.length === 0 && (line === '' || line.startsWith('#') || line.startsWith('!'))) {
      continue;
    }
    if (trailingBackslashes(line) % 2 === 1) {
      held.push(line.slice(0, -1));
      continue;
    }
    yield held.join('') + line;
    held = [];
  }
  if (held.length > 0) yield held.join('');
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
