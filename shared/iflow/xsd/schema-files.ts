import { posix } from 'node:path';
import { BundleFault } from '../bundle/fault.ts';
import { decodeXml } from '../xml/decode-xml.ts';
import type { XmlElement } from '../xml/nodes.ts';
import { readXml, XmlError } from '../xml/read-xml.ts';
import { SchemaFault, XSD_NAMESPACE } from './schema-fault.ts';

const FOLDER = 'src/main/resources/';
const MAX_BYTES = 2 * 1024 * 1024;
const LIMITS = { maxCharacters: MAX_BYTES, maxDepth: 200, maxNodes: 100_000 };
const MAX_FILES = 50;

export interface SchemaFile {
  readonly root: XmlElement;
  /** Of what it defines; its own, or that of the schema which includes it. */
  readonly targetNamespace: string;
}

/** Reads a file of the bundle by its path; undefined when it has none. */
export type ReadFile = (path: string, maxBytes: number) => Uint8Array | undefined;

/**
 * Reads a schema of the bundle and those that it includes or imports, by their paths in the bundle.
 * Nothing outside the bundle is read: an import without a file there adds nothing.
 * @param path as a step names it, such as `/xsd/Order.xsd`.
 * @throws {SchemaFault}
 */
export function readSchemaFiles(path: string, read: ReadFile): SchemaFile[] {
  const files = new Map<string, SchemaFile>();
  const first = FOLDER + path.replace(/^\/?(?:src\/main\/resources\/)?/, '');
  const waiting = [{ path: first, namespace: undefined as string | undefined }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const key = `${next.namespace ?? ''} ${next.path}`;
    if (files.has(key)) continue;
    if (files.size >= MAX_FILES) {
      throw new SchemaFault(
        `names the schema ${shown(path)}, which has more than ${MAX_FILES} files`,
      );
    }
    const root = readSchema(next.path, read);
    if (root === undefined) {
      if (next.path !== first) continue;
      throw new SchemaFault(
        `names the schema ${shown(path)}, which the bundle does not have`,
        true,
      );
    }
    const targetNamespace = root.attribute('targetNamespace') || (next.namespace ?? '');
    files.set(key, { root, targetNamespace });
    for (const child of root.elements(undefined, XSD_NAMESPACE)) {
      const isInclude = child.localName === 'include' || child.localName === 'redefine';
      const location = child.attribute('schemaLocation');
      if ((!isInclude && child.localName !== 'import') || location === '') continue;
      waiting.push({
        path: posix.join(posix.dirname(next.path), location),
        namespace: isInclude ? targetNamespace : undefined,
      });
    }
  }
  return [...files.values()];
}

function readSchema(path: string, read: ReadFile): XmlElement | undefined {
  try {
    const bytes = read(path, MAX_BYTES);
    if (bytes === undefined) return undefined;
    const root = readXml(decodeXml(bytes, MAX_BYTES), LIMITS).documentElement;
    if (root.localName === 'schema' && root.namespaceURI === XSD_NAMESPACE) return root;
    throw new SchemaFault(`names ${shown(path)}, which is no XML schema`);
  } catch (error) {
    if (error instanceof XmlError) {
      throw new SchemaFault(`names the schema ${shown(path)}, which is no XML: ${error.message}`);
    }
    if (!(error instanceof BundleFault)) throw error;
    throw new SchemaFault(
      `names the schema ${shown(path)}, which cannot be read or has more than ${MAX_BYTES} bytes`,
    );
  }
}

function shown(path: string): string {
  return JSON.stringify(path.slice(0, 200));
}
