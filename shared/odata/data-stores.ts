import type { HttpReply } from '../http/call.ts';
import { propertyLine } from '../iflow/bundle/properties.ts';
import { deflateEntry, storeEntry, writeZip } from '../iflow/bundle/zip.ts';
import { bodyBytes } from '../iflow/exchange.ts';
import { asText } from '../iflow/expressions/simple.ts';
import {
  type DataStoreOverview,
  type DataStores,
  type EntriesOf,
  type StoredEntry,
  type StoreName,
  type StoreUsage,
  VARIABLES,
} from '../iflow/services/data-stores.ts';
import { variableText } from '../iflow/services/variables.ts';
import { ODataError } from './errors.ts';
import type { Entity, EntityType } from './model.ts';
import { keyValues } from './path.ts';
import { parseQueryOptions } from './query-options.ts';
import { collectionRoutes, nextPage, replyEntity, replyPage } from './reply.ts';
import type { ODataRequest, Routes } from './request.ts';

const dataStoreEntryType: EntityType = {
  name: 'DataStoreEntry',
  set: 'DataStoreEntries',
  keys: ['Id', 'DataStoreName', 'IntegrationFlow', 'Type'],
  properties: {
    Id: 'Edm.String',
    DataStoreName: 'Edm.String',
    IntegrationFlow: 'Edm.String',
    Type: 'Edm.String',
    Status: 'Edm.String',
    MessageId: 'Edm.String',
    DueAt: 'Edm.DateTime',
    CreatedAt: 'Edm.DateTime',
    RetainUntil: 'Edm.DateTime',
  },
  navigations: {},
  media: true,
};

const dataStoreType: EntityType = {
  name: 'DataStore',
  set: 'DataStores',
  keys: ['DataStoreName', 'IntegrationFlow', 'Type'],
  properties: {
    DataStoreName: 'Edm.String',
    IntegrationFlow: 'Edm.String',
    Type: 'Edm.String',
    Visibility: 'Edm.String',
    NumberOfMessages: 'Edm.Int64',
    NumberOfOverdueMessages: 'Edm.Int64',
  },
  navigations: { Entries: { type: dataStoreEntryType, many: true } },
  media: false,
};

const variableType: EntityType = {
  name: 'Variable',
  set: 'Variables',
  keys: ['VariableName', 'IntegrationFlow'],
  properties: {
    VariableName: 'Edm.String',
    IntegrationFlow: 'Edm.String',
    Visibility: 'Edm.String',
    UpdatedAt: 'Edm.DateTime',
    RetainUntil: 'Edm.DateTime',
  },
  navigations: {},
  media: true,
};

/** Types with an entity set of their own, for `$metadata`. */
export const dataStoreTypes: readonly EntityType[] = [
  dataStoreType,
  dataStoreEntryType,
  variableType,
];

/** Where contents of messages are read. */
export const ENTRY_CONTENT = 'DataStoreEntries()/$value';
export const VARIABLE_CONTENT = 'Variables()/$value';

/** Entries of one store that are counted: as many as one Select takes. */
const MOST_COUNTED = 100_000;
/** Entries of one answer; a longer list goes on at `__next`. SAP has no other options for them. */
const PAGE = 1000;
const PAGE_OPTIONS = ['$select', '$format', '$skiptoken'];

/**
 * `DataStores`, `DataStoreEntries` and `Variables` (SAP Help, Message Stores). `Type` is SAP's word for stores
 * that adapters keep; there are none, and it is empty.
 */
export function dataStoreRoutes(dataStores: DataStores & DataStoreOverview): Routes {
  const findEntry = async (request: ODataRequest): Promise<StoredEntry> => {
    const [id = '', name = '', flowId = '', type = ''] = keyValues(
      request.segments[0],
      dataStoreEntryType.keys,
    );
    return found(
      type === '' && name !== VARIABLES && (await dataStores.find({ flowId, name }, id)),
    );
  };
  const findVariable = async (request: ODataRequest): Promise<StoredEntry> => {
    const [name = '', flowId = ''] = keyValues(request.segments[0], variableType.keys);
    return found(await dataStores.find({ flowId, name: VARIABLES }, name));
  };
  const page = async (request: ODataRequest, of: EntriesOf): Promise<HttpReply> => {
    const options = parseQueryOptions(request.call.url, dataStoreEntryType, PAGE_OPTIONS);
    const after = request.call.url.searchParams.get('$skiptoken') ?? undefined;
    const { entries, next } = await listPage(dataStores, of, after);
    const about = { options, next: next && nextPage(request, { $skiptoken: next }) };
    return replyPage(request, dataStoreEntryType, entries.map(entryEntity), about);
  };
  const content = async ({ store, id }: StoredEntry) =>
    found(await dataStores.get(store, id)).content;
  const remove = async ({ store, id }: StoredEntry): Promise<HttpReply> => {
    found(await dataStores.remove(store, id));
    return { status: 202 };
  };

  return {
    ...collectionRoutes('DataStores', dataStoreType, async (request) => {
      const usage = await dataStores.usage(MOST_COUNTED);
      const overdueOnly = request.call.url.searchParams.get('overdueonly') === 'true';
      return usage.filter(({ overdue }) => !overdueOnly || overdue > 0).map(storeEntity);
    }),
    'DataStores()': {
      GET: async (request) => {
        const usage = found(await dataStores.usageOf(storeOf(request), MOST_COUNTED));
        return replyEntity(request, dataStoreType, storeEntity(usage));
      },
    },
    'DataStores()/Entries': {
      GET: async (request) => {
        const store = storeOf(request);
        found(await dataStores.usageOf(store, 1));
        return page(request, { store });
      },
    },
    DataStoreEntries: {
      GET: (request) => {
        const messageId = request.call.url.searchParams.get('messageid');
        return page(request, messageId === null ? { all: true } : { messageId });
      },
    },
    'DataStoreEntries()': {
      GET: async (request) =>
        replyEntity(request, dataStoreEntryType, entryEntity(await findEntry(request))),
      DELETE: async (request) => remove(await findEntry(request)),
    },
    [ENTRY_CONTENT]: {
      GET: async (request) => {
        const entry = await findEntry(request);
        const { body, headers } = await content(entry);
        const lines = headers.map(([name, value]) => propertyLine(name, asText(value)));
        return zipReply([
          storeEntry('body', bodyBytes(body)),
          deflateEntry('headers.prop', lines.map((line) => `${line}\n`).join('')),
        ]);
      },
    },
    ...collectionRoutes('Variables', variableType, async () =>
      (await listAll(dataStores, { name: VARIABLES })).map(variableEntity),
    ),
    'Variables()': {
      GET: async (request) =>
        replyEntity(request, variableType, variableEntity(await findVariable(request))),
      DELETE: async (request) => remove(await findVariable(request)),
    },
    [VARIABLE_CONTENT]: {
      GET: async (request) => {
        const variable = await findVariable(request);
        const value = variableText((await content(variable)).body);
        return zipReply([deflateEntry('headers.prop', `${propertyLine(variable.id, value)}\n`)]);
      },
    },
  };
}

function found<T>(value: T | undefined | false): T {
  if (value === undefined || value === false) throw ODataError.notFound();
  return value;
}

function storeOf(request: ODataRequest): StoreName {
  const [name = '', flowId = '', type = ''] = keyValues(request.segments[0], dataStoreType.keys);
  return found(type === '' && name !== VARIABLES && { name, flowId });
}

async function listPage(dataStores: DataStoreOverview, of: EntriesOf, after: string | undefined) {
  try {
    return await dataStores.list(of, { limit: PAGE, ...(after === undefined ? {} : { after }) });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw ODataError.badRequest('$skiptoken is what the address in __next holds.');
  }
}

async function listAll(dataStores: DataStoreOverview, of: EntriesOf): Promise<StoredEntry[]> {
  const all: StoredEntry[] = [];
  let after: string | undefined;
  do {
    const { entries, next } = await listPage(dataStores, of, after);
    all.push(...entries);
    after = next;
  } while (after !== undefined);
  return all;
}

const visibilityOf = ({ flowId }: StoreName): string =>
  flowId === '' ? 'Global' : 'Integration Flow';

function storeEntity({ store, entries, overdue }: StoreUsage): Entity {
  return {
    DataStoreName: store.name,
    IntegrationFlow: store.flowId,
    Type: '',
    Visibility: visibilityOf(store),
    NumberOfMessages: entries,
    NumberOfOverdueMessages: overdue,
  };
}

function entryEntity(entry: StoredEntry): Entity {
  return {
    Id: entry.id,
    DataStoreName: entry.store.name,
    IntegrationFlow: entry.store.flowId,
    Type: '',
    Status: entry.overdue ? 'Overdue' : 'Waiting',
    MessageId: entry.messageId,
    DueAt: entry.dueAt,
    CreatedAt: entry.createdAt,
    RetainUntil: entry.expiresAt,
  };
}

function variableEntity(entry: StoredEntry): Entity {
  return {
    VariableName: entry.id,
    IntegrationFlow: entry.store.flowId,
    Visibility: visibilityOf(entry.store),
    UpdatedAt: entry.createdAt,
    RetainUntil: entry.expiresAt,
  };
}

function zipReply(entries: Parameters<typeof writeZip>[0]): HttpReply {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/zip' },
    body: writeZip(entries),
  };
}
