/** The little of the entity data model that is needed (OData V2, CSDL). */

export type PrimitiveType = 'Edm.String' | 'Edm.DateTime' | 'Edm.Int32' | 'Edm.Int64';

export interface ComplexType {
  readonly name: string;
  readonly properties: Readonly<Record<string, PrimitiveType>>;
}

export type PropertyType = PrimitiveType | ComplexType;

export interface EntityType {
  readonly name: string;
  readonly set: string;
  readonly keys: readonly string[];
  readonly properties: Readonly<Record<string, PropertyType>>;
  readonly navigations: Readonly<
    Record<string, { readonly type: EntityType; readonly many: boolean }>
  >;
  /** Its content is at `/$value`. */
  readonly media: boolean;
}

/** A `Edm.DateTime` is in milliseconds since the epoch. */
export type PrimitiveValue = string | number | null;
export type Value = PrimitiveValue | Readonly<Record<string, PrimitiveValue>>;
export type Entity = Readonly<Record<string, Value>>;

export const NAMESPACE = 'com.sap.hci.api';

/** `Set('key')`, `Set(1L)` or `Set(A='x',B='y')`, relative to the service. */
export function relativeUri(type: EntityType, entity: Entity): string {
  const literal = (name: string) => {
    const value = entity[name];
    if (typeof value !== 'number') {
      return `'${encodeURIComponent(textOf(entity, name)).replaceAll("'", "''")}'`;
    }
    return type.properties[name] === 'Edm.Int64' ? `${value}L` : String(value);
  };
  const [only] = type.keys;
  const predicate =
    type.keys.length === 1 && only !== undefined
      ? literal(only)
      : type.keys.map((name) => `${name}=${literal(name)}`).join(',');
  return `${type.set}(${predicate})`;
}

/** A property that is a text; '' for any other. */
export function textOf(entity: Entity, name: string): string {
  const value = entity[name];
  return typeof value === 'string' ? value : '';
}

/** The value at a path such as `Status` or `IntegrationArtifact/Id`. */
export function valueAt(entity: Entity, path: string): PrimitiveValue {
  const [first = '', second] = path.split('/');
  const value = entity[first] ?? null;
  if (typeof value === 'object' && value !== null) {
    return second === undefined ? null : (value[second] ?? null);
  }
  return value;
}

/** The primitive type at a path; undefined where the type has no such property. */
export function typeAt(type: EntityType, path: string): PrimitiveType | undefined {
  const [first = '', second, ...more] = path.split('/');
  const property = Object.hasOwn(type.properties, first) ? type.properties[first] : undefined;
  if (property === undefined || more.length > 0) return undefined;
  if (typeof property === 'string') return second === undefined ? property : undefined;
  return second !== undefined && Object.hasOwn(property.properties, second)
    ? property.properties[second]
    : undefined;
}
