import { bundleIdentity, type BundleIdentity, MANIFEST } from './bundle.ts';
import { BundleFault } from './fault.ts';
import { parseManifest, replaceAttributes } from './manifest.ts';
import { decodeProperties } from './properties.ts';
import { inflate, readZip } from './unzip.ts';
import { deflateEntry, writeZip } from './zip.ts';

/**
 * The same artifact under another Id, name or version: the manifest's attributes change, every other
 * file stays byte for byte.
 * @throws {BundleFault} when it is no bundle, or a value cannot stand in a manifest.
 */
export function renameBundle(
  zip: Uint8Array,
  to: { readonly id?: string; readonly name?: string; readonly version?: string },
): Uint8Array {
  const before = bundleIdentity(zip);
  const changes = new Map<string, string>();
  if (to.id !== undefined) changes.set('Bundle-SymbolicName', `${checkId(to.id)}; singleton:=true`);
  if (to.name !== undefined) changes.set('Bundle-Name', checkLine('name', to.name));
  if (to.version !== undefined) changes.set('Bundle-Version', checkLine('version', to.version));
  const entries = [...readZip(zip).values()].map((entry) => {
    if (entry.name !== MANIFEST) return entry;
    const text = decodeProperties(inflate(entry));
    const provided = parseManifest(text).get('Provide-Capability');
    if (provided !== undefined) {
      changes.set('Provide-Capability', renameCapability(provided, before, { ...before, ...to }));
    }
    return deflateEntry(MANIFEST, replaceAttributes(text, changes));
  });
  return writeZip(entries);
}

/** `scriptcollection.<Id>;version:Version="<version>"`: what iFlows that refer to it require. */
function renameCapability(provided: string, from: BundleIdentity, to: BundleIdentity): string {
  return provided
    .split(/(?=;)/)
    .map((part, i) => {
      const capability = /^([a-z]+)\.(.+)$/.exec(part);
      if (i === 0) return capability?.[2] === from.id ? `${capability[1]}.${to.id}` : part;
      return part === `;version:Version="${from.version}"`
        ? `;version:Version="${to.version}"`
        : part;
    })
    .join('');
}

/** An OSGi symbolic name; SAP allows the same characters in the Id of an artifact. */
export function checkId(id: string): string {
  if (/^[A-Za-z0-9_.-]{1,250}$/.test(id)) return id;
  throw new BundleFault([
    'The Id of an artifact has 1 to 250 letters, digits, and the signs _ . -',
  ]);
}

/** A line break would begin an attribute of the sender's own. */
export function checkLine(what: string, value: string): string {
  if (value.trim() !== '' && value.length <= 1000 && !/\p{Cc}/u.test(value)) return value;
  throw new BundleFault([
    `The ${what} of an artifact has 1 to 1000 characters and no control characters.`,
  ]);
}
