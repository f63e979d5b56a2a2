import { odata, type TransactionAction } from '@azure/data-tables';
import type { Client, StoredSecret, Versioned } from '../registry/client.ts';
import { DEFAULT_OAUTH_SETTINGS } from '../registry/client-defaults.ts';
import type { BootstrapStore, ClientStore } from '../registry/client-store.ts';
import { toHttpEtag, toStorageEtag } from './etags.ts';
import { encodeKey } from './keys.ts';
import { readRow, readRows, type Row, textOf, toPage } from './rows.ts';
import { isConflict, type Tables, unlessStale } from './tables.ts';

/**
 * Table `clients`: one partition per client id, so that no partition is hotter than its client.
 * Row `client` holds it, secrets' hashes included; row `origin` says what is remembered of the id
 * when the client is gone. Both are in one partition so that one batch can write them. Changes are
 * merged into the row: properties that a later version has added stay (docs/upgrades.md).
 */
const CLIENT = 'client';
const ORIGIN = 'origin';

export function createClientStore(tables: Tables): ClientStore & BootstrapStore {
  const submit = (actions: TransactionAction[]): Promise<string | undefined> =>
    tables.withTable('clients', async (table) => {
      const response = await table.submitTransaction(actions);
      return response.subResponses[0]?.etag;
    });
  return {
    async read(clientId) {
      const row = await tables.withTable('clients', (table) =>
        readRow(table, encodeKey(clientId), CLIENT),
      );
      return row === undefined ? undefined : versioned(row);
    },

    async create(client) {
      try {
        const { etag } = await tables.withTable('clients', (table) =>
          table.createEntity(rowOf(client)),
        );
        return toHttpEtag(etag);
      } catch (error) {
        if (isConflict(error)) return undefined;
        throw error;
      }
    },

    async replace(client, etag) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return undefined;
      return unlessStale(async () => {
        const replaced = await tables.withTable('clients', (table) =>
          table.updateEntity(rowOf(client), 'Merge', { etag: storageEtag }),
        );
        return toHttpEtag(replaced.etag);
      });
    },

    async retire(client, etag) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return undefined;
      const origin = { ...keysOf(client.clientId, ORIGIN), deleted: true };
      return unlessStale(async () =>
        toHttpEtag(
          await submit([
            ['update', rowOf(client), 'Merge', { etag: storageEtag }],
            ['upsert', origin, 'Merge'],
          ]),
        ),
      );
    },

    async remove(clientId, etag) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return false;
      const removed = await unlessStale(() =>
        tables.withTable('clients', (table) =>
          table.deleteEntity(encodeKey(clientId), CLIENT, { etag: storageEtag }),
        ),
      );
      return removed !== undefined;
    },

    async list({ after, limit }) {
      const rest = odata`RowKey eq ${CLIENT}`;
      const filter =
        after === undefined ? rest : `${odata`PartitionKey gt ${encodeKey(after)}`} and ${rest}`;
      const found = await tables.withTable('clients', (table) => readRows(table, filter, limit));
      return toPage(found, clientOf, (client) => client.clientId);
    },

    async readOrigin(clientId) {
      const row = await tables.withTable('clients', (table) =>
        readRow(table, encodeKey(clientId), ORIGIN),
      );
      if (row === undefined) return undefined;
      return {
        settingFingerprint:
          'settingFingerprint' in row ? textOf(row, 'settingFingerprint') : undefined,
        deleted: row['deleted'] === true,
      };
    },

    async createFromSetting(client, settingFingerprint) {
      try {
        await submit([
          ['create', rowOf(client)],
          ['create', { ...keysOf(client.clientId, ORIGIN), settingFingerprint }],
        ]);
        return true;
      } catch (error) {
        if (isConflict(error)) return false;
        throw error;
      }
    },

    async replaceFromSetting(client, etag, settingFingerprint) {
      const storageEtag = toStorageEtag(etag);
      if (storageEtag === undefined) return false;
      const origin = { ...keysOf(client.clientId, ORIGIN), settingFingerprint };
      const replaced = await unlessStale(() =>
        submit([
          ['update', rowOf(client), 'Merge', { etag: storageEtag }],
          ['upsert', origin, 'Merge'],
        ]),
      );
      return replaced !== undefined;
    },
  };
}

const keysOf = (
  clientId: string,
  rowKey: string,
): { readonly partitionKey: string; readonly rowKey: string } => ({
  partitionKey: encodeKey(clientId),
  rowKey,
});

/** What stands in the property `oauth`: all that clients of the first version did not have. */
type OAuthSettings = Pick<Client, keyof typeof DEFAULT_OAUTH_SETTINGS | 'tokensFrom'>;
type FirstSettings = Omit<Client, keyof OAuthSettings | 'secrets'>;

const isOAuthSetting = (name: string): boolean =>
  Object.hasOwn(DEFAULT_OAUTH_SETTINGS, name) || name === 'tokensFrom';

/**
 * Three properties because one holds 32,768 characters at most. `oauth` is one that an earlier
 * version leaves alone when it changes the client.
 */
function rowOf(client: Client) {
  const { secrets, ...settings } = client;
  const members = Object.entries(settings);
  const part = (oauth: boolean): string =>
    JSON.stringify(Object.fromEntries(members.filter(([name]) => isOAuthSetting(name) === oauth)));
  return {
    ...keysOf(client.clientId, CLIENT),
    settings: part(false),
    oauth: part(true),
    secrets: JSON.stringify(secrets),
  };
}

function clientOf(row: Row): Client {
  const settings = JSON.parse(textOf(row, 'settings')) as FirstSettings;
  const secrets = JSON.parse(textOf(row, 'secrets')) as readonly StoredSecret[];
  // The first version wrote none.
  const oauth =
    'oauth' in row ? (JSON.parse(textOf(row, 'oauth')) as Partial<OAuthSettings>) : undefined;
  return {
    ...DEFAULT_OAUTH_SETTINGS,
    tokensFrom: settings.createdAt,
    ...settings,
    ...oauth,
    secrets,
  };
}

function versioned(row: Row): Versioned<Client> {
  return { value: clientOf(row), etag: toHttpEtag(row.etag) };
}
