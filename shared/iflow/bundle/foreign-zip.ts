import { BundleFault, OtherZip } from './fault.ts';
import { listNames, readZip, type ZipEntry } from './unzip.ts';

/** Other zips that SAP's tools export, by names that only they have. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:CompanyProfileConfiguration|TradingPartnerAgreement(?:V2)?|AgreementTemplate(?:V2)?)\//,
    'an export of Trading Partner Management',
  ],
  [/^(?:migs|mags|ccls|cmgs)\//, 'an export of Integration Advisor'],
  [/^(?:META|OSGI)-INF\/SUBSYSTEM\.MF$/, 'an integration adapter'],
];

/**
 * Reads a zip as {@link readZip} does. One that is neither a bundle nor a package is refused by what
 * it is, where that can be told; some have names that no file may have here.
 * @throws {BundleFault}
 */
export function readArtifactZip(zip: Uint8Array, limit?: number): Map<string, ZipEntry> {
  let entries: Map<string, ZipEntry>;
  try {
    entries = readZip(zip, limit);
  } catch (error) {
    throw foreignFault(zip) ?? error;
  }
  if (entries.has('META-INF/MANIFEST.MF') || entries.has('resources.cnt')) return entries;
  throw (
    foreignFault(zip) ??
    new OtherZip(
      'The zip has no META-INF/MANIFEST.MF and no resources.cnt: it is neither a bundle nor an integration package.',
    )
  );
}

function foreignFault(zip: Uint8Array): OtherZip | undefined {
  let names: readonly string[];
  try {
    names = listNames(zip);
  } catch (error) {
    if (error instanceof BundleFault) return undefined;
    throw error;
  }
  const found = FOREIGN.find(([pattern]) => names.some((name) => pattern.test(name)));
  return (
    found &&
    new OtherZip(`This is ${found[1]}, neither an artifact's bundle nor an integration package.`)
  );
}
