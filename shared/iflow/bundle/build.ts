import { foldLine } from './manifest.ts';
import { checkId, checkLine } from './rename.ts';
import { flowXml } from './build-iflw.ts';
import { escapeProperty, propertyLine } from './properties.ts';
import type { BundleDescription } from './bundle-description.ts';
import { deflateEntry, writeZip } from './zip.ts';

/** Builds the bundle that SAP's editor would export for it. @throws {BundleFault} */
export function buildBundle(flow: BundleDescription): Uint8Array {
  const id = checkId(flow.id);
  const name = checkLine('name', flow.name);
  const version = checkLine('version', flow.version ?? '1.0.0');
  const manifest = [
    'Manifest-Version: 1.0',
    'Bundle-ManifestVersion: 2',
    `Bundle-SymbolicName: ${id}; singleton:=true`,
    `Bundle-Name: ${name}`,
    `Bundle-Version: ${version}`,
    'SAP-BundleType: IntegrationFlow',
    'SAP-NodeType: IFLMAP',
    'SAP-RuntimeProfile: iflmap',
    `Origin-Bundle-SymbolicName: ${id}`,
    `Origin-Bundle-Name: ${name}`,
    `Origin-Bundle-Version: ${version}`,
    ...Object.entries(flow.attributes ?? {}).map(
      ([attribute, value]) => `${attribute}: ${checkLine(attribute, value)}`,
    ),
  ].map((line) => foldLine(line));
  const resources = 'src/main/resources/';
  const parameters = Object.entries(flow.parameters ?? {});
  // Several steps may run the same file.
  const scripts = new Map(
    flow.steps
      .filter((step) => step.type === 'script')
      .map((step) => [step.fileName, step.source] as const),
  );
  return writeZip([
    deflateEntry('META-INF/MANIFEST.MF', `${manifest.join('\r\n')}\r\n\r\n`),
    deflateEntry('.project', projectFile(id)),
    deflateEntry('metainfo.prop', `description=${escapeProperty(flow.description ?? '')}\n`),
    deflateEntry(`${resources}scenarioflows/integrationflow/${id}.iflw`, flowXml(flow)),
    deflateEntry(
      `${resources}parameters.prop`,
      parameters.map(([key, value]) => `${propertyLine(key, value)}\n`).join(''),
    ),
    deflateEntry(
      `${resources}parameters.propdef`,
      '<?xml version="1.0" encoding="UTF-8" standalone="no"?><parameters><param_references/></parameters>',
    ),
    ...[...scripts].map(([file, source]) => deflateEntry(`${resources}script/${file}`, source)),
  ]);
}

function projectFile(id: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<projectDescription>
  <name>${id}</name>
  <comment></comment>
  <projects/>
  <buildSpec/>
  <natures>
    <nature>com.sap.ide.ifl.project.support.project.nature</nature>
    <nature>com.sap.ide.ifl.bsn</nature>
  </natures>
</projectDescription>
`;
}
