import { BundleFault } from '../../shared/iflow/bundle/fault.ts';
import { inflate, readZip } from '../../shared/iflow/bundle/unzip.ts';
import type { ResourceFiles } from '../../shared/iflow/steps/compiler.ts';
import type { Content } from './read-content.ts';

/** The script collections among what is checked, by their symbolic names. */
export function collectionFiles(contents: readonly Content[]): Map<string, ResourceFiles> {
  return new Map(
    contents
      .filter(({ type }) => type === 'ScriptCollection')
      .map(({ symbolicName, zip }) => [symbolicName, filesOf(zip)]),
  );
}

function filesOf(zip: Uint8Array): ResourceFiles {
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
