import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import type { TableClient, TransactionAction } from '@azure/data-tables';
import {
  CompiledTooLarge,
  type DeploymentStore,
  type StoredDeployment,
} from '../iflow/deployment/deployment-store.ts';
import { readStoredFlow, type StoredFlow, toStoredFlow } from '../iflow/flow.ts';
import type { CompiledValueMapping } from '../iflow/value-mapping/compiled.ts';
import { encodeKey, joinKey, upTo } from './keys.ts';
import { packBytes, packJson, ROW_CAPACITY, unpackBytes, unpackJson } from './packed-json.ts';
import { isConflict, isNotFound, isStale, type Tables } from './tables.ts';

/** All deployments (`d|<id>`) and the generation row that guards them. */
const PARTITION = 'deployments';
const GENERATION = 'generation';
const DEPLOYMENTS = 'd|';

/** Of one compiled artifact: instances keep many of them in memory. */
const MOST_CHARACTERS = 16 * 1024 * 1024;
/** Rows of one compiled artifact, at most: 24 MiB compressed. */
const MOST_ROWS = Math.floor((24 * 1024 * 1024) / ROW_CAPACITY);

interface Row {
  readonly etag: string;
  readonly [property: string]: unknown;
}

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/**
 * Compiled flows and value mappings are kept in table rows (partition `flow|<revision>`, rows `0`, `1`…), compressed:
 * nearly every flow is one row, and an instance that starts cold serves its first message without
 * loading the blob library.
 */
export function openDeploymentStore(tables: Tables): DeploymentStore {
  const inTable = <T>(work: (table: TableClient) => Promise<T>): Promise<T> =>
    tables.withTable('deployments', work);

  const readGenerationRow = async (): Promise<{ value: string; etag: string } | undefined> => {
    try {
      const row = await inTable((table) => table.getEntity<Row>(PARTITION, GENERATION));
      return { value: String(row['value']), etag: row.etag };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  const readCompiledRow = async (revision: string, index: number): Promise<Row | undefined> => {
    try {
      return await inTable((table) =>
        table.getEntity<Row>(joinKey('flow', revision), String(index)),
      );
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  const writeCompiled = async (revision: string, text: string): Promise<void> => {
    if (text.length > MOST_CHARACTERS) throw new CompiledTooLarge();
    const bytes = await compress(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
    const rows = Math.max(1, Math.ceil(bytes.length / ROW_CAPACITY));
    if (rows > MOST_ROWS) throw new CompiledTooLarge();
    for (let i = 0; i < rows; i += 1) {
      const part = bytes.subarray(i * ROW_CAPACITY, (i + 1) * ROW_CAPACITY);
      const row = {
        ...packBytes(part),
        partitionKey: joinKey('flow', revision),
        rowKey: String(i),
        rows,
      };
      await inTable((table) => table.upsertEntity(row, 'Replace'));
    }
  };

  const readCompiled = async (revision: string): Promise<string | undefined> => {
    const first = await readCompiledRow(revision, 0);
    if (first === undefined) return undefined;
    const parts = [unpackBytes(first)];
    for (let i = 1; i < Number(first['rows']); i += 1) {
      const row = await readCompiledRow(revision, i);
      if (row === undefined) return undefined;
      parts.push(unpackBytes(row));
    }
    return (await decompress(Buffer.concat(parts))).toString('utf8');
  };

  return {
    async readGeneration() {
      return (await readGenerationRow())?.value ?? '';
    },

    async readState() {
      // Read first: a change that slips in while the list is read makes this guard stale.
      const generation = await readGenerationRow();
      const filter = `PartitionKey eq '${PARTITION}' and RowKey ge '${DEPLOYMENTS}' and RowKey lt '${upTo(DEPLOYMENTS)}'`;
      const deployments = await inTable(async (table) => {
        const found: StoredDeployment[] = [];
        for await (const row of table.listEntities<Row>({ queryOptions: { filter } })) {
          found.push(unpackJson(row) as StoredDeployment);
        }
        return found;
      });
      return { generation: generation?.value ?? '', etag: generation?.etag, deployments };
    },

    async commit(state, change, nextGeneration) {
      const generation = { partitionKey: PARTITION, rowKey: GENERATION, value: nextGeneration };
      const actions: TransactionAction[] = [
        state.etag === undefined
          ? ['create', generation]
          : ['update', generation, 'Replace', { etag: state.etag }],
        'put' in change
          ? ['upsert', deploymentRow(change.put), 'Replace']
          : ['delete', { partitionKey: PARTITION, rowKey: DEPLOYMENTS + encodeKey(change.remove) }],
      ];
      try {
        await inTable((table) => table.submitTransaction(actions));
        return 'committed';
      } catch (error) {
        if (isStale(error) || isConflict(error) || isNotFound(error)) return 'stale';
        throw error;
      }
    },

    writeFlow: (revision, flow) => writeCompiled(revision, JSON.stringify(toStoredFlow(flow))),

    async readFlow(revision) {
      const text = await readCompiled(revision);
      return text === undefined ? undefined : readStoredFlow(JSON.parse(text) as StoredFlow);
    },

    writeValueMapping: (revision, mapping) => writeCompiled(revision, JSON.stringify(mapping)),

    async readValueMapping(revision) {
      const text = await readCompiled(revision);
      return text === undefined ? undefined : (JSON.parse(text) as CompiledValueMapping);
    },

    async removeCompiled(revision) {
      const first = await readCompiledRow(revision, 0);
      for (let i = Number(first?.['rows'] ?? 0) - 1; i >= 0; i -= 1) {
        try {
          await inTable((table) => table.deleteEntity(joinKey('flow', revision), String(i)));
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
      }
    },
  };
}

function deploymentRow(stored: StoredDeployment) {
  return {
    ...packJson(stored),
    partitionKey: PARTITION,
    rowKey: DEPLOYMENTS + encodeKey(stored.deployment.id),
  };
}
