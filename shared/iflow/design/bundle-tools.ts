import type { ArtifactKind } from '../bundle/artifact-kind.ts';

/** What a bundle's manifest says of it. */
export interface BundleIdentity {
  readonly kind: ArtifactKind;
  /** Bundle-SymbolicName, without directives. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

type Awaitable<T> = T | Promise<T>;

/** What the design room needs of bundles; implemented by `iflow/bundle/`. */
export interface BundleTools {
  /** @throws an error with `faults: string[]`, each a sentence for the person who sent the bundle. */
  bundleIdentity(zip: Uint8Array): Awaitable<BundleIdentity>;
  /** A bundle with nothing in it. */
  emptyBundle(kind: ArtifactKind, id: string, name: string): Awaitable<Uint8Array>;
  renameBundle(
    zip: Uint8Array,
    identity: Pick<BundleIdentity, 'id' | 'name' | 'version'>,
  ): Awaitable<Uint8Array>;
  /** The bundle with other values for externalised parameters; itself where nothing differs. */
  configureBundle(
    zip: Uint8Array,
    values: Readonly<Record<string, string>> | undefined,
  ): Awaitable<Uint8Array>;
  /** Of those names, which the bundle has as externalised parameters. */
  knownParameters(zip: Uint8Array, names: readonly string[]): Awaitable<ReadonlySet<string>>;
}

/** The sentences of an error that says what is wrong with a bundle; undefined for any other error. */
export function faultsOf(error: unknown): readonly string[] | undefined {
  if (!(error instanceof Error) || !('faults' in error) || !Array.isArray(error.faults)) {
    return undefined;
  }
  return error.faults.filter((fault) => typeof fault === 'string');
}
