import { parseSimple } from '../../expressions/parse-simple.ts';
import type { Template } from '../../expressions/simple.ts';
import { compileXPath } from '../../expressions/xpath-engine.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import { VARIABLES } from '../../services/data-stores.ts';
import { attempt } from '../attempt.ts';
import type { CompileContext } from '../compiler.ts';
import type { DeleteConfig, GetConfig, PutConfig, SelectConfig } from './data-store.ts';
import {
  BETWEEN_IDS,
  type EntryIdConfig,
  type StoreConfig,
  storeNameFault,
} from './data-store-entry.ts';

/** SAP Help, Define Data Store Write Operations. */
const MOST_DAYS = 180;

export function compilePut(node: NodeModel, context: CompileContext): PutConfig {
  return {
    ...compileStore(node, context, false),
    entryId: compileEntryId(node, 'messageId', context),
    override: flag(node, 'override', false, context),
    headers: flag(node, 'includeMessageHeaders', false, context),
    dueDays: days(node, 'alert', '2', context),
    expireDays: days(node, 'expire', '30', context),
  };
}

export function compileGet(node: NodeModel, context: CompileContext): GetConfig {
  return {
    ...compileStore(node, context, false),
    entryId: compileEntryId(node, 'dataStoreId', context),
    remove: flag(node, 'delete', false, context),
    mustExist: flag(node, 'stopOnMissingEntry', true, context),
  };
}

export function compileSelect(node: NodeModel, context: CompileContext): SelectConfig {
  const most = compileEntryId(node, 'maxresults', context);
  const number = node.properties.get('maxresults') ?? '';
  if (!number.includes('${') && !/^\s*(?:[1-9]\d{0,8})?\s*$/.test(number)) {
    context.fault(
      `polls ${JSON.stringify(number.slice(0, 100))} messages; it is a whole number from 1 on`,
      { property: 'maxresults' },
    );
  }
  return {
    ...compileStore(node, context, false),
    most,
    remove: flag(node, 'delete', false, context),
  };
}

export function compileDelete(node: NodeModel, context: CompileContext): DeleteConfig {
  return {
    ...compileStore(node, context, true),
    entryId: compileEntryId(node, 'messageId', context),
  };
}

function compileStore(
  node: NodeModel,
  context: CompileContext,
  mayBeVariables: boolean,
): StoreConfig {
  const name = node.properties.get('storageName') ?? '';
  const about = { property: 'storageName' };
  const store = attempt(context, 'cannot set the data store: ', () => parseSimple(name)) ?? [];
  const fault = isConstant(store) ? storeNameFault(name) : undefined;
  if (fault !== undefined) context.fault(`works on a data store that ${fault}`, about);
  if (name === VARIABLES && !mayBeVariables) {
    context.fault(`works on the data store ${VARIABLES}, which holds variables`, about);
  }
  const visibility = node.properties.get('visibility') ?? '';
  if (!['local', 'global', ''].includes(visibility)) {
    context.fault(`has the visibility ${JSON.stringify(visibility.slice(0, 100))}`, {
      property: 'visibility',
    });
  }
  return { store, scope: visibility === 'local' ? 'iflow' : 'tenant' };
}

/**
 * SAP Help, Define Data Store Write Operations: an expression, or an XPath written `${xpath.…}`. A
 * Delete takes every node that it selects.
 */
function compileEntryId(node: NodeModel, property: string, context: CompileContext): EntryIdConfig {
  const written = node.properties.get(property) ?? '';
  if (written === '') return null;
  const what = property === 'maxresults' ? 'the number of messages' : 'the entry ID';
  const path = /^\s*\$\{xpath\.(.*)\}\s*$/s.exec(written)?.[1];
  if (path === undefined) {
    const template = attempt(context, `cannot set ${what}: `, () => parseSimple(written));
    return template === undefined ? null : { template };
  }
  // By itself first, so that the message names what is written.
  const xpath = attempt(context, `cannot set ${what}: `, () => {
    compileXPath(path, context.namespaces);
    const all = `string-join((${path}\n) ! string(.), '${BETWEEN_IDS}')`;
    return compileXPath(all, context.namespaces);
  });
  return xpath === undefined ? null : { xpath };
}

const isConstant = (template: Template): boolean =>
  template.every((part) => typeof part === 'string');

function flag(
  node: NodeModel,
  property: string,
  otherwise: boolean,
  context: CompileContext,
): boolean {
  const written = (node.properties.get(property) ?? '').trim().toLowerCase();
  if (written === '') return otherwise;
  if (written === 'true' || written === 'false') return written === 'true';
  context.fault(
    `has ${JSON.stringify(written.slice(0, 100))} for ${property}; it is true or false`,
    { property },
  );
  return otherwise;
}

function days(
  node: NodeModel,
  property: 'alert' | 'expire',
  otherwise: string,
  context: CompileContext,
): number {
  const written = (node.properties.get(property) ?? '').trim() || otherwise;
  const number = Number(written);
  if (/^\d{1,4}$/.test(written) && number >= 1 && number <= MOST_DAYS) return number;
  const what = property === 'alert' ? 'retention threshold' : 'expiration period';
  context.fault(
    `has the ${what} ${JSON.stringify(written.slice(0, 100))}; it is 1 to ${MOST_DAYS} days`,
    { property },
  );
  return Number(otherwise);
}
