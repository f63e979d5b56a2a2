import type { TableClient, TransactionAction } from '@azure/data-tables';
import type {
  DesignArtifact,
  DesignStore,
  IntegrationPackage,
  Stored,
} from '../iflow/design/design-store.ts';
import {
  action,
  artifactOf,
  artifactRow,
  ARTIFACTS,
  batches,
  isSame,
  packageOf,
  packageRow,
  PACKAGES,
  PARTITION,
  type Row,
} from './design-rows.ts';
import { encodeKey, joinKey, upTo } from './keys.ts';
import { packJson } from './packed-json.ts';
import { isConflict, isNotFound, isStale, type Tables, unlessStale } from './tables.ts';

/** An artifact that is changed that often while it is removed is left to another try. */
const MOST_TRIES = 50;

export function openDesignStore(tables: Tables): DesignStore {
  const inTable = <T>(work: (table: TableClient) => Promise<T>): Promise<T> =>
    tables.withTable('design', work);

  const readRow = async (partition: string, rowKey: string): Promise<Row | undefined> => {
    try {
      return await inTable((table) => table.getEntity<Row>(partition, rowKey));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  const listRows = async (partition: string, prefix: string, property = ''): Promise<Row[]> => {
    const inPartition = `PartitionKey eq '${quote(partition)}' and RowKey ge '${prefix}'`;
    const filter = `${inPartition} and RowKey lt '${upTo(prefix)}'${property}`;
    return inTable(async (table) => {
      const rows: Row[] = [];
      for await (const row of table.listEntities<Row>({ queryOptions: { filter } })) rows.push(row);
      return rows;
    });
  };

  /** Runs a write and names the outcomes that a race can have. */
  const write = async <T extends string>(
    work: (table: TableClient) => Promise<unknown>,
    outcome: T,
  ): Promise<T | 'exists' | 'stale'> => {
    try {
      await inTable(work);
      return outcome;
    } catch (error) {
      if (isConflict(error)) return 'exists';
      if (isStale(error) || isNotFound(error)) return 'stale';
      throw error;
    }
  };

  const removeRow = async (partition: string, rowKey: string): Promise<void> => {
    try {
      await inTable((table) => table.deleteEntity(partition, rowKey));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };

  /**
   * Whether a row is what a write that was refused would have made of it: a call whose answer was lost
   * is tried again by the library, and then finds that it has been carried out.
   */
  const isWritten = async (written: { readonly rowKey: string }): Promise<boolean> => {
    const row = await readRow(PARTITION, written.rowKey);
    return row !== undefined && isSame(row, written);
  };

  /** However it is changed meanwhile; not one of its id that was created since. */
  const removeListed = async ({ id, uid }: DesignArtifact): Promise<void> => {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const there = await store.findArtifact(id);
      if (there?.value.uid !== uid) return;
      if ((await store.removeArtifact(id, there.etag)) === 'removed') return;
    }
    throw new Error(`The artifact ${id} was changed ${MOST_TRIES} times while it was removed.`);
  };

  const store: DesignStore = {
    async listPackages() {
      const rows = await listRows(PARTITION, PACKAGES);
      return rows.filter((row) => row['closed'] !== true).map(packageOf);
    },

    async findPackage(id) {
      const row = await readRow(PARTITION, PACKAGES + encodeKey(id));
      if (row === undefined || row['closed'] === true) return undefined;
      return { value: packageOf(row), etag: row.etag };
    },

    async createPackage(value) {
      const create = () => write((table) => table.createEntity(packageRow(value)), 'created');
      let outcome = await create();
      if (outcome === 'exists') {
        const row = await readRow(PARTITION, PACKAGES + encodeKey(value.id));
        if (row?.['closed'] === true) await store.removePackage(value.id);
        if (row === undefined || row['closed'] === true) outcome = await create();
      }
      return outcome === 'created' ? 'created' : 'exists';
    },

    async replacePackage(value, etag) {
      const outcome = await write(
        (table) => table.updateEntity(packageRow(value), 'Replace', { etag }),
        'replaced',
      );
      return outcome === 'replaced' ? 'replaced' : 'stale';
    },

    async removePackage(id) {
      const rowKey = PACKAGES + encodeKey(id);
      const closing = { partitionKey: PARTITION, rowKey, closed: true };
      const closed = await unlessStale(() =>
        inTable((table) => table.updateEntity(closing, 'Merge', { etag: '*' })),
      );
      if (closed === undefined) return undefined;
      const artifacts = await store.listArtifacts(id);
      // Another has removed it meanwhile, and what is listed may be of one that was created anew.
      if ((await readRow(PARTITION, rowKey))?.['closed'] !== true) return [];
      for (const artifact of artifacts) await removeListed(artifact);
      // One that has closed it too removes it.
      const { etag = '*' } = closed;
      await unlessStale(() => inTable((table) => table.deleteEntity(PARTITION, rowKey, { etag })));
      return artifacts;
    },

    async listArtifacts(packageId) {
      const inPackage =
        packageId === undefined ? '' : ` and packageId eq '${quote(encodeKey(packageId))}'`;
      return (await listRows(PARTITION, ARTIFACTS, inPackage)).map(artifactOf);
    },

    async findArtifact(id) {
      const row = await readRow(PARTITION, ARTIFACTS + encodeKey(id));
      return row && { value: artifactOf(row), etag: row.etag };
    },

    async createArtifact(value, inPackage: Stored<IntegrationPackage>) {
      const touched: IntegrationPackage = {
        ...inPackage.value,
        modifiedAt: value.createdAt,
        modifiedBy: value.createdBy,
      };
      const actions: TransactionAction[] = [
        ['update', packageRow(touched), 'Replace', { etag: inPackage.etag }],
        ['create', artifactRow(value)],
      ];
      const outcome = await write((table) => table.submitTransaction(actions), 'created');
      const isThere = outcome !== 'created' && (await isWritten(artifactRow(value)));
      return isThere ? 'created' : outcome;
    },

    async writePackage(inPackage, artifacts) {
      const steps = [...batches(artifacts)];
      let etag = inPackage.etag;
      for (const [i, step] of steps.entries()) {
        const isLast = i === steps.length - 1;
        const value: IntegrationPackage = isLast
          ? inPackage.value
          : { ...inPackage.value, unfinished: true };
        const inStep = packageRow(value);
        const actions = [
          action(inStep, etag),
          ...step.map(({ row, etag: own }) => action(row, own)),
        ];
        try {
          const { subResponses } = await inTable((table) => table.submitTransaction(actions));
          etag = subResponses[0]?.etag;
        } catch (error) {
          if (!isConflict(error) && !isStale(error) && !isNotFound(error)) throw error;
          const row = await readRow(PARTITION, PACKAGES + encodeKey(value.id));
          if (row?.['closed'] === true) await store.removePackage(value.id);
          else if (row !== undefined && isSame(row, inStep)) {
            // The same in every step but the last: its artifacts tell.
            const last = step.at(-1)?.row ?? inStep;
            etag = row.etag;
            if (await isWritten(last)) continue;
          }
          return i === 0 ? 'stale' : 'begun';
        }
        if (!isLast && etag === undefined) throw new Error('The storage service sent no ETag.');
      }
      return 'written';
    },

    async replaceArtifact(value, etag) {
      const outcome = await write(
        (table) => table.updateEntity(artifactRow(value), 'Replace', { etag }),
        'replaced',
      );
      const isThere = outcome === 'replaced' || (await isWritten(artifactRow(value)));
      return isThere ? 'replaced' : 'stale';
    },

    async removeArtifact(id, etag) {
      const outcome = await write(
        (table) => table.deleteEntity(PARTITION, ARTIFACTS + encodeKey(id), { etag }),
        'removed',
      );
      return outcome === 'removed' ? 'removed' : 'stale';
    },

    async findVersion(uid, version) {
      const row = await readRow(joinKey('version', uid), encodeKey(version));
      return row && artifactOf(row);
    },

    async listVersions(uid) {
      const filter = `PartitionKey eq '${quote(joinKey('version', uid))}'`;
      return inTable(async (table) => {
        const versions: DesignArtifact[] = [];
        for await (const row of table.listEntities<Row>({ queryOptions: { filter } })) {
          versions.push(artifactOf(row));
        }
        return versions;
      });
    },

    async createVersion(value) {
      const row = {
        ...packJson(value),
        partitionKey: joinKey('version', value.uid),
        rowKey: encodeKey(value.version),
      };
      const outcome = await write((table) => table.createEntity(row), 'created');
      return outcome === 'created' ? 'created' : 'exists';
    },

    async removeVersion(uid, version) {
      await removeRow(joinKey('version', uid), encodeKey(version));
    },
  };
  return store;
}

/** OData string literals double their quotes; encoded keys hold none, so this is the second lock. */
function quote(text: string): string {
  return text.replaceAll("'", "''");
}
