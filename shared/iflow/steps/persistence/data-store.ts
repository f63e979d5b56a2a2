import { bodyBytes, bodyText, type Exchange, type HeaderMap } from '../../exchange.ts';
import { asText } from '../../expressions/simple.ts';
import type { CompiledNode } from '../../flow.ts';
import { type EntryContent, LARGEST_ENTRY, type ReadEntry } from '../../services/data-stores.ts';
import {
  checkEntryId,
  type EntryIdConfig,
  entryIds,
  messageIdOf,
  refuseVariables,
  type StoreConfig,
  storeOf,
} from './data-store-entry.ts';
import { joinBodies } from '../routing/gathering/joined-bodies.ts';
import { runTask } from '../run-task.ts';
import type { Step, StepContext } from '../step.ts';
import { StepFailure } from '../step-failure.ts';

export interface PutConfig extends StoreConfig {
  readonly entryId: EntryIdConfig;
  readonly override: boolean;
  readonly headers: boolean;
  readonly dueDays: number;
  readonly expireDays: number;
}

export interface GetConfig extends StoreConfig {
  readonly entryId: EntryIdConfig;
  /** Once the message is processed. */
  readonly remove: boolean;
  readonly mustExist: boolean;
}

export interface SelectConfig extends StoreConfig {
  /** How many entries; null for one. */
  readonly most: EntryIdConfig;
  /** Once the message is processed. */
  readonly remove: boolean;
}

export interface DeleteConfig extends StoreConfig {
  readonly entryId: EntryIdConfig;
}

const DAY_MS = 86_400_000;
/** Of one Select: what a message may hold beside them, and what can be read within its time. */
const MOST_SELECTED = { entries: 100_000, bytes: 40 * 1024 * 1024 };

/** SAP Help, Define Data Store Write Operations. Every content is encrypted, asked for or not. */
export const dataStorePut: Step = {
  async run(exchange, node, context) {
    const config = node.config as PutConfig;
    const store = storeOf(config, exchange, context);
    refuseVariables(store);
    const [given] = (await entryIds(config.entryId, exchange, node, context)) ?? [];
    const id = given ?? madeId(context);
    checkEntryId(id);
    const content: EntryContent = {
      body: exchange.body,
      headers: config.headers ? storedHeaders(exchange.headers) : [],
    };
    if (sizeOf(content) > LARGEST_ENTRY) {
      const text = `The message is above ${LARGEST_ENTRY} bytes, the most that a data store entry holds.`;
      throw new StepFailure('too_large', text);
    }
    const createdAt = context.environment.now();
    const entry = {
      id,
      messageId: messageIdOf(exchange),
      createdAt,
      dueAt: createdAt + config.dueDays * DAY_MS,
      expiresAt: createdAt + config.expireDays * DAY_MS,
      content,
    };
    const stores = await context.environment.services.dataStores();
    if (!(await stores.put(store, entry, config.override))) {
      const text = `DuplicateEntryException: the data store ${store.name} has an entry ${shown(id)} already.`;
      throw new StepFailure('duplicate_entry', text);
    }
    if (given === undefined) exchange.headers.set('SapDataStoreId', id);
    return undefined;
  },
};

/** SAP Help, Define Data Store Get Operations. */
export const dataStoreGet: Step = {
  async run(exchange, node, context) {
    const config = node.config as GetConfig;
    const store = storeOf(config, exchange, context);
    refuseVariables(store);
    const [id = ''] = (await entryIds(config.entryId, exchange, node, context)) ?? [];
    checkEntryId(id);
    const stores = await context.environment.services.dataStores();
    const entry = await stores.get(store, id);
    if (entry === undefined && config.mustExist) {
      const text = `The data store ${store.name} has no entry ${shown(id)}.`;
      throw new StepFailure('missing_entry', text);
    }
    exchange.headers.set('SAP_DatastoreEntryFound', String(entry !== undefined));
    if (entry === undefined) return undefined;
    exchange.body = entry.content.body;
    for (const [name, value] of entry.content.headers) exchange.headers.set(name, value);
    exchange.headers.set('SAP_DataStoreCreatedAt', entry.createdAt);
    exchange.headers.set('SAP_DataStoreExpiresAt', entry.expiresAt);
    if (config.remove) context.onCompletion(() => stores.removeRead(store, [entry]));
    return undefined;
  },
};

/** SAP Help, Define Data Store Select Operations: one XML document of all. */
export const dataStoreSelect: Step = {
  async run(exchange, node, context) {
    const config = node.config as SelectConfig;
    const store = storeOf(config, exchange, context);
    refuseVariables(store);
    const entries = await mostOf(config, exchange, node, context);
    const stores = await context.environment.services.dataStores();
    const found = await stores.select(store, { ...MOST_SELECTED, entries });
    exchange.body = await messagesXml(found, node, context);
    const read = found.map(({ id, version }) => ({ id, version }));
    if (config.remove) context.onCompletion(() => stores.removeRead(store, read));
    return undefined;
  },
};

/** SAP Help, Define Data Store Delete Operations; what is not there needs none. */
export const dataStoreDelete: Step = {
  async run(exchange, node, context) {
    const config = node.config as DeleteConfig;
    const store = storeOf(config, exchange, context);
    const ids = (await entryIds(config.entryId, exchange, node, context)) ?? [
      bodyText(exchange.body),
    ];
    const stores = await context.environment.services.dataStores();
    const { environment, deadline } = context;
    for (const id of ids) {
      if (environment.now() >= deadline) {
        const text = 'The flow ran out of time before all entries were deleted.';
        throw new StepFailure('timeout', text);
      }
      // An XPath that selects nothing, and texts that no entry can have.
      if (id !== '') await stores.remove(store, id);
    }
    return undefined;
  },
};

/** The header `SapDataStoreMaxResults` counts before the setting. */
async function mostOf(
  { most }: SelectConfig,
  exchange: Exchange,
  node: CompiledNode,
  context: StepContext,
): Promise<number> {
  const header = exchange.headers.get('SapDataStoreMaxResults') ?? null;
  const [set = '1'] = most === null ? [] : ((await entryIds(most, exchange, node, context)) ?? []);
  const written = (header === null ? set : asText(header)).trim();
  if (!/^[1-9]\d{0,8}$/.test(written)) {
    const text = `The number of messages to select is ${shown(written)}; it is a whole number from 1 on.`;
    throw new StepFailure('data_store', text);
  }
  return Math.min(Number(written), MOST_SELECTED.entries);
}

function messagesXml(
  entries: readonly ReadEntry[],
  node: CompiledNode,
  context: StepContext,
): Promise<string> {
  const bodies = joinBodies(entries.map(({ content }) => content.body));
  const ids = entries.map(({ id }) => id);
  return runTask('storedMessages', { ...bodies, ids }, node, context);
}

/** SAP Help: headers `Camel*` and `SAP_*` are not stored. */
function storedHeaders(headers: HeaderMap): EntryContent['headers'] {
  return [...headers].filter(([name]) => !/^(?:camel|sap_)/i.test(name));
}

function sizeOf({ body, headers }: EntryContent): number {
  return bodyBytes(body).length + Buffer.byteLength(JSON.stringify(headers));
}

/** Random, in the form of a UUID as SAP's are. */
function madeId({ environment }: StepContext): string {
  const hex = Buffer.from(environment.randomBytes(16)).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 100));
