import {
  type ComplexType,
  type Entity,
  type EntityType,
  NAMESPACE,
  type PrimitiveType,
  relativeUri,
  type Value,
} from './model.ts';

/** An entity with what `$expand` has added to it. */
export interface EntityView {
  readonly entity: Entity;
  readonly expanded: Readonly<Record<string, readonly EntityView[]>>;
}

export interface Representation {
  /** Of the service, ending in `/`. */
  readonly base: string;
  readonly type: EntityType;
  /** Members that are shown; undefined shows all. */
  readonly select: ReadonlySet<string> | undefined;
}

/** `{"d":{…}}` (OData V2, JSON format). */
export function entityJson(view: EntityView, as: Representation): string {
  return JSON.stringify({ d: entityObject(view, as) });
}

/** `{"d":{"results":[…],"__count":"12","__next":"…"}}` */
export function collectionJson(
  views: readonly EntityView[],
  as: Representation,
  about: { readonly count?: number | undefined; readonly next?: string | undefined },
): string {
  return JSON.stringify({
    d: {
      results: views.map((view) => entityObject(view, as)),
      ...(about.count === undefined ? {} : { __count: String(about.count) }),
      ...(about.next === undefined ? {} : { __next: about.next }),
    },
  });
}

function entityObject({ entity, expanded }: EntityView, as: Representation): object {
  const { base, type, select } = as;
  const uri = base + relativeUri(type, entity);
  const shown = (name: string) => select === undefined || select.has(name);
  const members: Record<string, unknown> = {
    __metadata: {
      id: uri,
      uri,
      type: `${NAMESPACE}.${type.name}`,
      ...(type.media
        ? {
            content_type: 'application/octet-stream',
            media_src: `${uri}/$value`,
            edit_media: `${uri}/$value`,
          }
        : {}),
    },
  };
  for (const [name, propertyType] of Object.entries(type.properties)) {
    if (!shown(name)) continue;
    const value = entity[name] ?? null;
    members[name] =
      typeof propertyType === 'string'
        ? primitive(value, propertyType)
        : complex(value, propertyType);
  }
  for (const [name, navigation] of Object.entries(type.navigations)) {
    if (!shown(name)) continue;
    const views = expanded[name];
    if (views === undefined) {
      members[name] = { __deferred: { uri: `${uri}/${name}` } };
      continue;
    }
    const objects = views.map((view) =>
      entityObject(view, { base, type: navigation.type, select: undefined }),
    );
    members[name] = navigation.many ? { results: objects } : (objects[0] ?? null);
  }
  return members;
}

function complex(value: Value, { name, properties }: ComplexType): object {
  const members: Record<string, unknown> = { __metadata: { type: `${NAMESPACE}.${name}` } };
  if (typeof value !== 'object' || value === null) return members;
  for (const [member, type] of Object.entries(properties)) {
    members[member] = primitive(value[member] ?? null, type);
  }
  return members;
}

/** OData V2, JSON format section 4: 64-bit numbers are texts. */
function primitive(value: Value, type: PrimitiveType): Value {
  if (typeof value !== 'number') return value;
  if (type === 'Edm.DateTime') return `/Date(${value})/`;
  return type === 'Edm.Int64' ? String(value) : value;
}
