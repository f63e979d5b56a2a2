import { odata, type TransactionAction } from '@azure/data-tables';
import type { JsonWebKey } from 'node:crypto';
import type { KeyStore } from '../jwt/key-store.ts';
import { isSigningAlgorithm, type StoredKey } from '../jwt/signing-key.ts';
import { joinKey } from './keys.ts';
import { type Row, textOf } from './rows.ts';
import { isConflict, isNotFound, isStale, type Tables } from './tables.ts';

const PARTITION = 'ring';
/** There once a version has raised the schema; without it, it is 1. */
const SCHEMA = 'schema';
/** Sorts before every other row, so the keys of a read are never older than its version. */
const GUARD = '!guard';

const keyRow = (kid: string): string => joinKey('key', kid);

/**
 * The key ring in the table `keys`: one partition with a row per key, a row per issuer, and a guard
 * row that is part of every change of the keys. Its ETag is the ring's version. Rows of other kinds
 * are a later version's.
 */
export function createKeyStore(tables: Tables): KeyStore {
  return {
    read: () =>
      tables.withTable('keys', async (table) => {
        let version: string | undefined;
        let schema = 1;
        const keys: StoredKey[] = [];
        const issuers: string[] = [];
        const rows = table.listEntities({
          queryOptions: { filter: odata`PartitionKey eq ${PARTITION}` },
        });
        for await (const row of rows) {
          if (row.rowKey === GUARD) version = row.etag;
          else if (row.rowKey === SCHEMA) schema = Number(row['version']);
          else if ('issuer' in row) issuers.push(textOf(row, 'issuer'));
          else if ('kid' in row) keys.push(...toKeys(row));
        }
        return { version, keys, issuers, schema };
      }),

    async change(version, { add, remove }) {
      const guard = { partitionKey: PARTITION, rowKey: GUARD };
      const actions: TransactionAction[] = [
        version === undefined ? ['create', guard] : ['update', guard, 'Merge', { etag: version }],
        ...add.map((key): TransactionAction => ['create', toRow(key)]),
        ...remove.map((kid): TransactionAction => [
          'delete',
          { partitionKey: PARTITION, rowKey: keyRow(kid) },
        ]),
      ];
      try {
        await tables.withTable('keys', (table) => table.submitTransaction(actions));
        return true;
      } catch (error) {
        if (isConflict(error) || isStale(error) || isNotFound(error)) return false;
        throw error;
      }
    },

    async addIssuer(issuer) {
      const row = { partitionKey: PARTITION, rowKey: joinKey('issuer', issuer), issuer };
      await tables.withTable('keys', (table) => table.upsertEntity(row, 'Replace'));
    },
  };
}

function toRow(key: StoredKey) {
  return {
    partitionKey: PARTITION,
    rowKey: keyRow(key.kid),
    kid: key.kid,
    alg: key.alg,
    publicJwk: JSON.stringify(key.publicJwk),
    sealedPrivateKey: key.sealedPrivateKey,
    // As text: milliseconds do not fit the table's 32-bit numbers.
    createdAt: String(key.createdAt),
    activeFrom: String(key.activeFrom),
  };
}

/** None for an algorithm that only a later version knows: its tokens are not ours to check. */
function toKeys(row: Row): readonly StoredKey[] {
  const alg = textOf(row, 'alg');
  if (!isSigningAlgorithm(alg)) return [];
  const key = {
    kid: textOf(row, 'kid'),
    alg,
    publicJwk: JSON.parse(textOf(row, 'publicJwk')) as JsonWebKey,
    sealedPrivateKey: textOf(row, 'sealedPrivateKey'),
    createdAt: Number(textOf(row, 'createdAt')),
    activeFrom: Number(textOf(row, 'activeFrom')),
  };
  return [key];
}
