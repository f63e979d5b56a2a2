import { parseCondition, patternsOf } from '../expressions/parse-condition.ts';
import { compilePattern } from '../expressions/pattern.ts';
import { compileXPath } from '../expressions/xpath-engine.ts';
import { attempt } from './attempt.ts';
import type { CompileContext } from './compiler.ts';
import type { ConditionConfig } from './decide.ts';

/**
 * Compiles a condition of a route or a loop.
 * @param what names it in faults, such as `the condition of the route "Route 1"`.
 */
export function compileCondition(
  text: string,
  type: 'XML' | 'NonXML',
  what: string,
  context: CompileContext,
): ConditionConfig | undefined {
  return attempt(context, `cannot read ${what}: `, () => {
    if (type === 'XML') return { xpath: compileXPath(text, context.namespaces) };
    const condition = parseCondition(text);
    for (const pattern of patternsOf(condition)) compilePattern(pattern);
    return { condition };
  });
}
