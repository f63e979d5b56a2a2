import type { ArtifactKind } from '../bundle/artifact-kind.ts';

/** An integration package as `IntegrationPackages` shows it. */
export interface IntegrationPackage {
  /** Letters and digits, 1 to 120; an imported one may have the signs _ . - as well. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly shortText: string;
  readonly version: string;
  readonly vendor: string;
  readonly supportedPlatform: string;
  readonly products: string;
  readonly keywords: string;
  readonly countries: string;
  readonly industries: string;
  readonly lineOfBusiness: string;
  readonly createdBy: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly modifiedBy: string;
  readonly modifiedAt: number;
  /** Names the blob of the zip that it was last imported from; absent where it never was. */
  readonly content?: string;
  /** An import has ended half-way, and is taken up by the next. */
  readonly unfinished?: true;
}

/** A design-time artifact: the version that is worked on (`active`), or a saved one. */
export interface DesignArtifact {
  readonly kind: ArtifactKind;
  /** Unique in the deployment, whichever the package; equals the bundle's symbolic name. */
  readonly id: string;
  /** New with every create, so that saved versions of a deleted artifact never come back. */
  readonly uid: string;
  readonly name: string;
  readonly description: string;
  readonly packageId: string;
  /** The bundle's version, such as `1.0.0`. */
  readonly version: string;
  readonly createdBy: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly modifiedBy: string;
  readonly modifiedAt: number;
  /** Names the bundle's blob. */
  readonly content: string;
  /** Values of externalised parameters that stand in for those of the bundle. */
  readonly configured?: Readonly<Record<string, string>>;
  /** Where it came from, if with a package. */
  readonly origin?: PackageOrigin;
}

export interface PackageOrigin {
  /** Names the blob of the package's zip. */
  readonly content: string;
  /** The artifact's resource in it. */
  readonly resourceId: string;
  /** Names the bundle's blob as it came in: while the artifact names it too, its files are unchanged. */
  readonly bundle: string;
}

/** A record and the ETag that guards its next change. */
export interface Stored<T> {
  readonly value: T;
  readonly etag: string;
}

/** What a record becomes: new, or in the place of the one that had that ETag. */
export interface Write<T> {
  readonly value: T;
  readonly etag: string | undefined;
}

/**
 * Packages and design-time artifacts. Nothing is cached: what a call returns is what storage held.
 * `stale` means that someone else was faster; read again and decide anew.
 */
export interface DesignStore {
  listPackages(): Promise<IntegrationPackage[]>;
  findPackage(id: string): Promise<Stored<IntegrationPackage> | undefined>;
  createPackage(value: IntegrationPackage): Promise<'created' | 'exists'>;
  replacePackage(value: IntegrationPackage, etag: string): Promise<'replaced' | 'stale'>;
  /**
   * Closes the package, so that no artifact can be created in it; then removes its artifacts, then
   * itself. Ended half-way, it is taken up again by the next remove or create of that id.
   * @returns what has been removed; undefined if there is no such package.
   */
  removePackage(id: string): Promise<DesignArtifact[] | undefined>;

  listArtifacts(packageId?: string): Promise<DesignArtifact[]>;
  findArtifact(id: string): Promise<Stored<DesignArtifact> | undefined>;
  /**
   * Creates the artifact and touches its package in one step, so that none is ever created in a
   * package that is being removed.
   */
  createArtifact(
    value: DesignArtifact,
    inPackage: Stored<IntegrationPackage>,
  ): Promise<'created' | 'exists' | 'stale'>;
  /**
   * Writes a package and artifacts in it: all in one step, or, where they are more than one batch of
   * storage takes, in several, with the package marked `unfinished` until the last.
   * @returns `begun` when it was `stale` after the first of several steps.
   */
  writePackage(
    inPackage: Write<IntegrationPackage>,
    artifacts: readonly Write<DesignArtifact>[],
  ): Promise<'written' | 'stale' | 'begun'>;
  replaceArtifact(value: DesignArtifact, etag: string): Promise<'replaced' | 'stale'>;
  removeArtifact(id: string, etag: string): Promise<'removed' | 'stale'>;

  findVersion(uid: string, version: string): Promise<DesignArtifact | undefined>;
  listVersions(uid: string): Promise<DesignArtifact[]>;
  /** Saved versions never change. */
  createVersion(value: DesignArtifact): Promise<'created' | 'exists'>;
  removeVersion(uid: string, version: string): Promise<void>;
}

/** Bundles and packages, each written once under a name of its own. */
export interface BundleBlobs {
  /** @returns the new blob's name. */
  put(zip: Uint8Array): Promise<string>;
  /** @returns undefined if there is none of that name. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** No error if it is gone already. */
  remove(name: string): Promise<void>;
}
