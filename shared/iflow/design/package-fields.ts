import {
  attributeOf,
  isObject,
  type JsonObject,
  type PackageResource,
} from '../bundle/content-package.ts';
import type { IntegrationPackage } from './design-store.ts';

/** What whoever creates or changes a package may say of it. */
export type PackageFields = Pick<
  IntegrationPackage,
  | 'name'
  | 'description'
  | 'shortText'
  | 'version'
  | 'vendor'
  | 'supportedPlatform'
  | 'products'
  | 'keywords'
  | 'countries'
  | 'industries'
  | 'lineOfBusiness'
>;

export const EMPTY_FIELDS: PackageFields = {
  name: '',
  description: '',
  shortText: '',
  version: '',
  vendor: '',
  supportedPlatform: 'SAP Cloud Integration',
  products: '',
  keywords: '',
  countries: '',
  industries: '',
  lineOfBusiness: '',
};

/** So that one row holds all of a package, with every character escaped. */
export const LONGEST_TEXT = 10_000;

/** The attribute of resources.cnt that holds a field; the name is its `displayName`. */
const ATTRIBUTES: readonly (readonly [field: keyof PackageFields, attribute: string])[] = [
  ['description', 'Description'],
  ['shortText', 'shortText'],
  ['version', 'Version'],
  ['vendor', 'Vendor'],
  ['supportedPlatform', 'SupportedPlatform'],
  ['products', 'Product'],
  ['keywords', 'Keyword'],
  ['countries', 'Country'],
  ['industries', 'Industries'],
  ['lineOfBusiness', 'LineOfBusiness'],
];

/** What an exported package says of itself, texts that are too long cut. */
export function readFields(self: PackageResource): PackageFields {
  const fields: { -readonly [K in keyof PackageFields]: string } = { ...EMPTY_FIELDS };
  fields.name = self.displayName.slice(0, LONGEST_TEXT);
  for (const [field, attribute] of ATTRIBUTES) {
    fields[field] = (attributeOf(self, attribute) ?? '').slice(0, LONGEST_TEXT);
  }
  return fields;
}

/** The resource of a package with these fields; those that it has already stay as they are written. */
export function writeFields(self: PackageResource, fields: PackageFields): JsonObject {
  const before = readFields(self);
  const changes = ATTRIBUTES.filter(([field]) => fields[field] !== before[field]).map(
    ([field, attribute]) => [attribute, fields[field]] as const,
  );
  const named =
    fields.name === before.name ? self.json : { ...self.json, displayName: fields.name };
  return withAttributes(named, changes);
}

/** A resource with other values for some of its attributes. */
export function withAttributes(
  json: JsonObject,
  changes: readonly (readonly [name: string, value: string])[],
): JsonObject {
  if (changes.length === 0) return json;
  const before = isObject(json['additionalAttributes']) ? json['additionalAttributes'] : {};
  const after: Record<string, unknown> = { ...before };
  for (const [name, value] of changes) {
    const there = before[name];
    after[name] = {
      isExtendedLargeAttribute: name === 'Description',
      ...(isObject(there) ? there : {}),
      attributeValues: [value],
    };
  }
  return { ...json, additionalAttributes: after };
}
