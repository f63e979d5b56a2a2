import { bundleContents, FLOW_FOLDER, XML_LIMITS } from '../bundle/bundle.ts';
import { inflate, readZip } from '../bundle/unzip.ts';
import { unescapeXml } from './parameters.ts';

/**
 * Of those names, which an iFlow has as externalised parameters: with a value, with a definition, or
 * used without either.
 * @throws {BundleFault}
 */
export function knownParameters(zip: Uint8Array, names: readonly string[]): Set<string> {
  const { parameters, parameterDefinitions } = bundleContents(zip);
  const written = new Set([...parameters.keys(), ...parameterDefinitions.map(({ name }) => name)]);
  const open = names.filter((name) => !written.has(name));
  const flow = open.length === 0 ? [] : readFlowText(zip);
  const used = open.filter((name) => flow.some((text) => text.includes(`{{${name}}}`)));
  return new Set([...names.filter((name) => written.has(name)), ...used]);
}

/** The .iflw as it reads, and as its tables read, which are escaped twice. */
function readFlowText(zip: Uint8Array): string[] {
  const file = [...readZip(zip).values()].find(({ name }) => name.startsWith(FLOW_FOLDER));
  if (file === undefined || file.size > XML_LIMITS.maxCharacters) return [];
  const once = unescapeXml(Buffer.from(inflate(file)).toString('utf8'));
  return [once, unescapeXml(once)];
}
