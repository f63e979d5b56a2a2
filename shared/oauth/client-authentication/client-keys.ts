import type { KeyObject } from 'node:crypto';
import {
  type ForeignAlgorithm,
  type PublicKey,
  readPublicKey,
  selectKey,
} from '../../jwt/public-keys.ts';
import type { RemoteKeys } from '../../jwt/remote-keys.ts';
import type { Client, JsonWebKeySet } from '../../registry/client.ts';

/** The public keys of clients, in their registration or behind their `jwks_uri`. */
export interface ClientKeys {
  /**
   * The key that a JWT of the client has to be signed with; undefined if it has none.
   * @throws {Fault} 503 while the keys behind a `jwks_uri` cannot be had.
   */
  keyFor(
    client: Client,
    kid: string | undefined,
    algorithm: ForeignAlgorithm,
  ): Promise<KeyObject | undefined>;
  /** Whether a key is one of the client's. @throws {Fault} as above. */
  has(client: Client, key: KeyObject): Promise<boolean>;
}

/** @param remote is asked for when a client has a `jwks_uri`. */
export function clientKeys(remote: (client: Client) => Promise<RemoteKeys>): ClientKeys {
  /** Sets belong to clients in memory, and go with them. */
  const imported = new WeakMap<JsonWebKeySet, readonly PublicKey[]>();

  const inline = (set: JsonWebKeySet): readonly PublicKey[] => {
    let keys = imported.get(set);
    if (keys === undefined) {
      keys = set.keys.map(readPublicKey).filter((read) => typeof read !== 'string');
      imported.set(set, keys);
    }
    return keys;
  };

  const select = async <T>(
    client: Client,
    from: (keys: readonly PublicKey[]) => T | undefined,
  ): Promise<T | undefined> => {
    const { jwks, jwksUri } = client;
    if (jwks !== undefined) return from(inline(jwks));
    return jwksUri === undefined ? undefined : (await remote(client)).select({ jwksUri }, from);
  };

  return {
    keyFor: (client, kid, algorithm) => select(client, (keys) => selectKey(keys, kid, algorithm)),
    async has(client, key) {
      const found = await select(client, (keys) => keys.find((one) => one.key.equals(key)));
      return found !== undefined;
    },
  };
}
