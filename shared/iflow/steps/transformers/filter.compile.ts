import { compileXPath } from '../../expressions/xpath-engine.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import { attempt } from '../attempt.ts';
import type { CompileContext } from '../compiler.ts';
import type { FilterConfig, ValueType } from './filter.ts';

const TYPES: Readonly<Record<string, ValueType>> = {
  string: 'text',
  integer: 'integer',
  boolean: 'boolean',
  node: 'node',
  nodelist: 'nodes',
};

export function compileFilter(node: NodeModel, context: CompileContext): FilterConfig | null {
  // SAP's key for the expression is that of the body in a Content Modifier.
  const source = node.properties.get('wrapContent') ?? '';
  const written = node.properties.get('xpathType') ?? '';
  const key = written.toLowerCase();
  const type = Object.hasOwn(TYPES, key) ? TYPES[key] : undefined;
  if (type === undefined) {
    context.fault(
      `has the value type ${JSON.stringify(written.slice(0, 100))}; it can be String, Integer, Boolean, Node or Nodelist`,
      { property: 'xpathType' },
    );
  }
  const compile = (): FilterConfig['xpath'] => compileXPath(source, context.namespaces);
  const xpath = attempt(context, 'cannot filter: ', compile, 'wrapContent');
  return xpath === undefined || type === undefined ? null : { xpath, type };
}
