import type { ArtifactKind } from './artifact-kind.ts';
import { buildBundle } from './build.ts';
import { BundleFault } from './fault.ts';
import { MANIFEST } from './bundle.ts';
import { foldLine } from './manifest.ts';
import { checkId, checkLine } from './rename.ts';
import { deflateEntry, writeZip } from './zip.ts';

/**
 * What creating an artifact without content gives, as in SAP's editor: an iFlow with a start that
 * leads to an end, a collection without scripts, a value mapping without groups.
 * @throws {BundleFault} for a message mapping, which is nothing without its mapping.
 */
export function emptyBundle(kind: ArtifactKind, id: string, name: string): Uint8Array {
  switch (kind) {
    case 'IntegrationFlow':
      return buildBundle({ id, name, steps: [] });
    case 'ScriptCollection': {
      const capability = `Provide-Capability: scriptcollection.${id};version:Version="1.0.0"`;
      return writeZip([deflateEntry(MANIFEST, manifest(kind, id, name, capability))]);
    }
    case 'ValueMapping':
      return writeZip([
        deflateEntry(MANIFEST, manifest(kind, id, name)),
        deflateEntry('value_mapping.xml', '<vm version="2.0"></vm>'),
      ]);
    case 'MessageMapping':
      throw new BundleFault(['A message mapping is created from its bundle. Send it.']);
  }
}

function manifest(kind: ArtifactKind, id: string, name: string, ...more: string[]): string {
  const lines = [
    'Manifest-Version: 1.0',
    'Bundle-ManifestVersion: 2',
    `Bundle-SymbolicName: ${checkId(id)}; singleton:=true`,
    `Bundle-Name: ${checkLine('name', name)}`,
    'Bundle-Version: 1.0.0',
    `SAP-BundleType: ${kind}`,
    'SAP-NodeType: IFLMAP',
    ...more,
  ];
  return `${lines.map((line) => foldLine(line)).join('\r\n')}\r\n\r\n`;
}
