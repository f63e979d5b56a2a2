import { odata } from '@azure/data-tables';
import type {
  PartnerEntity,
  PartnerEntityKind,
  PartnerEntityOf,
  PartnerKey,
  PartnerStore,
} from '../iflow/services/partner-directory.ts';
import { encodeKey, joinKey } from './keys.ts';
import { packBytes, unpackBytes } from './packed-json.ts';
import { deleteWhere, readRow, type Row, textOf } from './rows.ts';
import { isNotFound, type Tables, unlessThere } from './tables.ts';

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

    async list<K extends PartnerEntityKind>(kind: K, pid: string | undefined) {
      const ofKind = odata`kind eq ${kind}`;
      const filter = pid === undefined ? ofKind : `${ofKind} and ${odata`pid eq ${pid}`}`;
      return tables.withTable('partners', async (table) => {
        const found: PartnerEntityOf<K>[] = [];
        for await (const row of table.listEntities<Row>({ queryOptions: { filter } })) {
          found.push(entityOf(row) as PartnerEntityOf<K>);
        }
        return found;
      });
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
