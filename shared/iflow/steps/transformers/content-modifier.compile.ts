import { parseSimple } from '../../expressions/parse-simple.ts';
import type { NodeModel, Properties, Row } from '../../model/flow-model.ts';
import { attempt } from '../attempt.ts';
import type { CompileContext } from '../compiler.ts';
import type { ContentModifierConfig, RowConfig } from './content-modifier.ts';
import { compileDataType, compileSource } from '../row-values.compile.ts';

/** SAP's largest published Content Modifier has some 60; each is worked out on the event loop. */
const MAX_ROWS = 500;

/** Compiles a Content Modifier, from its tables or from the `property_N` and `HEADER_N` of old. */
export function compileContentModifier(
  node: NodeModel,
  context: CompileContext,
): ContentModifierConfig {
  const compileRows = (key: string, oldKey: RegExp, kind: string): RowConfig[] => {
    const rows = [...(node.tables.get(key) ?? []), ...oldRows(node.properties, oldKey)];
    if (rows.length > MAX_ROWS) {
      context.fault(`has ${rows.length} ${kind} rows; it may have ${MAX_ROWS}`);
      return [];
    }
    return rows.map((row) => compileRow(row, kind, context)).filter((row) => row !== undefined);
  };
  const body = compileBody(node.properties, context);
  return {
    headers: compileRows('headerTable', /^header_(\d+)$/i, 'header'),
    properties: compileRows('propertyTable', /^property_(\d+)$/i, 'property'),
    ...(body === undefined ? {} : { body }),
  };
}

/** SAP's editor leaves an empty body tab where the body is to stay as it is. */
function compileBody(
  properties: Properties,
  context: CompileContext,
): ContentModifierConfig['body'] {
  const content = properties.get('wrapContent') ?? '';
  const type = properties.get('bodyType') ?? '';
  if (content === '') return undefined;
  if (type === 'constant') return content;
  // Exports from before there was a choice have no bodyType, and hold expressions.
  if (type === 'expression' || type === '') {
    const template = attempt(context, 'cannot set the body: ', () => parseSimple(content));
    return template === undefined ? undefined : { template };
  }
  context.fault(
    `has the body type ${JSON.stringify(type.slice(0, 100))}, which is not available yet`,
    { kind: 'missing', capability: `step Enricher with the body type ${type.slice(0, 100)}` },
  );
  return undefined;
}

/** `Name:=:x:;Type:=:constant:;Datatype:=::;Value:=:y:;Default:=:`, numbered. */
function oldRows(properties: Properties, key: RegExp): Row[] {
  return [...properties]
    .map(([name, value]) => ({ number: key.exec(name)?.[1], value }))
    .filter((row) => row.number !== undefined)
    .sort((a, b) => Number(a.number) - Number(b.number))
    .map(({ value }) => {
      const cells = value.split(':;').map((cell): [string, string] => {
        const [id = '', ...rest] = cell.split(':=:');
        return [id, rest.join(':=:')];
      });
      return new Map(cells);
    });
}

function compileRow(row: Row, kind: string, context: CompileContext): RowConfig | undefined {
  const action = row.get('Action') ?? 'Create';
  const name = row.get('Name') ?? '';
  if (action === 'Delete') return compileDelete(name, kind, context);
  const what = `the ${kind} ${JSON.stringify(name.slice(0, 100))}`;
  if (action !== 'Create') {
    context.fault(
      `has the action ${JSON.stringify(action.slice(0, 100))} for ${what}, which is not available yet`,
      { kind: 'missing', capability: `step Enricher with the action ${action.slice(0, 100)}` },
    );
    return undefined;
  }
  if (name === '') {
    context.fault(`has a ${kind} without name`);
    return undefined;
  }
  const type = compileDataType(row.get('Datatype') ?? '', what, kind === 'property', context);
  if (type === undefined) return undefined;
  const source = compileSource(row, type, what, context);
  if (source === undefined) return undefined;
  return { action: 'create', name, source, type, fallback: row.get('Default') ?? '' };
}

/** `Name`, `$name=Name`, or `$include=Pattern,$exclude=Pattern`. */
function compileDelete(
  written: string,
  kind: string,
  context: CompileContext,
): RowConfig | undefined {
  const patterns = /^\$include=(.*?)(?:,\$exclude=(.*))?$/s.exec(written);
  if (patterns === null) {
    const name = written.replace(/^\$name=/, '');
    if (name !== '' && !name.includes('*')) {
      return { action: 'delete', include: [name], exclude: [] };
    }
  }
  const include = patterns?.[1] ?? '';
  const exclude = patterns?.[2] ?? '';
  if (patterns === null || include === '' || /[()[\]{}|\\^+?]/.test(include + exclude)) {
    context.fault(
      `deletes each ${kind} by the pattern ${JSON.stringify(written.slice(0, 100))}; only names and * are available`,
      { kind: 'missing', capability: 'step Enricher that deletes by a pattern' },
    );
    return undefined;
  }
  return { action: 'delete', include: [include], exclude: exclude === '' ? [] : [exclude] };
}
