import { RE2JS, RE2JSException } from 're2js';
import { ExpressionFault, shown } from './expression-fault.ts';

const MAX_CHARACTERS = 1000;
/** Instructions that the pattern is compiled to: each may be tried at each character. */
const MAX_PROGRAM = 1000;

/**
 * A pattern in Java's notation that takes time linear in the text. What would not (references back,
 * looking around, possessive and atomic groups) is refused.
 * @returns whether the whole of a text matches.
 * @throws {ExpressionFault}
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const refused = (why: string): ExpressionFault =>
    new ExpressionFault(`the pattern ${shown(pattern)} ${why}`, 'pattern of this form');
  if (pattern.length > MAX_CHARACTERS) throw refused(`has more than ${MAX_CHARACTERS} characters`);
  if (/\[[^\]]*&&/.test(pattern)) throw refused('has && in a class, which is not available yet');
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw refused('is not well-formed, or has what cannot be matched in linear time');
  }
  if (compiled.programSize() > MAX_PROGRAM) throw refused('repeats too much');
  return (text) => compiled.matches(text);
}
