import type { EntityView, Representation } from './json-writer.ts';
import { type EntityType, NAMESPACE, type PropertyType, relativeUri, type Value } from './model.ts';
import { escapeXml } from './xml.ts';

const DATA = 'http://schemas.microsoft.com/ado/2007/08/dataservices';
const DECLARATIONS = `xmlns="http://www.w3.org/2005/Atom" xmlns:m="${DATA}/metadata" xmlns:d="${DATA}"`;
const PROLOG = '<?xml version="1.0" encoding="utf-8"?>';

/** One entry (OData V2, Atom format). `updatedAt` in milliseconds since the epoch. */
export function entityAtom(view: EntityView, as: Representation, updatedAt: number): string {
  return PROLOG + entry(view, as, updatedAt, root(as.base));
}

export function collectionAtom(
  views: readonly EntityView[],
  as: Representation,
  about: {
    /** Relative to the service. */
    readonly path: string;
    readonly updatedAt: number;
    readonly count?: number | undefined;
    readonly next?: string | undefined;
  },
): string {
  return PROLOG + feed(views, as, about, root(as.base));
}

const root = (base: string): string => ` ${DECLARATIONS} xml:base="${escapeXml(base)}"`;

function feed(
  views: readonly EntityView[],
  as: Representation,
  about: Parameters<typeof collectionAtom>[2],
  attributes: string,
): string {
  const { type, base } = as;
  return [
    `<feed${attributes}><id>${escapeXml(base + about.path)}</id>`,
    `<title type="text">${type.set}</title><updated>${time(about.updatedAt)}Z</updated>`,
    '<author><name/></author>',
    `<link href="${escapeXml(about.path)}" rel="self" title="${type.set}"/>`,
    about.count === undefined ? '' : `<m:count>${about.count}</m:count>`,
    ...views.map((view) => entry(view, as, about.updatedAt, '')),
    about.next === undefined ? '' : `<link href="${escapeXml(about.next)}" rel="next"/>`,
    '</feed>',
  ].join('');
}

function entry(
  { entity, expanded }: EntityView,
  as: Representation,
  updatedAt: number,
  attributes: string,
): string {
  const { type, base, select } = as;
  const uri = relativeUri(type, entity);
  const shown = (name: string) => select === undefined || select.has(name);
  const properties = Object.entries(type.properties)
    .filter(([name]) => shown(name))
    .map(([name, propertyType]) => property(name, entity[name] ?? null, propertyType))
    .join('');
  const links = Object.entries(type.navigations)
    .filter(([name]) => shown(name))
    .map(([name, navigation]) => link(uri, name, navigation, expanded[name], base, updatedAt));
  const content = `<m:properties>${properties}</m:properties>`;
  return [
    `<entry${attributes}><id>${escapeXml(base + uri)}</id>`,
    `<title type="text">${type.set}</title><updated>${time(updatedAt)}Z</updated>`,
    '<author><name/></author>',
    `<link href="${escapeXml(uri)}" rel="edit" title="${type.name}"/>`,
    ...links,
    `<category term="${NAMESPACE}.${type.name}" scheme="${DATA}/scheme"/>`,
    type.media
      ? `<content type="application/octet-stream" src="${escapeXml(uri)}/$value"/>${content}`
      : `<content type="application/xml">${content}</content>`,
    '</entry>',
  ].join('');
}

function link(
  uri: string,
  name: string,
  navigation: { readonly type: EntityType; readonly many: boolean },
  views: readonly EntityView[] | undefined,
  base: string,
  updatedAt: number,
): string {
  const path = `${uri}/${name}`;
  const kind = navigation.many ? 'feed' : 'entry';
  const opening = `<link href="${escapeXml(path)}" rel="${DATA}/related/${name}" type="application/atom+xml;type=${kind}" title="${name}"`;
  if (views === undefined) return `${opening}/>`;
  const as = { base, type: navigation.type, select: undefined };
  const [first] = views;
  const inline = navigation.many
    ? feed(views, as, { path, updatedAt }, '')
    : first === undefined
      ? ''
      : entry(first, as, updatedAt, '');
  return `${opening}><m:inline>${inline}</m:inline></link>`;
}

function property(name: string, value: Value, type: PropertyType): string {
  if (typeof type !== 'string') {
    const members = Object.entries(type.properties).map(([member, memberType]) =>
      property(member, typeof value === 'object' ? (value?.[member] ?? null) : null, memberType),
    );
    return `<d:${name} m:type="${NAMESPACE}.${type.name}">${members.join('')}</d:${name}>`;
  }
  const typed = type === 'Edm.String' ? '' : ` m:type="${type}"`;
  if (value === null) return `<d:${name}${typed} m:null="true"/>`;
  if (typeof value === 'object') throw new TypeError(`${name} is a ${type}, not an object`);
  const text = type === 'Edm.DateTime' ? time(Number(value)) : escapeXml(String(value));
  return `<d:${name}${typed}>${text}</d:${name}>`;
}

/** OData V2 writes an `Edm.DateTime` in UTC and without a zone. */
function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, -1);
}
