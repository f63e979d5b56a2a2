import { asText, type Template } from '../../expressions/simple.ts';
import type { XPathExpression } from '../../expressions/xpath.ts';
import type { Exchange } from '../../exchange.ts';
import type { CompiledNode } from '../../flow.ts';
import { type StoreName, VARIABLES } from '../../services/data-stores.ts';
import { expressionsOn, rethrow, textsOf } from '../evaluating.ts';
import type { StepContext } from '../step.ts';
import { StepFailure } from '../step-failure.ts';
import { xpathTexts } from '../xpath-texts.ts';

export interface StoreConfig {
  readonly store: Template;
  readonly scope: 'iflow' | 'tenant';
}

/** How the id of an entry is written; null where the setting is empty. */
export type EntryIdConfig =
  { readonly template: Template } | { readonly xpath: XPathExpression } | null;

/** Stands between ids that one XPath selects: of the private use area, which no id has. */
export const BETWEEN_IDS = '\uE000';

/** SAP Help, Define Data Store Write Operations. */
export const LONGEST_STORE_NAME = 40;
const LONGEST_ID = 255;

/** @throws {StepFailure} when the name that comes out is none of a data store. */
export function storeOf(
  { store, scope }: StoreConfig,
  exchange: Exchange,
  context: StepContext,
): StoreName {
  const name = textsOf(exchange, context)(store);
  const fault = storeNameFault(name);
  if (fault !== undefined) throw new StepFailure('data_store', `The data store ${fault}.`);
  return { flowId: scope === 'iflow' ? context.flow.id : '', name };
}

/** What is wrong with the name of a data store. */
export function storeNameFault(name: string): string | undefined {
  if (name !== '' && name.length <= LONGEST_STORE_NAME && !/\s/.test(name)) return undefined;
  return `has the name ${JSON.stringify(name.slice(0, 100))}; it is a text of 1 to ${LONGEST_STORE_NAME} characters without spaces`;
}

/** Variables are in a store of their own kind: only Delete may name it. */
export function refuseVariables({ name }: StoreName): void {
  if (name !== VARIABLES) return;
  const text = `The data store ${VARIABLES} holds variables: write them with Write Variables, and read them with a content modifier.`;
  throw new StepFailure('data_store', text);
}

/** The ids that a setting comes to, several only of an XPath; undefined where it is empty. */
export async function entryIds(
  config: EntryIdConfig,
  exchange: Exchange,
  node: CompiledNode,
  context: StepContext,
): Promise<readonly string[] | undefined> {
  if (config === null) {
    const header = exchange.headers.get('SapDataStoreId');
    return header === undefined || header === null ? undefined : [asText(header)];
  }
  if ('template' in config) return [textsOf(exchange, context)(config.template)];
  const expressions = expressionsOn(exchange, context);
  try {
    const asked = [{ ...config, result: 'text' as const }];
    const [ids = ''] = await xpathTexts(asked, expressions, node, context);
    return ids.split(BETWEEN_IDS);
  } catch (error) {
    return rethrow(error);
  }
}

/** @throws {StepFailure} */
export function checkEntryId(id: string, what = 'data store entry'): void {
  if (id !== '' && id.length <= LONGEST_ID) return;
  const written = id === '' ? 'is empty' : `has ${id.length} characters`;
  throw new StepFailure(
    'data_store',
    `The name of the ${what} ${written}; it has 1 to ${LONGEST_ID} characters.`,
  );
}

/** Of the message whose processing this is. */
export function messageIdOf({ properties }: Exchange): string {
  return asText(properties.get('SAP_MessageProcessingLogID') ?? '').slice(0, 100);
}
