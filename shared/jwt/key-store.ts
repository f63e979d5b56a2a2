import type { StoredKey } from './signing-key.ts';

export interface StoredRing {
  /** Changes with every change of the keys; undefined while there has never been a key. */
  readonly version: string | undefined;
  readonly keys: readonly StoredKey[];
  /** Every issuer that this deployment has signed as. */
  readonly issuers: readonly string[];
  /** Of the whole storage, which a version raises that earlier ones must not touch any more. */
  readonly schema: number;
}

/** Where the key ring is kept. */
export interface KeyStore {
  /** `keys` is at least as new as `version`. */
  read(): Promise<StoredRing>;
  /**
   * Adds and removes keys in one step, provided that nobody has changed them since `version`.
   * @returns false if somebody has; nothing is changed then.
   */
  change(
    version: string | undefined,
    change: { readonly add: readonly StoredKey[]; readonly remove: readonly string[] },
  ): Promise<boolean>;
  /** Done twice it does nothing the second time. */
  addIssuer(issuer: string): Promise<void>;
}
