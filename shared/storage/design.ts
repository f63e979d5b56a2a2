import type { TableClient, TransactionAction } from '@azure/data-tables';
import type {
  DesignArtifact,
  DesignStore,
  IntegrationPackage,
  Stored,
  Write,
} from '../iflow/design/design-store.ts';
import { encodeKey, joinKey, upTo } from './keys.ts';
import { packJson, unpackJson } from './packed-json.ts';
import { isConflict, isNotFound, isStale, type Tables } from './tables.ts';

/**
 * Packages (`p|<id>`) and active artifacts (`a|<id>`) share one partition, since creating an
 * artifact changes both in one batch. Saved versions have a partition for each artifact.
 */
const PARTITION = 'design';
const PACKAGES = 'p|';
const ARTIFACTS = 'a|';

interface Row {
  readonly etag: string;
  readonly [property: string]: unknown;
}

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
      const closed = await write(
        (table) =>
          table.updateEntity({ partitionKey: PARTITION, rowKey, closed: true }, 'Merge', {
            etag: '*',
          }),
        'closed',
      );
      if (closed !== 'closed') return undefined;
      const artifacts = await store.listArtifacts(id);
      for (const artifact of artifacts) {
        await removeRow(PARTITION, ARTIFACTS + encodeKey(artifact.id));
      }
      await removeRow(PARTITION, rowKey);
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
      return write((table) => table.submitTransaction(actions), 'created');
    },

    async writePackage(inPackage, artifacts) {
      const steps = [...batches(artifacts)];
      let etag = inPackage.etag;
      for (const [i, step] of steps.entries()) {
        const isLast = i === steps.length - 1;
        const value: IntegrationPackage = isLast
          ? inPackage.value
          : { ...inPackage.value, unfinished: true };
        const actions = [action(packageRow(value), etag), ...step];
        try {
          const { subResponses } = await inTable((table) => table.submitTransaction(actions));
          etag = subResponses[0]?.etag;
        } catch (error) {
          if (!isConflict(error) && !isStale(error) && !isNotFound(error)) throw error;
          const row = await readRow(PARTITION, PACKAGES + encodeKey(value.id));
          if (row?.['closed'] === true) await store.removePackage(value.id);
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
      return outcome === 'replaced' ? 'replaced' : 'stale';
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

function packageRow(value: IntegrationPackage) {
  return {
    ...packJson(value),
    partitionKey: PARTITION,
    rowKey: PACKAGES + encodeKey(value.id),
  };
}

function artifactRow(value: DesignArtifact) {
  return {
    ...packJson(value),
    partitionKey: PARTITION,
    rowKey: ARTIFACTS + encodeKey(value.id),
    packageId: encodeKey(value.packageId),
  };
}

const packageOf = (row: Row): IntegrationPackage => unpackJson(row) as IntegrationPackage;

/** Rows of the first version have no kind: there were iFlows only. */
const artifactOf = (row: Row): DesignArtifact => ({
  kind: 'IntegrationFlow',
  ...(unpackJson(row) as Omit<DesignArtifact, 'kind'> & Partial<Pick<DesignArtifact, 'kind'>>),
});

/** A batch has at most 100 rows, of which the package is one, and 4 MiB, in base64. */
const BATCH_ROWS = 99;
const BATCH_BYTES = 1_500_000;

/** At least one, which may be empty: the package is written with each. */
function batches(artifacts: readonly Write<DesignArtifact>[]): TransactionAction[][] {
  let last: TransactionAction[] = [];
  const all = [last];
  let bytes = 0;
  for (const { value, etag } of artifacts) {
    const row = artifactRow(value);
    const size = Object.values(row).reduce((sum, part) => sum + part.length, 0);
    if (last.length === BATCH_ROWS || (last.length > 0 && bytes + size > BATCH_BYTES)) {
      last = [];
      all.push(last);
      bytes = 0;
    }
    last.push(action(row, etag));
    bytes += size;
  }
  return all;
}

function action(
  row: { readonly partitionKey: string; readonly rowKey: string },
  etag: string | undefined,
): TransactionAction {
  return etag === undefined ? ['create', row] : ['update', row, 'Replace', { etag }];
}

/** OData string literals double their quotes; encoded keys hold none, so this is the second lock. */
function quote(text: string): string {
  return text.replaceAll("'", "''");
}
