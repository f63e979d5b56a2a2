import { readBundle } from '../bundle/bundle.ts';
import { readZip } from '../bundle/unzip.ts';
import { deflateEntry, writeZip } from '../bundle/zip.ts';

const PARAMETERS = 'src/main/resources/parameters.prop';

/**
 * The same bundle with another value for one of its externalised parameters; every other file stays
 * byte for byte.
 * @returns undefined when the bundle has no such parameter.
 * @throws {BundleFault}
 */
export function setParameter(zip: Uint8Array, name: string, value: string): Uint8Array | undefined {
  const { parameters } = readBundle(zip);
  if (!parameters.has(name)) return undefined;
  const text = writeProperties(new Map(parameters).set(name, value));
  const entries = [...readZip(zip).values()];
  return writeZip(
    entries.map((entry) => (entry.name === PARAMETERS ? deflateEntry(PARAMETERS, text) : entry)),
  );
}

/** As java.util.Properties stores them: ISO-8859-1, with everything else escaped. */
function writeProperties(properties: ReadonlyMap<string, string>): string {
  return [...properties].map(([key, value]) => `${escape(key)}=${escape(value)}\n`).join('');
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escape(text: string): string {
  return text
    .replace(/[\\ :=#!]/g, '\\$&')
    .replace(
      /[^ -~]/g,
      (unit) => NAMED[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
