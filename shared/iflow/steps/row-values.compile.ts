import { parseSimple } from '../expressions/parse-simple.ts';
import { compileXPath } from '../expressions/xpath-engine.ts';
import type { Row } from '../model/flow-model.ts';
import { attempt } from './attempt.ts';
import type { CompileContext } from './compiler.ts';
import { convertText, type DataType, type SourceConfig } from './row-values.ts';

/**
 * Compiles where a row's value comes from.
 * @param row with the cells `Type` and `Value`
 * @param what the row sets, for faults; such as `the header "x"`
 */
export function compileSource(
  row: Row,
  type: DataType,
  what: string,
  context: CompileContext,
): SourceConfig | undefined {
  const value = row.get('Value') ?? '';
  const from = row.get('Type') ?? '';
  switch (from) {
    case 'constant':
    // Its `{{name}}` has been replaced when the flow was read.
    case 'external parameter': {
      // Its bytes are made of it at run time.
      const constant = type === 'bytes' ? value : convertText(value, type);
      if (constant !== undefined) return { from: 'constant', value: constant };
      context.fault(
        `cannot set ${what}: ${JSON.stringify(value.slice(0, 100))} is not of the data type ${type}`,
      );
      return undefined;
    }
    case 'expression': {
      const template = attempt(context, `cannot set ${what}: `, () => parseSimple(value));
      return template === undefined ? undefined : { from, template };
    }
    case 'header':
    case 'property':
      return { from, name: value };
    case 'xpath': {
      const xpath = attempt(context, `cannot set ${what}: `, () =>
        compileXPath(value, context.namespaces),
      );
      return xpath === undefined ? undefined : { from, xpath };
    }
    case 'persisted variables':
    case 'global persisted variables': {
      const name = attempt(context, `cannot set ${what}: `, () => parseSimple(value));
      if (value === '') context.fault(`names no variable for ${what}`);
      const scope = from === 'persisted variables' ? 'iflow' : 'tenant';
      return name === undefined ? undefined : { from: 'variable', name, scope };
    }
    case 'numberRange':
      return compileNumberRange(value, what, context);
    default:
      context.fault(
        `takes the value of ${what} from ${JSON.stringify(from.slice(0, 100))}, which is not available yet`,
        { kind: 'missing', capability: `value from ${from.slice(0, 100)}` },
      );
      return undefined;
  }
}

/** `Name`; SAP Help, Define Content Modifier has `Name:<correlation id>` for a number drawn before. */
function compileNumberRange(
  value: string,
  what: string,
  context: CompileContext,
): SourceConfig | undefined {
  if (value === '') context.fault(`names no number range for ${what}`);
  if (/:(?![^{]*\})/.test(value)) {
    context.fault(
      `takes the number of ${what} by a correlation id (${JSON.stringify(value.slice(0, 100))}), which is not available yet`,
      { kind: 'missing', capability: 'number range with correlation id' },
    );
  }
  const name = attempt(context, `cannot set ${what}: `, () => parseSimple(value));
  return name === undefined ? undefined : { from: 'numberRange', name };
}

const DATA_TYPES: Readonly<Record<string, DataType>> = {
  '': 'any',
  object: 'any',
  string: 'text',
  integer: 'integer',
  short: 'integer',
  byte: 'integer',
  long: 'long',
  double: 'decimal',
  float: 'decimal',
  boolean: 'boolean',
  node: 'node',
  element: 'node',
  document: 'node',
  nodelist: 'nodes',
  'byte[]': 'bytes',
};

/**
 * By the class's simple name: published flows spell packages and cases in several ways.
 * @param holdsBytes whether what the row sets may be bytes
 * @returns undefined with a fault.
 */
export function compileDataType(
  written: string,
  what: string,
  holdsBytes: boolean,
  context: CompileContext,
): DataType | undefined {
  const name = written.trim().split('.').at(-1)?.toLowerCase() ?? '';
  const type = Object.hasOwn(DATA_TYPES, name) ? DATA_TYPES[name] : undefined;
  if (type !== undefined && (type !== 'bytes' || holdsBytes)) return type;
  const shown = written.slice(0, 100);
  context.fault(
    `has the data type ${JSON.stringify(shown)} for ${what}, which is not available yet`,
    { kind: 'missing', capability: `data type ${shown}` },
  );
  return undefined;
}
