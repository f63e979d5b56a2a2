import { open, seal } from '../../crypto/seal.ts';
import { Fault } from '../../http/fault.ts';
import {
  type AnyMaterial,
  isKind,
  type Kind,
  type Material,
  type Space,
  spaceOf,
} from './material.ts';

/** A row as storage holds it: all but name and kind is sealed. */
export interface MaterialRow {
  readonly space: Space;
  readonly name: string;
  readonly kind: string;
  readonly sealed: Uint8Array;
}

export interface StoredRow extends MaterialRow {
  readonly etag: string;
}

export interface MaterialRows {
  list(space: Space): Promise<readonly StoredRow[]>;
  read(space: Space, name: string): Promise<StoredRow | undefined>;
  /** @returns false where the name is taken. */
  create(row: MaterialRow): Promise<boolean>;
  /** @returns false where the row has been changed since, or is gone. */
  replace(row: MaterialRow, etag: string): Promise<boolean>;
  /** As {@link MaterialRows.replace}. */
  remove(space: Space, name: string, etag: string): Promise<boolean>;
}

/** Material as it was read. */
export interface StoredMaterial {
  readonly name: string;
  readonly kind: Kind;
  readonly etag: string;
  /** Undefined where the key does not open it: another master key, or a row that was tampered with. */
  readonly material: AnyMaterial | undefined;
}

export interface MaterialStore {
  list(space: Space): Promise<readonly StoredMaterial[]>;
  read(space: Space, name: string): Promise<StoredMaterial | undefined>;
  /** As those of {@link MaterialRows}. */
  create<K extends Kind>(material: Material<K>): Promise<boolean>;
  replace<K extends Kind>(material: Material<K>, etag: string): Promise<boolean>;
  remove(space: Space, name: string, etag: string): Promise<boolean>;
}

/**
 * Seals material on its way to the rows. Sealed is all of it and not the secrets alone: whoever can
 * write rows, but has no master key, cannot let a client secret be sent to a token service of his own.
 * @param key 32 bytes, for nothing else.
 */
export function createMaterialStore(rows: MaterialRows, key: Uint8Array): MaterialStore {
  const rowOf = <K extends Kind>(material: Material<K>): MaterialRow => {
    const { kind, name } = material;
    const sealed = seal(key, boundTo(kind, name), Buffer.from(JSON.stringify(material), 'utf8'));
    return { space: spaceOf(kind), name, kind, sealed };
  };
  const storedOf = ({ name, kind, etag, sealed }: StoredRow): StoredMaterial | undefined => {
    // One of a later version.
    if (!isKind(kind)) return undefined;
    return { name, kind, etag, material: unseal(key, kind, name, sealed) };
  };
  return {
    async list(space) {
      return (await rows.list(space)).map(storedOf).filter((stored) => stored !== undefined);
    },
    async read(space, name) {
      const row = await rows.read(space, name);
      return row && storedOf(row);
    },
    create: (material) => rows.create(rowOf(material)),
    replace: (material, etag) => rows.replace(rowOf(material), etag),
    remove: (space, name, etag) => rows.remove(space, name, etag),
  };
}

/** Moved to another row, or declared to be of another kind, it does not open. */
const boundTo = (kind: Kind, name: string): string =>
  `flowgate security material|${JSON.stringify([kind, name])}`;

function unseal(
  key: Uint8Array,
  kind: Kind,
  name: string,
  sealed: Uint8Array,
): AnyMaterial | undefined {
  let text: string;
  try {
    text = open(key, boundTo(kind, name), sealed).toString('utf8');
  } catch {
    return undefined;
  }
  return JSON.parse(text) as AnyMaterial;
}

/** For whoever needs material that does not open. */
export function doesNotOpen({ kind, name }: Pick<StoredMaterial, 'kind' | 'name'>): Fault {
  return new Fault(
    503,
    'Security material cannot be opened at the moment. The operator finds the cause in the log.',
    {
      reason: 'master_key_mismatch',
      headers: { 'Retry-After': '60' },
      cause: new Error(
        `FLOWGATE_MASTER_KEY does not open the security material ${JSON.stringify(name)} (${kind}): it is not the master key that it was encrypted under, or the row was changed. Restore that master key, or write the material anew.`,
      ),
    },
  );
}
