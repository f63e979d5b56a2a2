import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import {
  type Draft,
  isOfKind,
  type Kind,
  KIND_NAMES,
  type Material,
  type Space,
  spaceOf,
} from './material.ts';
import type { MaterialStore, StoredMaterial } from './material-store.ts';
import { invalid } from './rules.ts';

/** What an API gets to see. */
export type Shown<K extends Kind> = Omit<Material<K>, 'secret'>;

/** One of a list; undefined where the key does not open it any more. */
export interface Listed<K extends Kind> {
  readonly name: string;
  readonly kind: K;
  readonly shown: Shown<K> | undefined;
}

/** Writes security material and tells what is there, without its secrets. */
export interface MaterialAdministration {
  /** Of kinds that share a space. */
  list<K extends Kind>(kind: K, ...more: readonly K[]): Promise<readonly Listed<K>[]>;
  /** @throws {Fault} 404 */
  get<K extends Kind>(kind: K, name: string): Promise<Listed<K>>;
  /** @throws {Fault} 409 for a name that is taken, by any kind; 400 when there are too many. */
  create<K extends Kind>(draft: Draft<K>, user: string): Promise<Shown<K>>;
  /** Everything is replaced. @throws {Fault} 404 */
  replace<K extends Kind>(draft: Draft<K>, user: string): Promise<Shown<K>>;
  /** @throws {Fault} 404 */
  remove(kind: Kind, name: string): Promise<void>;
}

/** In one space, at most. */
export const MOST_MATERIAL = 1000;
/** A change that finds itself overtaken is decided anew, this often at most. */
const MOST_TRIES = 20;

export function createMaterialAdministration(deps: {
  readonly store: MaterialStore;
  /** Told of every change, and of every attempt whose outcome is not known. */
  readonly onChange: (space: Space, name: string) => void;
  readonly clock: Clock;
  readonly randomUUID: () => string;
}): MaterialAdministration {
  const { store, onChange, clock } = deps;

  const find = async (kind: Kind, name: string): Promise<StoredMaterial> => {
    const found = await store.read(spaceOf(kind), name);
    if (found?.kind !== kind) throw unknown();
    return found;
  };

  const write = async <T>(space: Space, name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } finally {
      onChange(space, name);
    }
  };

  const stamped = <K extends Kind>(draft: Draft<K>, user: string): Material<K> => {
    const now = clock.now();
    return {
      ...draft,
      version: deps.randomUUID(),
      createdBy: user,
      createdAt: now,
      changedBy: user,
      changedAt: now,
    };
  };

  return {
    async list(kind, ...more) {
      const all = await store.list(spaceOf(kind));
      return all.flatMap((stored) => {
        const own = [kind, ...more].find((one) => one === stored.kind);
        return own === undefined ? [] : [listed(stored, own)];
      });
    },

    async get(kind, name) {
      return listed(await find(kind, name), kind);
    },

    async create(draft, user) {
      const { kind, name } = draft;
      const space = spaceOf(kind);
      if ((await store.list(space)).length >= MOST_MATERIAL) {
        throw invalid(`There are ${MOST_MATERIAL} entries already. Delete one first.`);
      }
      const material = stamped(draft, user);
      if (await write(space, name, () => store.create(material))) return show(material);
      const there = await store.read(space, name);
      const what = there === undefined ? 'something else' : KIND_NAMES[there.kind];
      throw new Fault(
        409,
        `That name is taken by ${what}. Choose another one, or change what is there with PUT.`,
        { reason: 'duplicate' },
      );
    },

    async replace(draft, user) {
      const { kind, name } = draft;
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const before = await find(kind, name);
        const { createdBy, createdAt } = before.material ?? stamped(draft, user);
        const material: Material<typeof kind> = { ...stamped(draft, user), createdBy, createdAt };
        const replaced = await write(spaceOf(kind), name, () =>
          store.replace(material, before.etag),
        );
        if (replaced) return show(material);
      }
      throw busy();
    },

    async remove(kind, name) {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const { etag } = await find(kind, name);
        const removed = await write(spaceOf(kind), name, () =>
          store.remove(spaceOf(kind), name, etag),
        );
        if (removed) return;
      }
      throw busy();
    },
  };
}

function listed<K extends Kind>({ name, material }: StoredMaterial, kind: K): Listed<K> {
  const shown = material !== undefined && isOfKind(material, kind) ? show<K>(material) : undefined;
  return { name, kind, shown };
}

/** Member by member, so that nothing is shown because it was forgotten here. */
function show<K extends Kind>(material: Material<K>): Shown<K> {
  const { kind, name, description, shown, version } = material;
  const { createdBy, createdAt, changedBy, changedAt } = material;
  return { kind, name, description, shown, version, createdBy, createdAt, changedBy, changedAt };
}

function unknown(): Fault {
  return new Fault(404, 'Requested entity could not be found.', { reason: 'unknown_material' });
}

function busy(): Fault {
  return Fault.unavailable('This is being changed by others at the same time. Try again.', 1);
}
