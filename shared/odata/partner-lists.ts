import type { PartnerAdministration } from '../iflow/services/administer-partners.ts';
import type {
  PartnerEntity,
  PartnerEntityKind,
  PartnerKey,
} from '../iflow/services/partner-directory.ts';
import { ODataError } from './errors.ts';
import { conjunctsOf, type Filter, matches, propertiesOf } from './filter.ts';
import { type Entity, type EntityType, textOf } from './model.ts';
import {
  COLLECTION_OPTIONS,
  COUNT_OPTIONS,
  parseQueryOptions,
  type QueryOptions,
} from './query-options.ts';
import { nextPage, replyCount, replyPage } from './reply.ts';
import type { ODataRequest, Routes } from './request.ts';

interface PartnerList<K extends PartnerEntityKind> {
  readonly kind: K;
  readonly type: EntityType;
  readonly keyOf: (values: readonly string[]) => PartnerKey<K>;
  readonly entityOf: (entity: PartnerEntity) => Entity;
}

/**
 * Entities of one answer; a longer list goes on at `__next` (SAP Help, Requests for String Parameter,
 * Binary Parameter and Authorized User). Binary values of one answer are 7.5 MiB at most.
 */
const PAGE = 1000;
const PAGE_OF_BINARIES = 30;
/** There may be millions of entities, so they come in the order of their keys. */
const LIST_OPTIONS = [
  ...COLLECTION_OPTIONS.filter((option) => option !== '$orderby'),
  '$skiptoken',
] as const;

/** A list of the directory and its `/$count`. Only values that are in the answer, or filtered by, are read. */
export function partnerListRoutes<K extends PartnerEntityKind>(
  partners: Pick<PartnerAdministration, 'list' | 'find'>,
  { kind, type, keyOf, entityOf }: PartnerList<K>,
): Routes {
  async function* matching(
    filter: Filter | undefined,
    after?: PartnerKey<K>,
  ): AsyncGenerator<Entity, undefined> {
    const of = { pid: askedPid(filter), after, values: looksAtValue(filter) };
    for await (const found of partners.list(kind, of)) {
      const entity = entityOf(found);
      if (filter === undefined || matches(filter, entity)) yield entity;
    }
  }
  const count = async (filter: Filter | undefined): Promise<number> => {
    const found = matching(filter);
    let counted = 0;
    while ((await found.next()).done !== true) counted += 1;
    return counted;
  };
  const keysOf = (entity: Entity): string[] => type.keys.map((key) => textOf(entity, key));
  /** Without those that have been deleted meanwhile. */
  const withValues = async (page: readonly Entity[]): Promise<Entity[]> => {
    const found = await Promise.all(
      page.map((entity) => partners.find(kind, keyOf(keysOf(entity)))),
    );
    return found.filter((entity) => entity !== undefined).map(entityOf);
  };

  return {
    [type.set]: {
      GET: async (request) => {
        const options = parseQueryOptions(request.call.url, type, LIST_OPTIONS);
        const { filter, top } = options;
        const from = placeOf(request.call.url.searchParams.get('$skiptoken') ?? '0');
        const after = from.keys && keyOf(from.keys);
        const size = kind === 'binary' ? PAGE_OF_BINARIES : PAGE;
        const wanted = { skip: options.skip + from.skip, top: Math.min(top ?? size, size) };
        const { page, more } = await take(matching(filter, after), wanted);
        const last = page.at(-1);
        const goesOn = more && last !== undefined && top !== page.length;
        const next = goesOn
          ? nextPage(request, {
              $skiptoken: tokenOf(keysOf(last)),
              $skip: undefined,
              $top: top === undefined ? undefined : String(top - page.length),
            })
          : undefined;
        const shown = lacksValues(kind, options) ? await withValues(page) : page;
        const total = options.inlineCount ? await count(filter) : undefined;
        return replyPage(request, type, shown, { options, count: total, next });
      },
    },
    [`${type.set}/$count`]: {
      GET: async (request: ODataRequest) => {
        const { filter } = parseQueryOptions(request.call.url, type, COUNT_OPTIONS);
        return replyCount(await count(filter));
      },
    },
  };
}

async function take(
  entities: AsyncIterable<Entity>,
  { skip, top }: { readonly skip: number; readonly top: number },
): Promise<{ readonly page: readonly Entity[]; readonly more: boolean }> {
  const page: Entity[] = [];
  let passed = 0;
  for await (const entity of entities) {
    passed += 1;
    if (passed <= skip) continue;
    if (page.length === top) return { page, more: true };
    page.push(entity);
  }
  return { page, more: false };
}

const looksAtValue = (filter: Filter | undefined): boolean =>
  filter !== undefined && propertiesOf(filter).has('Value');

function lacksValues(kind: PartnerEntityKind, { filter, select }: QueryOptions): boolean {
  return kind === 'binary' && !looksAtValue(filter) && select?.has('Value') !== false;
}

/** The one partner whose entities the filter can let pass; undefined for any. */
function askedPid(filter: Filter | undefined): string | undefined {
  if (filter === undefined) return undefined;
  for (const one of conjunctsOf(filter)) {
    const isPid = one.kind === 'compare' && one.property === 'Pid' && one.operator === 'eq';
    if (isPid && typeof one.literal === 'string') return one.literal;
  }
  return undefined;
}

/** The keys of the last entity of a page: nothing is left out or comes twice when others are deleted. */
function tokenOf(keys: readonly string[]): string {
  return Buffer.from(JSON.stringify(keys), 'utf8').toString('base64url');
}

/** What {@link tokenOf} has made, or, as SAP's clients write it, how many entities come before. */
function placeOf(token: string): { readonly skip: number; readonly keys?: readonly string[] } {
  if (/^\d{1,9}$/.test(token)) return { skip: Number(token) };
  try {
    const keys: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (Array.isArray(keys) && keys.every((key) => typeof key === 'string')) {
      return { skip: 0, keys };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw ODataError.badRequest(
    '$skiptoken is what the address in __next holds, or how many entities come before.',
  );
}
