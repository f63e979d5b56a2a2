import { parseSimple } from './parse-simple.ts';
import type { Binding, XPathExpression } from './xpath.ts';

const NAME = '[\\p{L}_][\\p{L}\\p{N}_.-]*';
const QUOTED = `"[^"]*"|'[^']*'`;
/** `function:simple('${…}')` and `in:header('name')` (Camel, XPath; SAP Help, Filter: Examples). */
const FUNCTION = new RegExp(
  `\\b(function:simple|in:header)\\(\\s*(${QUOTED})\\s*\\)|(?:${QUOTED})`,
  'gu',
);
const PIECE = new RegExp(`(${QUOTED})|[^"']+|["']`, 'gu');
const BEHIND_SIGN = new RegExp(`(?<![<>=!])([<>]=?)(?![<>])(\\s*)\\$(${NAME})`, 'gu');
const BEFORE_SIGN = new RegExp(`\\$(${NAME})(\\s*)(?=[<>](?![<>]))`, 'gu');

/**
 * Takes out of an XPath what it does not have of itself. Camel's functions become variables, and so do
 * the variables that are compared by order: a header or property is mostly a text, and `Price < $max`
 * is meant to compare numbers (SAP Help, Access Header and Properties in XPath).
 * @throws {ExpressionFault}
 */
export function parseXPath(written: string): XPathExpression {
  const bound: Record<string, Binding> = {};
  const nameFor = (kind: string): string => {
    let name = `${kind}${Object.keys(bound).length + 1}`;
    while (written.includes(name)) name = `_${name}`;
    return name;
  };
  const withoutFunctions = written.replace(FUNCTION, (all, kind?: string, quoted: string = '') => {
    if (kind === undefined) return all;
    const name = nameFor('simple');
    const text = quoted.slice(1, -1);
    bound[name] = {
      template:
        kind === 'in:header' ? [{ token: 'header', name: text, calls: [] }] : parseSimple(text),
    };
    return `$${name}`;
  });
  const ordered = (of: string): string => {
    if (Object.hasOwn(bound, of)) return `$${of}`;
    const name = nameFor('ordered');
    bound[name] = { ordered: of };
    return `$${name}`;
  };
  const source = withoutFunctions.replace(PIECE, (piece, quoted?: string) =>
    quoted === undefined
      ? piece
          .replace(
            BEHIND_SIGN,
            (_, sign: string, space: string, of: string) => sign + space + ordered(of),
          )
          .replace(BEFORE_SIGN, (_, of: string, space: string) => ordered(of) + space)
      : piece,
  );
  const code = source.replace(new RegExp(QUOTED, 'gu'), "''");
  const used = [...code.matchAll(new RegExp(`\\$(${NAME})`, 'gu'))].map((match) => match[1] ?? '');
  const variables = [...new Set(used)].filter((name) => !Object.hasOwn(bound, name));
  return { source, variables, ...(Object.keys(bound).length === 0 ? {} : { bound }) };
}
