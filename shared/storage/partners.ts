import { odata } from '@azure/data-tables';
import type {
  ListedPartners,
  PartnerEntity,
  PartnerEntityKind,
  PartnerEntityOf,
  PartnerKey,
  PartnerStore,
} from '../iflow/services/partner-directory.ts';
import { encodeKey, joinKey, upTo } from './keys.ts';
import { packBytes, unpackBytes } from './packed-json.ts';
import { deleteWhere, readRow, type Row, textOf } from './rows.ts';
import { isNotFound, isTableMissing, type Tables, unlessThere } from './tables.ts';

/** How the partitions of a kind begin. */
const PREFIXES: Readonly<Record<PartnerEntityKind, string>> = {
  string: 'p|',
  binary: 'p|',
  alternative: 'a|',
  user: 'u|',
};
/** All that a row has but a binary value. */
const WITHOUT_BYTES = ['partitionKey', 'rowKey', 'kind', 'pid', 'entity'];
const ROWS_AT_ONCE = 1000;
/** Of 256 KiB at most. */
const BINARIES_AT_ONCE = 16;

/**
 * Table `partners`: a partition for the parameters of a partner (`p|<pid>`), one for each alternative id
 * (`a|<agency, scheme, id>`) and one for each user (`u|<user>`), so that each is found by what
 * flows ask with. Every row has its partner in `pid`.
 */
export function openPartners(tables: Tables): PartnerStore {
  return {
    async find<K extends PartnerEntityKind>(kind: K, key: PartnerKey<K>) {
      const { partitionKey, rowKey } = keysOf({ kind, ...key });
      const row = await tables.withTable('partners', (table) =>
        readRow(table, partitionKey, rowKey),
      );
      return row === undefined ? undefined : (entityOf(row) as PartnerEntityOf<K>);
    },

    async *list<K extends PartnerEntityKind>(kind: K, of: ListedPartners<K>) {
      const filter = filterOf(kind, of);
      const queryOptions = of.values ? { filter } : { filter, select: WITHOUT_BYTES };
      const maxPageSize = of.values && kind === 'binary' ? BINARIES_AT_ONCE : ROWS_AT_ONCE;
      try {
        const table = tables.table('partners');
        for await (const page of table.listEntities({ queryOptions }).byPage({ maxPageSize })) {
          for (const row of page) yield entityOf(row) as PartnerEntityOf<K>;
        }
      } catch (error) {
        // Nobody has written an entity yet.
        if (!isTableMissing(error)) throw error;
      }
    },

    async create(entity) {
      const created = await unlessThere(() =>
        tables.withTable('partners', (table) => table.createEntity(rowOf(entity))),
      );
      return created !== undefined;
    },

    async replace(entity) {
      try {
        await tables.withTable('partners', (table) => table.updateEntity(rowOf(entity), 'Replace'));
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    },

    async remove(kind, key) {
      const { partitionKey, rowKey } = keysOf({ kind, ...key });
      try {
        await tables.withTable('partners', (table) => table.deleteEntity(partitionKey, rowKey));
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    },

    async partners() {
      return tables.withTable('partners', async (table) => {
        const pids = new Set<string>();
        const select = ['partitionKey', 'pid'];
        for await (const row of table.listEntities<Row>({ queryOptions: { select } })) {
          pids.add(textOf(row, 'pid'));
        }
        return [...pids].sort();
      });
    },

    removePartner: (pid) =>
      tables.withTable('partners', (table) => deleteWhere(table, odata`pid eq ${pid}`)),
  };
}

type Key = { readonly kind: PartnerEntityKind } & Partial<
  Record<'pid' | 'id' | 'agency' | 'scheme' | 'user', string>
>;

/** A range of keys, so that storage reads no more of the table than it has to. */
function filterOf<K extends PartnerEntityKind>(
  kind: K,
  { pid, after }: Pick<ListedPartners<K>, 'pid' | 'after'>,
): string {
  const first = PREFIXES[kind];
  const parts = [odata`kind eq ${kind}`];
  if (pid !== undefined) parts.push(odata`pid eq ${pid}`);
  if (pid !== undefined && first === PREFIXES.string) {
    parts.push(odata`PartitionKey eq ${joinKey('p', pid)}`);
  } else {
    parts.push(odata`PartitionKey ge ${first} and PartitionKey lt ${upTo(first)}`);
  }
  if (after !== undefined) {
    const { partitionKey, rowKey } = keysOf({ kind, ...after });
    const later = odata`(PartitionKey gt ${partitionKey} or RowKey gt ${rowKey})`;
    parts.push(odata`PartitionKey ge ${partitionKey}`, later);
  }
  return parts.join(' and ');
}

function keysOf({ kind, pid = '', id = '', agency = '', scheme = '', user = '' }: Key) {
  switch (kind) {
    case 'string':
    case 'binary':
      return { partitionKey: joinKey('p', pid), rowKey: joinKey(kind, id) };
    case 'alternative':
      // Three texts that may be long: together they are cut and hashed as one.
      return {
        partitionKey: joinKey('a', JSON.stringify([agency, scheme, id])),
        rowKey: 'partner',
      };
    case 'user':
      return { partitionKey: joinKey('u', user), rowKey: encodeKey('partner') };
  }
}

/** `kind` and `pid` are asked for, a binary value is in packed bytes, and the rest is JSON. */
function rowOf(entity: PartnerEntity) {
  const { kind, pid, ...rest } = entity;
  const value = kind === 'binary' ? packBytes(entity.value) : {};
  const words = kind === 'binary' ? { ...rest, value: undefined } : rest;
  return { ...keysOf(entity), kind, pid, entity: JSON.stringify(words), ...value };
}

function entityOf(row: Row): PartnerEntity {
  const kind = textOf(row, 'kind');
  const words = JSON.parse(textOf(row, 'entity')) as object;
  const value = kind === 'binary' ? { value: unpackBytes(row) } : {};
  return { kind, pid: textOf(row, 'pid'), ...words, ...value } as PartnerEntity;
}
