import { ExpressionFault } from '../expressions/expression-fault.ts';
import type { CompileContext } from './compiler.ts';

/**
 * Compiles an expression; a fault in it is one of the step.
 * @param clause what comes before the fault's own words, such as `cannot set the header "a": `.
 * @param property the setting that holds the expression.
 */
export function attempt<T>(
  context: Pick<CompileContext, 'fault'>,
  clause: string,
  compile: () => T,
  property?: string,
): T | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    context.fault(`${clause}${error.message}`, {
      ...(error.capability === '' ? {} : { kind: 'missing', capability: error.capability }),
      ...(property === undefined ? {} : { property }),
    });
    return undefined;
  }
}
