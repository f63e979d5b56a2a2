import { MAX_TEXT_BYTES, PARAMETERS } from './bundle.ts';
import { BundleFault } from './fault.ts';
import { decodeProperties, replaceProperties } from './properties.ts';
import { inflate, readZip, type ZipEntry } from './unzip.ts';
import { deflateEntry, writeZip } from './zip.ts';

/**
 * The bundle with other values for externalised parameters: parameters.prop changes in those lines,
 * and every other file stays byte for byte. It is the bundle itself where nothing differs, and where
 * that file is damaged or too large: deploying it says so.
 * @throws {BundleFault} when it is no zip.
 */
export function configureBundle(
  zip: Uint8Array,
  values: Readonly<Record<string, string>> = {},
): Uint8Array {
  const wanted = new Map(Object.entries(values));
  if (wanted.size === 0) return zip;
  const entries = readZip(zip);
  const bytes = parametersIn(entries);
  if (bytes === undefined) return zip;
  const text = decodeProperties(bytes);
  const changed = replaceProperties(text, wanted);
  if (changed === text) return zip;
  const isUtf8 = Buffer.from(text, 'utf8').equals(bytes);
  const after = deflateEntry(PARAMETERS, Buffer.from(changed, isUtf8 ? 'utf8' : 'latin1'));
  return writeZip(entries.set(PARAMETERS, after).values());
}

/** undefined for a file that cannot be read. */
function parametersIn(entries: ReadonlyMap<string, ZipEntry>): Uint8Array | undefined {
  const entry = entries.get(PARAMETERS);
  if (entry === undefined) return new Uint8Array();
  if (entry.size > MAX_TEXT_BYTES) return undefined;
  try {
    return inflate(entry);
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    return undefined;
  }
}
