import type { ElementName, XmlToCsvSettings } from './convert/xml-to-csv.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext } from '../compiler.ts';
import { compileFieldSeparator, compileSchema, withSchema } from './csv.compile.ts';
import { compilePath, type PathStep } from './element-path.compile.ts';

const PATH = 'XPath_Field_Location';
const MAX_HEADER_CHARACTERS = 1000;
const PARENT_PATH = 'Master_XPath_Field_Location';

/** SAP Help, Configure XML to CSV Converter. */
export function compileXmlToCsv(node: NodeModel, context: CompileContext): XmlToCsvSettings | null {
  const { properties } = node;
  const separator = compileFieldSeparator(node, context);
  const path = compilePath(properties.get(PATH) ?? '', PATH, context);
  if (path === undefined) return null;
  return {
    path: path.map(elementName),
    parentDepth: compileParent(node, path, context),
    separator,
    includeAttributes: properties.get('Include_Attribute') === 'true',
    headers: compileHeaders(node, path, context),
  };
}

/** Without prefix, an XPath names an element in no namespace. */
function elementName({ localName, namespace }: PathStep): ElementName {
  return { localName, namespace: namespace ?? '' };
}

function compileParent(
  { properties }: NodeModel,
  path: readonly PathStep[],
  context: CompileContext,
): number {
  if (properties.get('Include_Master') !== 'true') return 0;
  const parent = compilePath(properties.get(PARENT_PATH) ?? '', PARENT_PATH, context);
  if (parent === undefined) return 0;
  const isAbove =
    parent.length < path.length &&
    parent.every(
      ({ localName, namespace }, i) =>
        path[i]?.localName === localName && path[i].namespace === namespace,
    );
  if (!isAbove) {
    context.fault('includes a parent element that is not on the path to its source element', {
      property: PARENT_PATH,
    });
  }
  return parent.length;
}

/** `Include_Header` of step versions before 1.2, `CSV_Header` since then. */
function compileHeaders(
  node: NodeModel,
  path: readonly PathStep[],
  context: CompileContext,
): XmlToCsvSettings['headers'] {
  const kind = node.properties.get('CSV_Header') ?? '';
  if (kind === '') return node.properties.get('Include_Header') === 'true' ? {} : null;
  if (/^none$/i.test(kind)) return null;
  if (/^xml/i.test(kind)) return {};
  if (!/^xsd/i.test(kind)) {
    context.fault(
      `has the CSV header ${JSON.stringify(kind.slice(0, 100))}, which is not available yet`,
      {
        kind: 'missing',
        capability: 'XML to CSV converter with other headers',
        property: 'CSV_Header',
      },
    );
    return null;
  }
  const schema = compileSchema(node, context, 'XML to CSV converter');
  if (schema === undefined) return null;
  const fields = withSchema(context, PATH, () => {
    const found = schema.find(path.map(elementName));
    const record = found.length === path.length ? found.at(-1) : undefined;
    return record === undefined ? [] : schema.children(record);
  });
  if (fields?.length === 0) {
    context.fault(
      'has a path to a source element that the schema does not have, or that holds no elements',
      {
        property: PATH,
      },
    );
  }
  for (const { name, documentation } of fields ?? []) {
    if (documentation.length > MAX_HEADER_CHARACTERS) {
      context.fault(
        `has a schema that documents ${JSON.stringify(name.slice(0, 100))} with more than the ${MAX_HEADER_CHARACTERS} characters that a CSV header may have`,
        { property: 'XML_Schema_File_Path' },
      );
    }
  }
  return Object.fromEntries(
    (fields ?? [])
      .filter(({ documentation }) => documentation !== '')
      .map(({ name, documentation }) => [name, documentation]),
  );
}
