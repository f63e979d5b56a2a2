import { closings, codeOf } from './code-of.ts';

/**
 * A script of Rhino's as QuickJS can run it, line by line where it was:
 * - `text.length()`, which a Java string has and a JavaScript one has not, asks for `length$`
 *   (`guest-strings`), column by column where it was too;
 * - `for each (var value in list)`, which is no ECMAScript, is a `for`-`of` over the values.
 */
export function rewrite(source: string): string {
  if (!/\.length\(|\bfor\s+each\b/.test(source)) return source;
  const code = codeOf(source);
  const edits = [...lengths(code), ...eachLoops(code)].sort((a, b) => a.at - b.at);
  const pieces: string[] = [];
  let done = 0;
  for (const { at, length, by } of edits) {
    pieces.push(source.slice(done, at), by);
    done = at + length;
  }
  return pieces.join('') + source.slice(done);
}

interface Edit {
  readonly at: number;
  readonly length: number;
  readonly by: string;
}

function* lengths(code: string): Iterable<Edit> {
  for (const found of code.matchAll(/(?<=\.length)\([ \t]*\)/g)) {
    yield { at: found.index, length: found[0].length, by: '$'.padEnd(found[0].length) };
  }
}

function* eachLoops(code: string): Iterable<Edit> {
  const loops = [...code.matchAll(/\bfor(\s+each)\s*\(\s*(?:(?:var|let|const)\s+)?[\w$]+\s+in\s/g)];
  if (loops.length === 0) return;
  const ends = closings(code, '(', ')');
  for (const { index, 0: all, 1: each = '' } of loops) {
    const end = ends.get(code.indexOf('(', index));
    if (end === undefined) continue;
    yield { at: index + 'for'.length, length: each.length, by: ' '.repeat(each.length) };
    yield { at: index + all.length - 'in '.length, length: 'in '.length, by: 'of each$(' };
    yield { at: end, length: 0, by: ')' };
  }
}
