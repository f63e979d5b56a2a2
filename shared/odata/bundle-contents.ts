import type { Entity, EntityType } from './model.ts';

export const configurationType: EntityType = {
  name: 'Configuration',
  set: 'Configurations',
  keys: ['ParameterKey'],
  properties: {
    ParameterKey: 'Edm.String',
    ParameterValue: 'Edm.String',
    DataType: 'Edm.String',
  },
  navigations: {},
  media: false,
};

export const resourceType: EntityType = {
  name: 'Resource',
  set: 'Resources',
  keys: ['Name', 'ResourceType'],
  properties: { Name: 'Edm.String', ResourceType: 'Edm.String' },
  navigations: {},
  media: false,
};

/** What is read out of a bundle for `Configurations` and `Resources`. */
export interface BundleContents {
  readonly paths: readonly string[];
  readonly parameters: ReadonlyMap<string, string>;
  readonly parameterDefinitions: readonly { readonly name: string; readonly type: string }[];
}

/** Resource types by the ending of a file's name. */
const RESOURCE_TYPES: Readonly<Record<string, string>> = {
  edmx: 'edmx',
  groovy: 'groovy',
  gsh: 'groovy',
  jar: 'jar',
  js: 'js',
  mmap: 'mmap',
  opmap: 'opmap',
  wsdl: 'wsdl',
  xsd: 'xsd',
  xsl: 'xslt',
  xslt: 'xslt',
};

/** Parameters with a value, then those that are defined and have none yet. */
export function configurations({ parameters, parameterDefinitions }: BundleContents): Entity[] {
  const types = new Map(parameterDefinitions.map(({ name, type }) => [name, type]));
  return [...new Set([...parameters.keys(), ...types.keys()])].map((name) => ({
    ParameterKey: name,
    ParameterValue: parameters.get(name) ?? '',
    DataType: types.get(name) || 'xsd:string',
  }));
}

export function resources({ paths }: BundleContents): Entity[] {
  return paths.flatMap((path) => {
    const found = /^src\/main\/resources\/(?:.+\/)?([^/]+\.([a-z]+))$/i.exec(path);
    const ending = found?.[2]?.toLowerCase() ?? '';
    const type = Object.hasOwn(RESOURCE_TYPES, ending) ? RESOURCE_TYPES[ending] : undefined;
    return found?.[1] === undefined || type === undefined
      ? []
      : [{ Name: found[1], ResourceType: type }];
  });
}
