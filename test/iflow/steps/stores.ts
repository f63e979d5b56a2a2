import { randomUUID } from 'node:crypto';
import type { FlowEnvironment } from '../../../shared/iflow/engine.ts';
import type { DataStores, EntryInfo } from '../../../shared/iflow/services/data-stores.ts';
import { createVariables, type Variables } from '../../../shared/iflow/services/variables.ts';
import { openDataStores } from '../../../shared/storage/data-stores.ts';
import {
  openProcessedMessages,
  type ProcessedMessageTable,
} from '../../../shared/storage/processed-messages.ts';
import { createContentSealer } from '../../../shared/storage/sealed-content.ts';
import { openTables } from '../../../shared/storage/tables.ts';
import { testStorage } from '../../support/azurite.ts';
import { environmentOf, noServices, NOW } from '../running.ts';

export interface StoresUnderTest {
  readonly stores: DataStores;
  readonly variables: Variables;
  readonly messages: ProcessedMessageTable;
  /** Of a flow at that moment; {@link NOW} unless told. */
  readonly environment: (now?: number) => FlowEnvironment;
}

/** What flows keep beyond a message, on Azurite. */
export async function openStores(): Promise<StoresUnderTest> {
  const storage = await testStorage();
  const at = (now: number) => {
    const tables = openTables(storage);
    const clock = { now: () => now };
    const sealer = createContentSealer(Buffer.alloc(32, 7), 64 * 1024 * 1024);
    const stores = openDataStores({ tables, sealer, clock, randomUUID });
    const messages = openProcessedMessages({ tables, clock, randomUUID });
    return { stores, messages, variables: createVariables(stores, () => now) };
  };
  return {
    ...at(NOW),
    environment: (now = NOW) => {
      const { stores, messages, variables } = at(now);
      const services = {
        ...noServices,
        dataStores: () => Promise.resolve(stores),
        variables: () => Promise.resolve(variables),
        processedMessages: () => Promise.resolve(messages),
      };
      return { ...environmentOf(undefined, () => now), services };
    },
  };
}

/** An entry as a Write of the test would make it. */
export function entryOf(
  id: string,
  body: string,
): EntryInfo & { content: { body: string; headers: [] } } {
  const times = { createdAt: NOW, dueAt: NOW + 1000, expiresAt: NOW + 86_400_000 };
  return { id, messageId: '', ...times, content: { body, headers: [] } };
}
