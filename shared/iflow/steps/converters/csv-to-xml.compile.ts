import type { CsvToXmlSettings } from './convert/csv-to-xml.ts';
import { parseSimple } from '../../expressions/parse-simple.ts';
import type { Template } from '../../expressions/simple.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import { isNcName } from '../../xml/characters.ts';
import { escapeAttribute } from '../../xml/write-xml.ts';
import type { SchemaElement, SchemaElements } from '../../xsd/schema-elements.ts';
import { attempt } from '../attempt.ts';
import type { CompileContext } from '../compiler.ts';
import { compileFieldSeparator, compileSchema, isDynamic, withSchema } from './csv.compile.ts';
import type { CsvToXmlConfig } from './csv-to-xml.ts';
import { compilePath, type PathStep } from './element-path.compile.ts';

const CONVERTER = 'CSV to XML converter';
const PATH = 'XPath_Field_Location';
/** What a line of two characters can grow to is bounded by them. */
const MAX_FIELDS = 2000;
const MAX_NAME_CHARACTERS = 200;

/** SAP Help, Configure CSV to XML Converter. */
export function compileCsvToXml(node: NodeModel, context: CompileContext): CsvToXmlConfig | null {
  const separator = compileFieldSeparator(node, context);
  const header = compileHeader(node, context);
  const marker = compileMarker(node, context);
  const path = compileTargetPath(node, context);
  const schema = compileSchema(node, context, CONVERTER);
  if (path === undefined || schema === undefined || marker === undefined) return null;
  const target = withSchema(context, PATH, () => findTarget(path, schema, context));
  if (target === undefined) return null;
  return { marker, settings: { separator, header, ...writeTarget(target) } };
}

function compileHeader(
  { properties }: NodeModel,
  context: CompileContext,
): CsvToXmlSettings['header'] {
  if (properties.get('ignoreFirstLineAsHeader') !== 'true') return 'none';
  const matching = properties.get('headerMapping') ?? '';
  if (/xsd/i.test(matching)) return 'names';
  if (matching === '' || /csv/i.test(matching)) return 'ignored';
  context.fault(
    `matches headers by ${JSON.stringify(matching.slice(0, 100))}, which is not available yet`,
    { kind: 'missing', capability: `${CONVERTER} with other headers`, property: 'headerMapping' },
  );
  return 'none';
}

function compileMarker({ properties }: NodeModel, context: CompileContext): Template | undefined {
  const property = 'Record_Identifier_in_CSV';
  const marker = (properties.get(property) ?? '').trim();
  if (marker.startsWith('pd:')) {
    context.fault(
      'takes its record marker from the partner directory, which is not available yet',
      {
        kind: 'missing',
        capability: `${CONVERTER} with a record marker of the partner directory`,
      },
    );
    return undefined;
  }
  return attempt(context, 'cannot have that record marker: ', () => parseSimple(marker), property);
}

function compileTargetPath(
  { properties }: NodeModel,
  context: CompileContext,
): readonly PathStep[] | undefined {
  const written = properties.get(PATH) ?? '';
  if (isDynamic(written)) {
    context.fault(
      'takes the path to its target element from a header, a property or the partner directory, which is not available yet',
      { kind: 'missing', capability: `${CONVERTER} with a path by expression` },
    );
    return undefined;
  }
  const path = compilePath(written, PATH, context);
  if (path?.length !== 1) return path;
  context.fault(
    'has the root element as its target, of which a document has only one; name an element in it',
    {
      property: PATH,
    },
  );
  return undefined;
}

interface Target {
  /** From the root to the record. */
  readonly path: readonly SchemaElement[];
  readonly fields: readonly SchemaElement[];
}

function findTarget(
  steps: readonly PathStep[],
  schema: SchemaElements,
  context: CompileContext,
): Target | undefined {
  const path = schema.find(steps);
  const missing = steps[path.length];
  const target = path.at(-1);
  if (missing !== undefined || target === undefined) {
    context.fault(
      `has a path whose element ${JSON.stringify(missing?.localName)} the schema does not have`,
      { property: PATH },
    );
    return undefined;
  }
  const fields = schema.children(target);
  if (
    fields.length > MAX_FIELDS ||
    [...path, ...fields].some(({ name }) => name.length > MAX_NAME_CHARACTERS)
  ) {
    context.fault(
      `has a schema with more than ${MAX_FIELDS} fields, or with names of more than ${MAX_NAME_CHARACTERS} characters`,
      { property: 'XML_Schema_File_Path' },
    );
    return undefined;
  }
  const unwritable = fields.find(({ name }) => !isNcName(name));
  if (fields.length === 0) {
    context.fault('has a target whose element in the schema holds no other elements', {
      property: PATH,
    });
    return undefined;
  }
  if (unwritable !== undefined) {
    context.fault(
      `has a schema with the element ${JSON.stringify(unwritable.name.slice(0, 100))}, which is no XML name`,
      { property: 'XML_Schema_File_Path' },
    );
    return undefined;
  }
  return { path, fields };
}

/** One namespace for all is the default one; where they differ, each has a prefix of its own. */
function writeTarget({
  path,
  fields,
}: Target): Pick<CsvToXmlSettings, 'before' | 'after' | 'record' | 'fields'> {
  const namespaces = new Set([...path, ...fields].map(({ namespace }) => namespace));
  const prefixes = new Map(
    [...namespaces].filter((uri) => uri !== '').map((uri, i) => [uri, `ns${i}`]),
  );
  const isUniform = namespaces.size === 1;
  const tagOf = ({ name, namespace }: SchemaElement): string => {
    const prefix = prefixes.get(namespace);
    return isUniform || prefix === undefined ? name : `${prefix}:${name}`;
  };
  const declarations = [...prefixes].map(
    ([uri, prefix]) => ` xmlns${isUniform ? '' : `:${prefix}`}="${escapeAttribute(uri)}"`,
  );
  const tags = path.map(tagOf);
  const around = tags.slice(0, -1);
  return {
    before: around.map((tag, i) => `<${tag}${i === 0 ? declarations.join('') : ''}>`).join(''),
    after: around
      .toReversed()
      .map((tag) => `</${tag}>`)
      .join(''),
    record: tags.at(-1) ?? '',
    fields: fields.map((field) => ({ name: field.name, tag: tagOf(field) })),
  };
}
