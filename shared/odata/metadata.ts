import { type EntityType, NAMESPACE, type PropertyType } from './model.ts';
import { escapeXml } from './xml.ts';

const PROLOG = '<?xml version="1.0" encoding="utf-8"?>';
const ENTITY_DATA_MODEL = 'http://schemas.microsoft.com/ado/2008/09/edm';
const METADATA = 'http://schemas.microsoft.com/ado/2007/08/dataservices/metadata';

export interface FunctionImport {
  readonly name: string;
  readonly method: 'POST';
  readonly parameters: readonly string[];
}

/** The service document in JSON: `{"d":{"EntitySets":[…]}}`. */
export function serviceDocumentJson(types: readonly EntityType[]): string {
  return JSON.stringify({ d: { EntitySets: types.map((type) => type.set) } });
}

/** The service document in AtomPub (RFC 5023 section 8). */
export function serviceDocumentAtom(types: readonly EntityType[], base: string): string {
  const collections = types.map(
    ({ set }) => `<collection href="${set}"><atom:title>${set}</atom:title></collection>`,
  );
  return [
    PROLOG,
    `<service xmlns="http://www.w3.org/2007/app" xmlns:atom="http://www.w3.org/2005/Atom" xml:base="${escapeXml(base)}">`,
    '<workspace><atom:title>Default</atom:title>',
    ...collections,
    '</workspace></service>',
  ].join('');
}

/** `$metadata`: the schema of the service (CSDL 2.0 in EDMX). */
export function metadataXml(
  types: readonly EntityType[],
  functions: readonly FunctionImport[],
): string {
  const associations = types.flatMap((type) =>
    Object.entries(type.navigations).map(([name, to]) => ({ from: type, name, ...to })),
  );
  const complex = new Set(
    types.flatMap((type) =>
      Object.values(type.properties).filter((property) => typeof property !== 'string'),
    ),
  );
  return [
    PROLOG,
    '<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">',
    `<edmx:DataServices m:DataServiceVersion="2.0" xmlns:m="${METADATA}">`,
    `<Schema Namespace="${NAMESPACE}" xmlns="${ENTITY_DATA_MODEL}">`,
    ...types.map(entityTypeXml),
    ...[...complex].map(
      ({ name, properties }) =>
        `<ComplexType Name="${name}">${propertiesXml(properties, [])}</ComplexType>`,
    ),
    ...associations.map(
      ({ from, name, type, many }) =>
        `<Association Name="${from.name}_${name}">` +
        `<End Type="${NAMESPACE}.${from.name}" Multiplicity="1" Role="${from.name}"/>` +
        `<End Type="${NAMESPACE}.${type.name}" Multiplicity="${many ? '*' : '0..1'}" Role="${name}"/>` +
        '</Association>',
    ),
    '<EntityContainer Name="EntityContainer" m:IsDefaultEntityContainer="true">',
    ...types.map(({ name, set }) => `<EntitySet Name="${set}" EntityType="${NAMESPACE}.${name}"/>`),
    ...associations.map(
      ({ from, name, type }) =>
        `<AssociationSet Name="${from.name}_${name}Set" Association="${NAMESPACE}.${from.name}_${name}">` +
        `<End EntitySet="${from.set}" Role="${from.name}"/><End EntitySet="${type.set}" Role="${name}"/>` +
        '</AssociationSet>',
    ),
    ...functions.map(
      ({ name, method, parameters }) =>
        `<FunctionImport Name="${name}" ReturnType="Edm.String" m:HttpMethod="${method}">` +
        parameters.map((p) => `<Parameter Name="${p}" Type="Edm.String"/>`).join('') +
        '</FunctionImport>',
    ),
    '</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>',
  ].join('');
}

function entityTypeXml({ name, keys, properties, navigations, media }: EntityType): string {
  return [
    `<EntityType Name="${name}"${media ? ' m:HasStream="true"' : ''}>`,
    `<Key>${keys.map((key) => `<PropertyRef Name="${key}"/>`).join('')}</Key>`,
    propertiesXml(properties, keys),
    ...Object.keys(navigations).map(
      (navigation) =>
        `<NavigationProperty Name="${navigation}" Relationship="${NAMESPACE}.${name}_${navigation}" FromRole="${name}" ToRole="${navigation}"/>`,
    ),
    '</EntityType>',
  ].join('');
}

function propertiesXml(
  properties: Readonly<Record<string, PropertyType>>,
  keys: readonly string[],
): string {
  return Object.entries(properties)
    .map(([name, type]) => {
      const typeName = typeof type === 'string' ? type : `${NAMESPACE}.${type.name}`;
      const nullable = keys.includes(name) || typeof type !== 'string' ? ' Nullable="false"' : '';
      return `<Property Name="${name}" Type="${typeName}"${nullable}/>`;
    })
    .join('');
}
