import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext } from '../compiler.ts';

export interface JsonNamespace {
  readonly prefix: string;
  readonly uri: string;
}

const MAX_ROWS = 200;
const SEPARATORS = [':', ',', '.', '|', ';', ' '];
const PREFIX = /^[A-Za-z][A-Za-z0-9]{0,99}$/;

/**
 * The table Namespace Mapping of the JSON converters; null while Use Namespace Mapping is off. Rows
 * without ids hold the namespace first, unless only the first cell can be a JSON prefix.
 */
export function compileNamespaces(
  node: NodeModel,
  context: CompileContext,
): readonly JsonNamespace[] | null {
  if (node.properties.get('useNamespaces') !== 'true') return null;
  const property = 'jsonNamespaceMapping';
  const rows = node.tables.get(property) ?? [];
  if (rows.length > MAX_ROWS) {
    context.fault(`has ${rows.length} namespace mappings; it may have ${MAX_ROWS}`, { property });
    return [];
  }
  const namespaces = rows.map((row): JsonNamespace => {
    const [first = '', second = ''] = [...row.values()].map((cell) => cell.trim());
    return PREFIX.test(second) || !PREFIX.test(first)
      ? { prefix: second, uri: first }
      : { prefix: first, uri: second };
  });
  const seen = new Set<string>();
  for (const { prefix, uri } of namespaces) {
    const shown = JSON.stringify(prefix.slice(0, 100));
    if (!PREFIX.test(prefix) || /^xml/i.test(prefix) || uri === '') {
      context.fault(
        `maps a namespace to the JSON prefix ${shown}; it needs both, and a prefix of at most 100 letters and digits that begins with a letter, and not with xml`,
        { property },
      );
    } else if (seen.has(prefix)) {
      context.fault(`maps the JSON prefix ${shown} twice`, { property });
    }
    seen.add(prefix);
  }
  return namespaces;
}

export function compileSeparator({ properties }: NodeModel, context: CompileContext): string {
  const property = 'jsonNamespaceSeparator';
  const separator = properties.get(property) ?? '';
  if (separator === '') return ':';
  if (!SEPARATORS.includes(separator)) {
    context.fault(
      `has the JSON prefix separator ${JSON.stringify(separator.slice(0, 100))}; it can be a colon, comma, dot, pipe, semicolon or space`,
      { property },
    );
  }
  return separator;
}
