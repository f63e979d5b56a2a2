import { takeTurns } from '../../cache/take-turns.ts';
import { Fault } from '../../http/fault.ts';
import { readContentPackage } from '../bundle/content-package.ts';
import type { BundleTools } from './bundle-tools.ts';
import type { BundleBlobs, DesignArtifact, DesignStore } from './design-store.ts';
import type { ConfiguredFlow, Foresee } from './foresee-clashes.ts';
import { type ImportMessage, readArtifacts } from './package-artifacts.ts';
import { unknownPackage } from './packages.ts';

/**
 * What is to be said of a package as it is: artifacts of its last import that could not be imported,
 * and addresses that clash by now.
 * @throws {Fault} 404, 503
 */
export type PackageMessages = (id: string) => Promise<readonly ImportMessage[]>;

const MOST_WAITING = 10;

export function createPackageMessages(deps: {
  readonly store: Pick<DesignStore, 'findPackage' | 'listArtifacts'>;
  readonly blobs: Pick<BundleBlobs, 'get'>;
  readonly bundles: Pick<BundleTools, 'bundleIdentity' | 'configureBundle'>;
  readonly foresee: Foresee;
}): PackageMessages {
  const { store, blobs, bundles } = deps;
  const inTurn = takeTurns(MOST_WAITING, () =>
    Fault.unavailable('Too many packages are being read at once. Try again.', 5),
  );

  async function* open(artifacts: readonly DesignArtifact[]): AsyncGenerator<ConfiguredFlow> {
    for (const { id, name, kind, content, configured } of artifacts) {
      if (kind !== 'IntegrationFlow') continue;
      // Changed or removed this very moment: there is nothing to be said of it.
      const stored = await blobs.get(content);
      if (stored === undefined) continue;
      yield { id, name, zip: await bundles.configureBundle(stored, configured) };
    }
  }

  const read: PackageMessages = async (id) => {
    const found = await store.findPackage(id);
    if (found === undefined) throw unknownPackage();
    const { content } = found.value;
    const artifacts = await store.listArtifacts(id);
    const clashes = await deps.foresee(open(artifacts));
    const zip = content === undefined ? undefined : await blobs.get(content);
    if (zip === undefined) return clashes;
    const there = new Set(artifacts.map((artifact) => artifact.id));
    const { messages } = await readArtifacts(await readContentPackage(zip), bundles);
    return [...messages.filter(({ artifactId }) => !there.has(artifactId)), ...clashes];
  };
  return (id) => inTurn(() => read(id));
}
