import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { BundleFault } from '../../shared/iflow/bundle/fault.ts';
import { inflate, readZip } from '../../shared/iflow/bundle/unzip.ts';
import { parseManifest, symbolicName } from '../../shared/iflow/bundle/manifest.ts';

/** A zip of an artifact, as it lies in a folder or in a content package. */
export interface Content {
  /** The file that it comes from, as the user knows it. */
  readonly source: string;
  readonly name: string;
  /** `SAP-BundleType`; '' for one that cannot be read. */
  readonly type: string;
  readonly symbolicName: string;
  readonly zip: Uint8Array;
}

/** The artifacts of a zip, or of all zips below a folder; what is neither package nor bundle is told. */
export async function readContents(
  path: string,
  onOther: (source: string, what: string) => void,
): Promise<Content[]> {
  const contents: Content[] = [];
  for (const file of await zipsOf(path)) {
    const source = relative(path, file) || file;
    try {
      contents.push(...readZipFile(source, await readFile(file)));
    } catch (error) {
      if (!(error instanceof BundleFault)) throw error;
      onOther(source, error.message);
    }
  }
  return contents;
}

async function zipsOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.zip$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const MANIFEST = 'META-INF/MANIFEST.MF';
const RESOURCES = 'resources.cnt';
const HELD = new Set(['IFlow', 'ScriptCollection', 'ValueMapping', 'MessageMapping']);

function readZipFile(source: string, zip: Uint8Array): Content[] {
  const entries = readZip(zip);
  if (entries.has(MANIFEST)) return [contentOf(source, '', zip)];
  const resources = entries.get(RESOURCES);
  if (resources === undefined) {
    throw new BundleFault(['It is neither an integration package nor an iFlow bundle.']);
  }
  const text = Buffer.from(Buffer.from(inflate(resources)).toString('latin1'), 'base64');
  const listed = JSON.parse(text.toString('utf8')) as {
    resources: { id: string; displayName?: string; resourceType: string }[];
  };
  return listed.resources
    .filter(({ resourceType }) => HELD.has(resourceType))
    .flatMap(({ id, displayName = id }) => {
      const entry = entries.get(`${id}_content`);
      return entry === undefined ? [] : [contentOf(source, displayName, inflate(entry))];
    });
}

function contentOf(source: string, name: string, zip: Uint8Array): Content {
  try {
    const entry = readZip(zip).get(MANIFEST);
    const manifest = parseManifest(Buffer.from(entry ? inflate(entry) : []).toString('utf8'));
    return {
      source,
      name: manifest.get('Bundle-Name') ?? name,
      type: manifest.get('SAP-BundleType') ?? '',
      symbolicName: symbolicName(manifest),
      zip,
    };
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    return { source, name, type: '', symbolicName: '', zip };
  }
}
