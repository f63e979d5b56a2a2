import type { IntegrationPackage } from '../iflow/design/design-store.ts';
import type { PackageFields, Packages } from '../iflow/design/packages.ts';
import { designtimeArtifactType } from './designtime-artifacts.ts';
import { ODataError } from './errors.ts';
import type { Entity, EntityType } from './model.ts';
import { keyValues } from './path.ts';
import { collectionRoutes, replyCreated, replyEntity } from './reply.ts';
import { type ODataRequest, readProperties, type Routes, SMALL_BODY } from './request.ts';

export const packageType: EntityType = {
  name: 'IntegrationPackage',
  set: 'IntegrationPackages',
  keys: ['Id'],
  properties: {
    Id: 'Edm.String',
    Name: 'Edm.String',
    ResourceId: 'Edm.String',
    Description: 'Edm.String',
    ShortText: 'Edm.String',
    Version: 'Edm.String',
    Vendor: 'Edm.String',
    PartnerContent: 'Edm.String',
    UpdateAvailable: 'Edm.String',
    Mode: 'Edm.String',
    SupportedPlatform: 'Edm.String',
    ModifiedBy: 'Edm.String',
    CreationDate: 'Edm.String',
    ModifiedDate: 'Edm.String',
    CreatedBy: 'Edm.String',
    Products: 'Edm.String',
    Keywords: 'Edm.String',
    Countries: 'Edm.String',
    Industries: 'Edm.String',
    LineOfBusiness: 'Edm.String',
  },
  navigations: { IntegrationDesigntimeArtifacts: { type: designtimeArtifactType, many: true } },
  media: true,
};

/** What a body may set, and the property of a package that it sets. */
const FIELDS = {
  Name: 'name',
  Description: 'description',
  ShortText: 'shortText',
  Version: 'version',
  Vendor: 'vendor',
  SupportedPlatform: 'supportedPlatform',
  Products: 'products',
  Keywords: 'keywords',
  Countries: 'countries',
  Industries: 'industries',
  LineOfBusiness: 'lineOfBusiness',
} as const satisfies Record<string, keyof PackageFields>;

const BODY = [...Object.keys(packageType.properties), 'PackageContent'] as readonly (
  keyof typeof FIELDS | 'Id' | 'PackageContent'
)[];

/** `IntegrationPackages`: what design-time artifacts are in. */
export function packageRoutes(packages: Packages): Routes {
  const idOf = (request: ODataRequest): string => keyValues(request.segments[0], ['Id'])[0] ?? '';
  const list = collectionRoutes('IntegrationPackages', packageType, async () =>
    (await packages.list()).map(packageEntity),
  );
  return {
    ...list,
    IntegrationPackages: {
      ...list['IntegrationPackages'],
      POST: async (request) => {
        const body = await readProperties(request.call, SMALL_BODY, BODY);
        if (body.PackageContent !== undefined || request.call.url.searchParams.has('Overwrite')) {
          throw noTransport();
        }
        if (body.Id === undefined) throw ODataError.badRequest("Property 'Id' is missing.");
        const created = await packages.create(body.Id, fieldsOf(body), request.caller.user);
        return replyCreated(request, packageType, packageEntity(created));
      },
    },
    'IntegrationPackages()': {
      GET: async (request) =>
        replyEntity(request, packageType, packageEntity(await packages.get(idOf(request)))),
      PUT: async (request) => {
        const body = await readProperties(request.call, SMALL_BODY, BODY);
        const id = idOf(request);
        if (body.Id !== undefined && body.Id !== id) {
          throw ODataError.badRequest('The Id of a package does not change. Leave it out.');
        }
        await packages.update(id, fieldsOf(body), request.caller.user);
        return { status: 202 };
      },
      DELETE: async (request) => {
        await packages.remove(idOf(request));
        return { status: 202 };
      },
    },
    'IntegrationPackages()/$value': { GET: () => Promise.reject(noTransport()) },
  };
}

function fieldsOf(body: Partial<Record<string, string>>): Partial<PackageFields> {
  const fields: { -readonly [K in keyof PackageFields]?: string } = {};
  for (const [name, field] of Object.entries(FIELDS)) {
    const value = body[name];
    if (value !== undefined) fields[field] = value;
  }
  return fields;
}

function packageEntity(value: IntegrationPackage): Entity {
  return {
    Id: value.id,
    Name: value.name,
    ResourceId: value.id,
    Description: value.description,
    ShortText: value.shortText,
    Version: value.version,
    Vendor: value.vendor,
    PartnerContent: 'false',
    UpdateAvailable: 'false',
    Mode: 'EDIT_ALLOWED',
    SupportedPlatform: value.supportedPlatform,
    ModifiedBy: value.modifiedBy,
    CreationDate: String(value.createdAt),
    ModifiedDate: String(value.modifiedAt),
    CreatedBy: value.createdBy,
    Products: value.products,
    Keywords: value.keywords,
    Countries: value.countries,
    Industries: value.industries,
    LineOfBusiness: value.lineOfBusiness,
  };
}

function noTransport(): ODataError {
  return ODataError.notImplemented(
    'Whole packages are not imported or exported here. Create the package, then its iFlows one by one with IntegrationDesigntimeArtifacts.',
  );
}
