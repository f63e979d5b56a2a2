import type { MessageRoom } from './message-size.ts';
import type {
  DataStores,
  EntryContent,
  EntryInfo,
  ReadEntry,
  SelectLimits,
  StoreName,
} from './services/data-stores.ts';
import { StepFailure } from './steps/step-failure.ts';

type Entry = EntryInfo & { readonly content: EntryContent };

/** What becomes of an id at the end. */
interface Change {
  readonly store: StoreName;
  readonly id: string;
  /** Undefined where it is removed. */
  readonly entry: Entry | undefined;
  readonly override: boolean;
}

/** Version of an entry that is not written yet. */
const UNCOMMITTED = 'uncommitted';

/** Data stores as a transaction has left them: its changes are written with {@link commit}, or never. */
export class UncommittedStores implements DataStores {
  readonly #stores: DataStores;
  readonly #room: MessageRoom;
  readonly #changes = new Map<string, Change>();
  /** Of a Write that there was an entry for: the transaction is lost, whatever becomes of the step. */
  #duplicate: { readonly store: StoreName; readonly id: string } | undefined;
  #size = 0;

  /** @param room what it holds counts for the message. */
  constructor(stores: DataStores, room: MessageRoom) {
    this.#stores = stores;
    this.#room = room;
  }

  async put(store: StoreName, entry: Entry, override: boolean): Promise<boolean> {
    const isThere = !override && (await this.get(store, entry.id)) !== undefined;
    const before = this.#changes.get(keyOf(store, entry.id));
    // Another branch may have been faster.
    if (isThere || (!override && before?.entry !== undefined)) {
      this.#duplicate ??= { store, id: entry.id };
      return false;
    }
    // One that was there, and was removed in between, may be there at the end; beside one that the
    // transaction has made itself there must be none, even where it replaces that.
    this.#change({ store, id: entry.id, entry, override: before?.override ?? override });
    return true;
  }

  async get(store: StoreName, id: string): Promise<ReadEntry | undefined> {
    const change = this.#changes.get(keyOf(store, id));
    return change === undefined ? this.#stores.get(store, id) : asRead(change);
  }

  async select(store: StoreName, most: SelectLimits): Promise<readonly ReadEntry[]> {
    const own = [...this.#changes.values()].filter((change) => isSame(change.store, store));
    const entries = own.flatMap((change) => asRead(change) ?? []);
    const changed = new Set(own.map(({ id }) => id));
    const others = await this.#stores.select(store, {
      ...most,
      entries: most.entries + changed.size,
    });
    let bytes = 0;
    return [...entries, ...others.filter(({ id }) => !changed.has(id))]
      .slice(0, most.entries)
      .filter(({ content }, index) => (bytes += sizeOf(content)) <= most.bytes || index === 0);
  }

  async remove(store: StoreName, id: string): Promise<boolean> {
    const isThere = (await this.get(store, id)) !== undefined;
    const before = this.#changes.get(keyOf(store, id));
    // Nothing is left of one that the transaction has made: an entry that is there is of another message.
    if (before?.entry !== undefined && !before.override) this.#takeBack(before);
    else this.#change({ store, id, entry: undefined, override: true });
    return isThere;
  }

  /** At the end of the message: those that the transaction has written itself are written by then. */
  async removeRead(
    store: StoreName,
    entries: readonly Pick<ReadEntry, 'id' | 'version'>[],
  ): Promise<void> {
    const read = entries.filter(({ version }) => version !== UNCOMMITTED);
    for (const { id, version } of entries) {
      if (version !== UNCOMMITTED) continue;
      const written = await this.#stores.get(store, id);
      if (written !== undefined) read.push({ id, version: written.version });
    }
    if (read.length > 0) await this.#stores.removeRead(store, read);
  }

  /**
   * Writes the changes, first the entries of which there must be none yet.
   * @throws {StepFailure} where another message has made one of these in the meantime, or a Write has
   * found one, even if an exception subprocess has caught that (SAP Help, Define Exception Subprocess);
   * nothing is written then.
   */
  async commit(): Promise<void> {
    if (this.#duplicate !== undefined) throw duplicateOf(this.#duplicate);
    const changes = [...this.#changes.values()];
    const made: Change[] = [];
    for (const change of changes) {
      const { store, entry, override } = change;
      if (entry === undefined || override) continue;
      if (!(await this.#stores.put(store, entry, false))) {
        for (const one of made) await this.#stores.remove(one.store, one.id);
        throw duplicateOf(change);
      }
      made.push(change);
    }
    for (const { store, id, entry, override } of changes) {
      if (entry === undefined) await this.#stores.remove(store, id);
      else if (override) await this.#stores.put(store, entry, true);
    }
  }

  /** The transaction is over. */
  forget(): void {
    this.#room.add(-this.#size);
    this.#size = 0;
    this.#changes.clear();
  }

  #takeBack(change: Change): void {
    const size = sizeOfChange(change);
    this.#size -= size;
    this.#room.add(-size);
    this.#changes.delete(keyOf(change.store, change.id));
  }

  #change(change: Change): void {
    const key = keyOf(change.store, change.id);
    const grown = sizeOfChange(change) - sizeOfChange(this.#changes.get(key));
    if (grown > 0 && !this.#room.hasRoomFor(grown)) {
      const text =
        'The message would hold too much with what it has written: a process whose Transaction Handling is Required for JDBC keeps that until its end.';
      throw new StepFailure('too_large', text);
    }
    this.#size += grown;
    this.#room.add(grown);
    this.#changes.set(key, change);
  }
}

function duplicateOf({ store, id }: Pick<Change, 'store' | 'id'>): StepFailure {
  const text = `DuplicateEntryException: the data store ${store.name} has an entry ${JSON.stringify(id.slice(0, 100))} already.`;
  return new StepFailure('duplicate_entry', text);
}

const keyOf = (store: StoreName, id: string): string =>
  JSON.stringify([store.flowId, store.name, id]);

const isSame = (a: StoreName, b: StoreName): boolean => a.flowId === b.flowId && a.name === b.name;

function asRead({ entry }: Change): ReadEntry | undefined {
  return entry === undefined ? undefined : { ...entry, version: UNCOMMITTED };
}

function sizeOfChange(change: Change | undefined): number {
  if (change === undefined) return 0;
  return 200 + change.id.length + (change.entry === undefined ? 0 : sizeOf(change.entry.content));
}

function sizeOf({ body, headers }: EntryContent): number {
  return body.length + (headers.length === 0 ? 0 : JSON.stringify(headers).length);
}
