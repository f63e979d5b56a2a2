import { parseSimple } from '../../expressions/parse-simple.ts';
import type { NodeModel, Row } from '../../model/flow-model.ts';
import { attempt } from '../attempt.ts';
import type { CompileContext } from '../compiler.ts';
import { compileDataType, compileSource } from '../row-values.compile.ts';
import type { VariableRow, WriteVariablesConfig } from './write-variables.ts';

const MAX_VARIABLES = 100;

/** Compiles Write Variables (SAP Help, Define Write Variables): its rows have their cells by position. */
export function compileWriteVariables(
  node: NodeModel,
  context: CompileContext,
): WriteVariablesConfig {
  const rows = node.tables.get('variable') ?? [];
  if (rows.length === 0) context.fault('writes no variable', { property: 'variable' });
  if (rows.length > MAX_VARIABLES) {
    context.fault(`writes ${rows.length} variables; it may write ${MAX_VARIABLES}`);
    return { variables: [] };
  }
  const variables = rows.map((row) => compileVariable(row, context));
  return { variables: variables.filter((one) => one !== undefined) };
}

function compileVariable(row: Row, context: CompileContext): VariableRow | undefined {
  const [name = '', dataType = '', from = '', value = '', scope = ''] = [
    '0',
    '1',
    '2',
    '3',
    '4',
  ].map((cell) => row.get(cell) ?? '');
  const what = `the variable ${JSON.stringify(name.slice(0, 100))}`;
  if (name.trim() === '') context.fault('writes a variable without name');
  if (!['local', 'global', ''].includes(scope)) {
    context.fault(`has the scope ${JSON.stringify(scope.slice(0, 100))} for ${what}`);
  }
  // A header or property is taken as it is, whatever the cell says: the editor shows none for them.
  const type =
    from === 'header' || from === 'property'
      ? 'any'
      : compileDataType(dataType, what, false, context);
  if (type === undefined) return undefined;
  const cells = new Map([
    ['Type', from],
    ['Value', value],
  ]);
  const source = compileSource(cells, type, what, context);
  const variable = attempt(context, `cannot set ${what}: `, () => parseSimple(name));
  if (source === undefined || variable === undefined) return undefined;
  return {
    name,
    source,
    type,
    fallback: '',
    variable,
    scope: scope === 'global' ? 'tenant' : 'iflow',
  };
}
