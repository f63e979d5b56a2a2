import { isJsonCharset } from './convert/charset.ts';
import type { XmlToJsonSettings } from './convert/xml-to-json.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext } from '../compiler.ts';
import { compileNamespaces, compileSeparator } from './json-namespaces.compile.ts';
import type { XmlToJsonConfig } from './xml-to-json.ts';

const MAX_PATHS = 1000;

/** SAP Help, Define XML to JSON Converter. */
export function compileXmlToJson(node: NodeModel, context: CompileContext): XmlToJsonConfig {
  const { properties } = node;
  const namespaces = compileNamespaces(node, context);
  const separator = compileSeparator(node, context);
  const arrays = compileArrays(node, context, separator);
  const property = 'jsonOutputEncoding';
  const charset = (properties.get(property) ?? '').trim();
  if (charset !== '' && !isJsonCharset(charset)) {
    context.fault(
      `writes JSON in the encoding ${JSON.stringify(charset.slice(0, 100))}, which is not available yet`,
      { kind: 'missing', capability: 'XML to JSON converter in other encodings', property },
    );
  }
  return {
    charset,
    settings: {
      prefixes:
        namespaces === null
          ? null
          : Object.fromEntries(namespaces.map(({ prefix, uri }) => [uri, prefix])),
      separator,
      suppressRoot: properties.get('xmlJsonSuppressRootElement') === 'true',
      ...(arrays === undefined ? {} : { arrays }),
    },
  };
}

/** The elements that streaming makes arrays of, by their paths. */
function compileArrays(
  { properties, tables }: NodeModel,
  context: CompileContext,
  separator: string,
): XmlToJsonSettings['arrays'] {
  if (properties.get('xmlJsonUseStreaming') !== 'true') return undefined;
  const which = properties.get('xmlJsonConvertAllElements') ?? '';
  if (which === 'all') return 'all';
  if (which !== 'specific' && which !== '') {
    context.fault(
      `makes arrays of ${JSON.stringify(which.slice(0, 100))}; it can be all elements or specific ones`,
      { property: 'xmlJsonConvertAllElements' },
    );
  }
  const property = 'xmlJsonPathTable';
  const paths = (tables.get(property) ?? [])
    .map((row) => (row.values().next().value ?? '').trim())
    .filter((path) => path !== '');
  if (paths.length > MAX_PATHS) {
    context.fault(`names ${paths.length} elements as arrays; it may name ${MAX_PATHS}`, {
      property,
    });
    return [];
  }
  return paths.map((path) => {
    const names = path.replace(/^\//, '').split('/');
    if (names.some((name) => name.trim() === '')) {
      context.fault(
        `names ${JSON.stringify(path.slice(0, 100))} as an array; write the path of an element, such as /root/item`,
        { property },
      );
    }
    // A prefix may be written with a colon, whichever separator the JSON has.
    return names.map((name) => name.trim().replace(':', separator)).join('/');
  });
}
