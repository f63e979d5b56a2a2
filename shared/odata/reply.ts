import type { HttpReply } from '../http/call.ts';
import { furtherKeys } from './audited-changes.ts';
import { collectionAtom, entityAtom } from './atom-writer.ts';
import { collectionJson, entityJson, type EntityView } from './json-writer.ts';
import { type Entity, type EntityType, relativeUri, textOf } from './model.ts';
import {
  applyOptions,
  COLLECTION_OPTIONS,
  COUNT_OPTIONS,
  ENTITY_OPTIONS,
  parseQueryOptions,
  type QueryOptions,
} from './query-options.ts';
import type { ODataReply, ODataRequest, Routes } from './request.ts';

/** Loads what a navigation leads to, when `$expand` asks for it. */
export type Expanders = Readonly<Record<string, (entity: Entity) => Promise<readonly Entity[]>>>;

const VERSION = { DataServiceVersion: '2.0' };

/** One entity, with `$select` and `$expand`. */
export async function replyEntity(
  request: ODataRequest,
  type: EntityType,
  entity: Entity,
  expanders: Expanders = {},
): Promise<HttpReply> {
  const options = parseQueryOptions(request.call.url, type, ENTITY_OPTIONS);
  const [view] = await viewsOf([entity], options, expanders);
  return entityReply(request, 200, type, view ?? { entity, expanded: {} }, options.select);
}

/**
 * 201 with the entity and its address.
 * @param related what its navigations lead to, written into it.
 */
export function replyCreated(
  request: ODataRequest,
  type: EntityType,
  entity: Entity,
  related: Readonly<Record<string, readonly Entity[]>> = {},
): ODataReply {
  const expanded = Object.fromEntries(
    Object.entries(related).map(([name, entities]) => [name, entities.map(plainView)]),
  );
  const reply = entityReply(request, 201, type, { entity, expanded }, undefined);
  const location = request.base + relativeUri(type, entity);
  const detail = furtherKeys(type.keys, (key) => textOf(entity, key));
  return {
    ...reply,
    headers: { ...reply.headers, Location: location },
    audit: { name: textOf(entity, type.keys[0] ?? ''), ...(detail === '' ? {} : { detail }) },
  };
}

function entityReply(
  request: ODataRequest,
  status: number,
  type: EntityType,
  view: EntityView,
  select: ReadonlySet<string> | undefined,
): HttpReply {
  const as = { base: request.base, type, select };
  return request.json
    ? { status, headers: jsonHeaders(), body: entityJson(view, as) }
    : {
        status,
        headers: atomHeaders('entry'),
        body: entityAtom(view, as, request.call.receivedAt),
      };
}

/** A page of entities that was chosen already. */
export async function replyPage(
  request: ODataRequest,
  type: EntityType,
  page: readonly Entity[],
  about: {
    readonly options: QueryOptions;
    readonly count?: number | undefined;
    readonly next?: string | undefined;
  },
  expanders: Expanders = {},
): Promise<HttpReply> {
  const { options, count, next } = about;
  const views = await viewsOf(page, options, expanders);
  const as = { base: request.base, type, select: options.select };
  if (request.json) {
    return {
      status: 200,
      headers: jsonHeaders(),
      body: collectionJson(views, as, { count, next }),
    };
  }
  const path = request.call.url.pathname.replace(/^\/api\/v1\/?/, '');
  const feed = { path, updatedAt: request.call.receivedAt, count, next };
  return { status: 200, headers: atomHeaders('feed'), body: collectionAtom(views, as, feed) };
}

/**
 * The address for `__next`: that of the request, with other query options.
 * @param changes undefined takes an option away.
 */
export function nextPage(
  request: ODataRequest,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const { pathname, searchParams } = request.call.url;
  const next = new URLSearchParams(searchParams);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(name);
    else next.set(name, value);
  }
  return `${request.base}${pathname.replace(/^\/api\/v1\//, '')}?${next.toString()}`;
}

/** Entities that a change is answered with. */
export function replyEntities(
  request: ODataRequest,
  type: EntityType,
  entities: readonly Entity[],
): Promise<HttpReply> {
  return replyPage(request, type, entities, { options: NO_OPTIONS });
}

const NO_OPTIONS: QueryOptions = {
  filter: undefined,
  orderBy: [],
  top: undefined,
  skip: 0,
  select: undefined,
  expand: new Set(),
  inlineCount: false,
};

/** A bare number (`/$count`). */
export function replyCount(count: number): HttpReply {
  return {
    status: 200,
    headers: { 'Content-Type': 'text/plain;charset=utf-8', ...VERSION },
    body: String(count),
  };
}

/** A collection whose entities are all at hand, and its `/$count`. */
export function collectionRoutes(
  shape: string,
  type: EntityType,
  load: (request: ODataRequest) => Promise<readonly Entity[]>,
  expanders: Expanders = {},
): Routes {
  return {
    [shape]: {
      GET: async (request) => {
        const options = parseQueryOptions(request.call.url, type, COLLECTION_OPTIONS);
        const { page, count } = applyOptions(await load(request), options);
        const about = { options, count: options.inlineCount ? count : undefined };
        return replyPage(request, type, page, about, expanders);
      },
    },
    [`${shape}/$count`]: {
      GET: async (request) => {
        const options = parseQueryOptions(request.call.url, type, COUNT_OPTIONS);
        return replyCount(applyOptions(await load(request), options).count);
      },
    },
  };
}

async function viewsOf(
  entities: readonly Entity[],
  options: QueryOptions,
  expanders: Expanders,
): Promise<EntityView[]> {
  const views: EntityView[] = [];
  for (const entity of entities) {
    const expanded: Record<string, EntityView[]> = {};
    for (const name of options.expand) {
      const related = (await expanders[name]?.(entity)) ?? [];
      expanded[name] = related.map(plainView);
    }
    views.push({ entity, expanded });
  }
  return views;
}

const plainView = (entity: Entity): EntityView => ({ entity, expanded: {} });

const jsonHeaders = () => ({ 'Content-Type': 'application/json', ...VERSION });
const atomHeaders = (kind: 'entry' | 'feed') => ({
  'Content-Type': `application/atom+xml;type=${kind};charset=utf-8`,
  ...VERSION,
});
