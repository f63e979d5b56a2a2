import type { JsonToXmlSettings } from './convert/json-to-xml.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import { isNcName } from '../../xml/characters.ts';
import type { CompileContext } from '../compiler.ts';
import {
  compileNamespaces,
  compileSeparator,
  type JsonNamespace,
} from './json-namespaces.compile.ts';

/** SAP Help, Define JSON to XML Converter. */
export function compileJsonToXml(node: NodeModel, context: CompileContext): JsonToXmlSettings {
  const namespaces = compileNamespaces(node, context);
  const root = compileRoot(node, context, namespaces ?? []);
  const declared = [...(namespaces ?? []), ...(root?.namespace ?? [])];
  return {
    root: root?.tag ?? null,
    declarations: Object.fromEntries(declared.map(({ prefix, uri }) => [prefix, uri])),
    prefixes: namespaces?.map(({ prefix }) => prefix) ?? null,
    separator: compileSeparator(node, context),
  };
}

interface Root {
  readonly tag: string;
  /** One to be declared besides those of the mapping. */
  readonly namespace: readonly JsonNamespace[];
}

function compileRoot(
  { properties }: NodeModel,
  context: CompileContext,
  namespaces: readonly JsonNamespace[],
): Root | undefined {
  if (properties.get('addXMLRootElement') !== 'true') return undefined;
  const name = (properties.get('additionalRootElementName') ?? '').trim();
  if (!isNcName(name)) {
    context.fault(
      `adds the root element ${JSON.stringify(name.slice(0, 100))}, which is no XML name`,
      { property: 'additionalRootElementName' },
    );
  }
  const written = (properties.get('additionalRootElementNamespace') ?? '').trim();
  if (written === '') return { tag: name, namespace: [] };
  const [, givenPrefix, givenUri] = /^xmlns:([^=\s]+)\s*=\s*"?([^"]*)"?$/.exec(written) ?? [];
  const ofPrefix = Object.entries(context.namespaces).find(([prefix]) => prefix === written)?.[1];
  const uri = givenUri ?? ofPrefix ?? written;
  const known = namespaces.find((namespace) => namespace.uri === uri);
  if (known !== undefined) return { tag: `${known.prefix}:${name}`, namespace: [] };
  const ofFlow = Object.entries(context.namespaces).find(([, value]) => value === uri)?.[0];
  const prefix = givenPrefix ?? ofFlow ?? 'ns0';
  if (uri === '' || !isNcName(prefix) || namespaces.some((other) => other.prefix === prefix)) {
    context.fault(
      `adds a root element in the namespace ${JSON.stringify(written.slice(0, 100))}; write its URI, and map it to a JSON prefix of its own`,
      { property: 'additionalRootElementNamespace' },
    );
  }
  return { tag: `${prefix}:${name}`, namespace: [{ prefix, uri }] };
}
