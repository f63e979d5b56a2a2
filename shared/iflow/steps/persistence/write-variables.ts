import type { Value } from '../../exchange.ts';
import {
  asText,
  evaluate,
  type ExpressionContext,
  ExpressionFailure,
  type Template,
} from '../../expressions/simple.ts';
import { checkEntryId, messageIdOf } from './data-store-entry.ts';
import { expressionsOn, rethrow } from '../evaluating.ts';
import { type Rows, runRows, valueOf, type ValueRow, withoutBytes } from '../row-values.ts';
import type { Step } from '../step.ts';

export interface WriteVariablesConfig {
  readonly variables: readonly VariableRow[];
}

export interface VariableRow extends ValueRow {
  /** Its name, which may be an expression. */
  readonly variable: Template;
  readonly scope: 'iflow' | 'tenant';
}

interface Worked {
  readonly name: string;
  readonly value: Value;
  readonly scope: VariableRow['scope'];
}

/** Write Variables: keeps values for later messages. All are worked out before the first is written. */
export const writeVariables: Step = {
  async run(exchange, node, context) {
    const { variables } = node.config as WriteVariablesConfig;
    const expressions = expressionsOn(exchange, context);
    const rows = workOut(variables, expressions);
    const worked = await runRows(rows, variables, { expressions, node, context });
    const kept = await context.environment.services.variables();
    const messageId = messageIdOf(exchange);
    for (const { name } of worked) checkEntryId(name, 'variable');
    for (const { name, value, scope } of worked) {
      await kept.write({
        flowId: scope === 'iflow' ? context.flow.id : '',
        name,
        value,
        messageId,
      });
    }
    return undefined;
  },
};

function* workOut(rows: readonly VariableRow[], context: ExpressionContext): Rows<Worked[]> {
  try {
    const worked: Worked[] = [];
    for (const row of rows) {
      const name = asText(evaluate(row.variable, context));
      const value = withoutBytes(yield* valueOf(row, context));
      // Nothing would be left of what a later message counts on, such as when it ran last.
      if (value === null) {
        throw new ExpressionFailure(
          `The variable ${JSON.stringify(name.slice(0, 100))} is not written: its source has no value.`,
        );
      }
      worked.push({ name, value, scope: row.scope });
    }
    return worked;
  } catch (error) {
    rethrow(error);
  }
}
