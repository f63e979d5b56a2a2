import { Fault } from '../../http/fault.ts';
import { type BundleTools, faultsOf } from './bundle-tools.ts';
import type { ArtifactChanger } from './change-artifact.ts';

const LONGEST_VALUE = 10_000;
/** Bytes of all configured values of an iFlow as JSON, so that one row holds them. */
const MOST_BYTES = 300_000;

export interface Configurations {
  /**
   * Gives externalised parameters of the active version values beside the bundle, which stays as it
   * is; all of them, or none. They last through imports of the bundle (SAP Help, Importing Integration
   * Packages).
   * @throws {Fault} 400, 404 for an unknown iFlow or parameter.
   */
  set(id: string, values: ReadonlyMap<string, string>, user: string): Promise<void>;
}

export function createConfigurations(deps: {
  /** Of iFlows. */
  readonly changer: ArtifactChanger;
  readonly bundles: Pick<BundleTools, 'knownParameters'>;
}): Configurations {
  return {
    async set(id, values, user) {
      const names = [...values.keys()];
      if ([...values.values()].some((value) => value.length > LONGEST_VALUE)) {
        throw refuse(`A parameter has at most ${LONGEST_VALUE} characters.`);
      }
      await deps.changer.change(id, user, async (before, zip) => {
        const known = await deps.bundles.knownParameters(zip, names);
        const unknown = names.find((name) => !known.has(name));
        if (unknown !== undefined) {
          throw new Fault(
            404,
            `The iFlow has no externalised parameter ${unknown.slice(0, 200)}.`,
            { reason: 'unknown_parameter' },
          );
        }
        const configured = Object.fromEntries([
          ...Object.entries(before.configured ?? {}),
          ...values,
        ]);
        if (Buffer.byteLength(JSON.stringify(configured)) > MOST_BYTES) {
          throw refuse(
            `The configured values of an iFlow together have at most ${MOST_BYTES} bytes.`,
          );
        }
        return { zip, configured };
      });
    },
  };
}

/**
 * Of the configured values, those that a new bundle still has parameters for; all of them where it
 * cannot be read that far.
 */
export async function keepConfigured(
  configured: Readonly<Record<string, string>> | undefined,
  zip: Uint8Array,
  bundles: Pick<BundleTools, 'knownParameters'>,
): Promise<{ readonly configured?: Readonly<Record<string, string>> }> {
  const entries = Object.entries(configured ?? {});
  if (entries.length === 0) return {};
  const names = entries.map(([name]) => name);
  try {
    const known = await bundles.knownParameters(zip, names);
    return { configured: Object.fromEntries(entries.filter(([name]) => known.has(name))) };
  } catch (error) {
    if (faultsOf(error) === undefined) throw error;
    return { configured: Object.fromEntries(entries) };
  }
}

function refuse(text: string): Fault {
  return new Fault(400, text, { reason: 'invalid_parameter' });
}
