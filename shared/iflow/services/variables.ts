import { asText } from '../expressions/simple.ts';
import { type Body, bodyText, type Value } from '../exchange.ts';
import { type DataStores, type StoreName, VARIABLES } from './data-stores.ts';

/** SAP Help, Define Write Variables; every write begins it anew. */
const RETENTION_MS = 400 * 86_400_000;

/** Values that flows keep for later messages; of one iFlow, or with flowId '' of all of them. */
export interface Variables {
  /** undefined for one that was never written, was deleted or has expired. */
  read(flowId: string, name: string): Promise<Value | undefined>;
  write(variable: {
    readonly flowId: string;
    readonly name: string;
    readonly value: Value;
    /** Of the message that writes it. */
    readonly messageId: string;
  }): Promise<void>;
}

export function createVariables(stores: DataStores, now: () => number): Variables {
  return {
    async read(flowId, name) {
      const entry = await stores.get(storeOf(flowId), name);
      return entry === undefined ? undefined : valueOf(entry.content.body);
    },

    async write({ flowId, name, value, messageId }) {
      const createdAt = now();
      const expiresAt = createdAt + RETENTION_MS;
      const times = { createdAt, dueAt: expiresAt, expiresAt };
      const content = { body: JSON.stringify(value), headers: [] };
      await stores.put(storeOf(flowId), { id: name, messageId, ...times, content }, true);
    },
  };
}

/** A variable's value as text, as whoever operates flows sees it. */
export const variableText = (body: Body): string => asText(valueOf(body));

const storeOf = (flowId: string): StoreName => ({ flowId, name: VARIABLES });

const valueOf = (body: Body): Value => JSON.parse(bodyText(body)) as Value;
