import { type XmlDocument } from '../xml/nodes.ts';
import { readXml, XmlError } from '../xml/read-xml.ts';
import { type ArtifactKind, ARTIFACT_KINDS, isArtifactKind } from './artifact-kind.ts';
import { BundleFault } from './fault.ts';
import { readArtifactZip } from './foreign-zip.ts';
import { type Manifest, parseManifest, symbolicName } from './manifest.ts';
import { decodeProperties, parseProperties } from './properties.ts';
import { inflate, readZip, type ZipEntry } from './unzip.ts';

export { BundleFault } from './fault.ts';

/** What identifies an artifact among others; from its manifest and metainfo.prop. */
export interface BundleIdentity {
  readonly kind: ArtifactKind;
  /** `Bundle-SymbolicName`. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

/** An iFlow as a tenant exports it. Files are unpacked when they are asked for. */
export interface Bundle extends BundleIdentity {
  readonly manifest: Manifest;
  /** Paths of all files, as the zip orders them. */
  readonly paths: readonly string[];
  /** The .iflw, which is BPMN. */
  readonly flow: XmlDocument;
  /** Values of externalised parameters (parameters.prop). */
  readonly parameters: ReadonlyMap<string, string>;
  /** What is known of them (parameters.propdef). */
  readonly parameterDefinitions: readonly ParameterDefinition[];
  /**
   * A file's bytes; undefined when there is none.
   * @throws {BundleFault} when it is damaged, or has more than `limit` bytes: it is not unpacked then.
   */
  read(path: string, limit: number): Uint8Array | undefined;
}

export interface ParameterDefinition {
  readonly name: string;
  /** `xsd:string`, `xsd:integer`, `xsd:boolean`, `custom:schedule`…; may be ''. */
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

export const MANIFEST = 'META-INF/MANIFEST.MF';
export const FLOW_FOLDER = 'src/main/resources/scenarioflows/integrationflow/';
export const PARAMETERS = 'src/main/resources/parameters.prop';
const PARAMETER_DEFINITIONS = 'src/main/resources/parameters.propdef';
const METAINFO = 'metainfo.prop';
/** SAP's largest published .iflw has 670,000 characters and 12,000 elements. */
export const XML_LIMITS = { maxCharacters: 8_000_000, maxDepth: 200, maxNodes: 200_000 };
/** Manifests and properties files. */
export const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/** Reads an iFlow bundle. @throws {BundleFault} */
export function readBundle(zip: Uint8Array): Bundle {
  const entries = readZip(zip);
  const { manifest, ...identity } = readIdentity(entries);
  if (identity.kind !== 'IntegrationFlow') {
    throw new BundleFault([`The bundle is a ${identity.kind}, not an IntegrationFlow.`]);
  }
  const faults: string[] = [];
  const flow = attempt(faults, () => readFlowFile(entries));
  const parameters = attempt(faults, () => parseProperties(readText(entries, PARAMETERS)));
  const parameterDefinitions = attempt(faults, () => readParameterDefinitions(entries));
  if (flow === undefined || parameters === undefined || parameterDefinitions === undefined) {
    throw new BundleFault(faults);
  }
  return {
    ...identity,
    manifest,
    paths: [...entries.keys()],
    flow,
    parameters,
    parameterDefinitions,
    read(path, limit) {
      const entry = entries.get(path);
      if (entry === undefined) return undefined;
      if (entry.size > limit) throw new BundleFault([`The file ${path} is too large.`]);
      return inflate(entry);
    },
  };
}

/** Reads only what identifies the artifact, whatever its kind. @throws {BundleFault} */
export function bundleIdentity(zip: Uint8Array): BundleIdentity {
  const { kind, id, name, version, description } = readIdentity(readArtifactZip(zip));
  return { kind, id, name, version, description };
}

/** The manifest of a bundle of any kind. @throws {BundleFault} */
export function bundleManifest(zip: Uint8Array): Manifest {
  return readIdentity(readZip(zip)).manifest;
}

/** What is read out of a bundle of any kind without a look at what it does. */
export type BundleContents = Pick<Bundle, 'paths' | 'parameters' | 'parameterDefinitions'>;

/** @throws {BundleFault} */
export function bundleContents(zip: Uint8Array): BundleContents {
  const entries = readZip(zip);
  readIdentity(entries);
  return {
    paths: [...entries.keys()],
    parameters: parseProperties(readText(entries, PARAMETERS)),
    parameterDefinitions: readParameterDefinitions(entries),
  };
}

/** UTF-8 text, without byte order mark. @throws {BundleFault} */
export function decodeUtf8(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BundleFault([`The file ${path} is not UTF-8 text.`], cause);
  }
}

function readIdentity(
  entries: ReadonlyMap<string, ZipEntry>,
): BundleIdentity & { manifest: Manifest } {
  if (entries.has('resources.cnt')) {
    throw new BundleFault([
      'This is the export of an integration package. Send it to IntegrationPackages as PackageContent.',
    ]);
  }
  if (!entries.has(MANIFEST)) {
    throw new BundleFault([`The zip has no ${MANIFEST}: it is not an iFlow bundle.`]);
  }
  const manifest = parseManifest(readText(entries, MANIFEST));
  const type = manifest.get('SAP-BundleType') ?? '';
  if (!isArtifactKind(type)) {
    throw new BundleFault([
      type === ''
        ? `${MANIFEST} has no SAP-BundleType: it is not an iFlow bundle.`
        : `The bundle is a ${type.slice(0, 100)}, none of ${ARTIFACT_KINDS.join(', ')}.`,
    ]);
  }
  const id = symbolicName(manifest);
  const version = manifest.get('Bundle-Version') ?? '';
  const faults: string[] = [];
  if (id === '') faults.push(`${MANIFEST} has no Bundle-SymbolicName.`);
  if (version === '') faults.push(`${MANIFEST} has no Bundle-Version.`);
  if (faults.length > 0) throw new BundleFault(faults);
  const metainfo = parseProperties(readText(entries, METAINFO));
  return {
    kind: type,
    id,
    name: manifest.get('Bundle-Name') ?? id,
    version,
    description: metainfo.get('description') ?? manifest.get('Bundle-Description') ?? '',
    manifest,
  };
}

function readFlowFile(entries: ReadonlyMap<string, ZipEntry>): XmlDocument {
  const paths = [...entries.keys()].filter(
    (path) => path.startsWith(FLOW_FOLDER) && path.toLowerCase().endsWith('.iflw'),
  );
  const [path, second] = paths;
  if (path === undefined)
    throw new BundleFault([`The bundle has no .iflw file in ${FLOW_FOLDER}.`]);
  if (second !== undefined) {
    throw new BundleFault([`The bundle has ${paths.length} .iflw files; an iFlow has one.`]);
  }
  return readXmlFile(entries, path);
}

function readParameterDefinitions(entries: ReadonlyMap<string, ZipEntry>): ParameterDefinition[] {
  const entry = entries.get(PARAMETER_DEFINITIONS);
  if (entry === undefined || entry.size === 0) return [];
  const root = readXmlFile(entries, PARAMETER_DEFINITIONS).documentElement;
  return root.elements('parameter').map((parameter) => {
    const text = (name: string): string => parameter.elements(name)[0]?.textContent ?? '';
    return {
      name: text('name') === '' ? text('key') : text('name'),
      type: text('type'),
      required: text('isRequired') === 'true',
      description: text('description'),
    };
  });
}

function readXmlFile(entries: ReadonlyMap<string, ZipEntry>, path: string): XmlDocument {
  const entry = entries.get(path);
  if (entry === undefined) throw new BundleFault([`The bundle has no file ${path}.`]);
  if (entry.size > XML_LIMITS.maxCharacters) throw tooLarge(path);
  try {
    return readXml(decodeUtf8(inflate(entry), path), XML_LIMITS);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new BundleFault(
      [`The file ${path} is not XML that can be read: ${error.message}.`],
      error,
    );
  }
}

/** '' when there is no such file: a new iFlow has neither parameters nor a description. */
function readText(entries: ReadonlyMap<string, ZipEntry>, path: string): string {
  const entry = entries.get(path);
  if (entry === undefined) return '';
  if (entry.size > MAX_TEXT_BYTES) throw tooLarge(path);
  return decodeProperties(inflate(entry));
}

function tooLarge(path: string): BundleFault {
  return new BundleFault([`The file ${path} is too large.`]);
}

function attempt<T>(faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}
