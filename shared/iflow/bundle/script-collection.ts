import { bundleIdentity, type Bundle } from './bundle.ts';
import { BundleFault } from './fault.ts';
import { inflate, readZip } from './unzip.ts';

export const SCRIPT_FOLDER = 'src/main/resources/script/';
/** SAP's largest published script has 120,000 bytes. */
export const MAX_SCRIPT_BYTES = 2 * 1024 * 1024;

/** The files of a script collection, unpacked when they are asked for. @throws {BundleFault} */
export function readCollection(zip: Uint8Array): Pick<Bundle, 'paths' | 'read'> {
  const { kind } = bundleIdentity(zip);
  if (kind !== 'ScriptCollection') {
    throw new BundleFault([`The bundle is a ${kind}, not a ScriptCollection.`]);
  }
  const entries = readZip(zip);
  return {
    paths: [...entries.keys()],
    read(path, limit) {
      const entry = entries.get(path);
      if (entry === undefined) return undefined;
      if (entry.size > limit) throw new BundleFault([`The file ${path} is too large.`]);
      return inflate(entry);
    },
  };
}
