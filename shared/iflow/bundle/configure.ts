import { PARAMETERS } from './bundle.ts';
import { decodeProperties, replaceProperties } from './properties.ts';
import { inflate, readZip } from './unzip.ts';
import { deflateEntry, writeZip } from './zip.ts';

/**
 * The bundle with other values for externalised parameters: parameters.prop changes in those lines,
 * and every other file stays byte for byte. Where nothing differs it is the bundle itself.
 * @throws {BundleFault}
 */
export function configureBundle(
  zip: Uint8Array,
  values: Readonly<Record<string, string>> = {},
): Uint8Array {
  const wanted = new Map(Object.entries(values));
  if (wanted.size === 0) return zip;
  const entries = readZip(zip);
  const before = entries.get(PARAMETERS);
  const bytes = before === undefined ? new Uint8Array() : inflate(before);
  const text = decodeProperties(bytes);
  const changed = replaceProperties(text, wanted);
  if (changed === text) return zip;
  const isUtf8 = Buffer.from(text, 'utf8').equals(bytes);
  const after = deflateEntry(PARAMETERS, Buffer.from(changed, isUtf8 ? 'utf8' : 'latin1'));
  return writeZip(entries.set(PARAMETERS, after).values());
}
