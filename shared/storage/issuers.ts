import { odata } from '@azure/data-tables';
import type { TrustedIssuer } from '../registry/issuers/issuer.ts';
import type { IssuerStore } from '../registry/issuers/issuer-store.ts';
import { toHttpEtag, toStorageEtag } from './etags.ts';
import { encodeKey } from './keys.ts';
import { packJson, unpackJson } from './packed-json.ts';
import { readRow, readRows, type Row, toPage } from './rows.ts';
import { isConflict, type Tables, unlessStale } from './tables.ts';

/**
 * Table `issuers`: one partition with a row per trusted issuer, so that one query reads them all.
 * Changes are merged into the row: properties that a later version has added stay.
 */
const ISSUERS = 'issuers';

export function createIssuerStore(tables: Tables): IssuerStore {
  return {
    async read(issuerId) {
      const row = await tables.withTable('issuers', (table) =>
        readRow(table, ISSUERS, encodeKey(issuerId)),
      );
      return row === undefined ? undefined : { value: issuerOf(row), etag: toHttpEtag(row.etag) };
    },

    async create(issuer) {
      try {
        const { etag } = await tables.withTable('issuers', (table) =>
          table.createEntity(rowOf(issuer)),
        );
        return toHttpEtag(etag);
      } catch (error) {
        if (isConflict(error)) return undefined;
        throw error;
      }
    },

    async replace(issuer, etag) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return undefined;
      return unlessStale(async () => {
        const replaced = await tables.withTable('issuers', (table) =>
          table.updateEntity(rowOf(issuer), 'Merge', { etag: storageEtag }),
        );
        return toHttpEtag(replaced.etag);
      });
    },

    async remove(issuerId, etag) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return false;
      const removed = await unlessStale(() =>
        tables.withTable('issuers', (table) =>
          table.deleteEntity(ISSUERS, encodeKey(issuerId), { etag: storageEtag }),
        ),
      );
      return removed !== undefined;
    },

    async list({ after, limit }) {
      const all = odata`PartitionKey eq ${ISSUERS}`;
      const filter =
        after === undefined ? all : `${all} and ${odata`RowKey gt ${encodeKey(after)}`}`;
      const found = await tables.withTable('issuers', (table) => readRows(table, filter, limit));
      return toPage(found, issuerOf, (issuer) => issuer.issuerId);
    },
  };
}

function rowOf(issuer: TrustedIssuer) {
  return { partitionKey: ISSUERS, rowKey: encodeKey(issuer.issuerId), ...packJson(issuer) };
}

const issuerOf = (row: Row): TrustedIssuer => unpackJson(row) as TrustedIssuer;
