import { BundleFault, decodeUtf8 } from '../../bundle/bundle.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import { checkSchema, compileSchema, type SchemaFiles } from '../../xsd/schema.ts';
import { SchemaFault } from '../../xsd/schema-fault.ts';
import type { CompileContext } from '../compiler.ts';
import type { XmlValidatorConfig } from './xml-validator.ts';

const FOLDER = 'src/main/resources/';
const SCHEMAS = `${FOLDER}xsd/`;
const MAX_FILES = 200;
const MAX_FILE_BYTES = 8 * 1024 * 1024;
/** Workers compile it anew, and are given up after twice that time. */
const MAX_COMPILE_MS = 5000;

/**
 * Compiles a validator: the schema is in the bundle with all that it includes, or a header names one
 * of the bundle's (SAP Help, Validating Message Payload against XML Schema).
 */
export function compileXmlValidator(
  node: NodeModel,
  context: CompileContext,
): XmlValidatorConfig | null {
  const { properties } = node;
  const preventException = properties.get('preventException') === 'true';
  const written = (properties.get('xsd') ?? '').trim();
  // Older exports have the header as an expression in the place of the file.
  const header =
    properties.get('xmlSchemaSource') === 'header'
      ? (properties.get('headerSource') ?? '').trim()
      : /^\$\{header\.([^}]+)\}$/.exec(written)?.[1];
  const files = readSchemas(context);
  if (files === undefined) return null;
  if (header !== undefined) {
    if (header === '') context.fault('names no header that names its XML schema');
    const byName: Record<string, string> = {};
    for (const path of Object.keys(files)) {
      const key = addSchema(path, files, context);
      if (key !== undefined) byName[path.slice(SCHEMAS.length)] = key;
    }
    return { schema: { header }, byName, preventException };
  }
  const path = FOLDER + written.replace(/^.*?(?=\/?xsd\/)/, '').replace(/^\//, '');
  const about = { property: 'xsd' };
  if (written === '') {
    context.fault('names no XML schema', about);
    return null;
  }
  if (files[path] === undefined) {
    const shown = JSON.stringify(written.slice(0, 200));
    context.fault(`names the XML schema ${shown}, which the bundle does not have`, {
      kind: 'reference',
    });
    return null;
  }
  const resource = addSchema(path, files, context);
  return resource === undefined ? null : { schema: { resource }, byName: {}, preventException };
}

function readSchemas({ bundle, fault }: CompileContext): SchemaFiles['files'] | undefined {
  const paths = bundle.paths.filter((path) => path.startsWith(SCHEMAS) && /\.xsd$/i.test(path));
  if (paths.length > MAX_FILES) {
    fault(`has ${paths.length} schema files beside it; a bundle may have ${MAX_FILES}`);
    return undefined;
  }
  try {
    return Object.fromEntries(
      paths.map((path) => [
        path,
        decodeUtf8(bundle.read(path, MAX_FILE_BYTES) ?? new Uint8Array(), path),
      ]),
    );
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    for (const text of error.faults) fault(`cannot use the schemas of the bundle. ${text}`);
    return undefined;
  }
}

/** @returns the key of the resource; undefined with a fault. */
function addSchema(
  path: string,
  files: SchemaFiles['files'],
  context: CompileContext,
): string | undefined {
  if (context.hasResource(path)) return path;
  const schema: SchemaFiles = { main: path, files: withIncluded(path, files) };
  try {
    checkSchema(schema);
    const begun = performance.now();
    compileSchema(schema).dispose();
    if (performance.now() - begun > MAX_COMPILE_MS)
      throw new SchemaFault('it takes too long to compile');
  } catch (error) {
    if (!(error instanceof SchemaFault)) throw error;
    context.fault(`cannot use the XML schema ${path.slice(FOLDER.length)}: ${error.message}`);
    return undefined;
  }
  context.addResource(path, JSON.stringify(schema));
  return path;
}

/** The file and those that it includes, imports or redefines, however far. */
function withIncluded(main: string, files: SchemaFiles['files']): SchemaFiles['files'] {
  const found = new Map<string, string>();
  const open = [main];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const text = files[path];
    if (text === undefined || found.has(path)) continue;
    found.set(path, text);
    for (const [, location = ''] of text.matchAll(LOCATION)) {
      const other = pathOf(location, path);
      if (other !== undefined) open.push(other);
    }
  }
  return Object.fromEntries(found);
}

const LOCATION = /schemaLocation\s*=\s*["']([^"']{1,500})["']/g;

/** The path in the bundle that a location in a file of it means; undefined for one outside. */
function pathOf(location: string, from: string): string | undefined {
  const base = `bundle:/${encodeURI(from)}`;
  if (!URL.canParse(location, base)) return undefined;
  const { protocol, pathname } = new URL(location, base);
  if (protocol !== 'bundle:') return undefined;
  try {
    return decodeURI(pathname).slice(1);
  } catch {
    return undefined;
  }
}
