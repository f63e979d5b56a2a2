import { type ArtifactKind, ARTIFACT_KINDS } from '../iflow/bundle/artifact-kind.ts';
import { LARGEST_PACKAGE } from '../iflow/bundle/content-package.ts';
import type { Artifacts } from '../iflow/design/artifacts.ts';
import type { IntegrationPackage } from '../iflow/design/design-store.ts';
import type { ExportPackage } from '../iflow/design/export-package.ts';
import type { Imported, ImportPackage } from '../iflow/design/import-package.ts';
import type { PackageFields } from '../iflow/design/package-fields.ts';
import type { ImportMessage } from '../iflow/design/package-artifacts.ts';
import type { PackageMessages } from '../iflow/design/package-messages.ts';
import type { Packages } from '../iflow/design/packages.ts';
import { Fault } from '../http/fault.ts';
import { artifactEntity, artifactTypes } from './artifact-types.ts';
import { fromBase64, inBase64 } from './base64.ts';
import { ODataError } from './errors.ts';
import { type Entity, type EntityType, textOf } from './model.ts';
import { keyValues } from './path.ts';
import { collectionRoutes, type Expanders, replyCreated, replyEntity } from './reply.ts';
import {
  type ODataReply,
  type ODataRequest,
  readProperties,
  type Routes,
  SMALL_BODY,
} from './request.ts';

/** What is to be said of an artifact of a package: why it was not imported, what will clash. */
export const importMessageType: EntityType = {
  name: 'ImportMessage',
  set: 'ImportMessages',
  keys: ['Position'],
  properties: {
    Position: 'Edm.String',
    Severity: 'Edm.String',
    ArtifactType: 'Edm.String',
    ArtifactId: 'Edm.String',
    ArtifactName: 'Edm.String',
    Text: 'Edm.String',
  },
  navigations: {},
  media: false,
};

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
  navigations: {
    ...Object.fromEntries(
      ARTIFACT_KINDS.map((kind) => [
        artifactTypes[kind].set,
        { type: artifactTypes[kind], many: true },
      ]),
    ),
    ImportMessages: { type: importMessageType, many: true },
  },
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

const LARGEST_BODY = inBase64(LARGEST_PACKAGE);

/** `IntegrationPackages`: what design-time artifacts are in. */
export function packageRoutes(deps: {
  readonly packages: Packages;
  readonly artifacts: Readonly<Record<ArtifactKind, Artifacts>>;
  readonly importPackage: ImportPackage;
  readonly exportPackage: ExportPackage;
  readonly packageMessages: PackageMessages;
}): Routes {
  const { packages } = deps;
  const idOf = (request: ODataRequest): string => keyValues(request.segments[0], ['Id'])[0] ?? '';
  const expanders: Expanders = {
    ...Object.fromEntries(
      ARTIFACT_KINDS.map((kind) => [
        artifactTypes[kind].set,
        async (entity: Entity) =>
          (await deps.artifacts[kind].list(textOf(entity, 'Id'))).map(artifactEntity),
      ]),
    ),
    ImportMessages: async (entity) =>
      messageEntities(await deps.packageMessages(textOf(entity, 'Id'))),
  };
  const list = collectionRoutes(
    'IntegrationPackages',
    packageType,
    async () => (await packages.list()).map(packageEntity),
    expanders,
  );
  return {
    ...list,
    IntegrationPackages: {
      ...list['IntegrationPackages'],
      POST: async (request) => {
        const overwrite = overwriteOf(request.call.url);
        const body = await readProperties(request.call, LARGEST_BODY, BODY);
        const { Id: id, PackageContent: content, ...rest } = body;
        if (content !== undefined) {
          if (id !== undefined || Object.keys(rest).length > 0) throw contentAlone();
          const zip = fromBase64('PackageContent', content);
          const imported = await deps.importPackage(
            zip,
            { overwrite: overwrite ?? false },
            request.caller.user,
          );
          return replyImported(request, imported);
        }
        if (overwrite !== undefined) {
          throw ODataError.badRequest('Overwrite belongs to an import: send PackageContent.');
        }
        requireSmall(body);
        if (id === undefined) throw ODataError.badRequest("Property 'Id' is missing.");
        const created = await packages.create(id, fieldsOf(body), request.caller.user);
        return replyCreated(request, packageType, packageEntity(created));
      },
    },
    'IntegrationPackages()': {
      GET: async (request) =>
        replyEntity(
          request,
          packageType,
          packageEntity(await packages.get(idOf(request))),
          expanders,
        ),
      PUT: async (request) => {
        const body = await readProperties(request.call, SMALL_BODY, BODY);
        const id = idOf(request);
        if (body.Id !== undefined && body.Id !== id) {
          throw ODataError.badRequest('The Id of a package does not change. Leave it out.');
        }
        if (body.PackageContent !== undefined) {
          throw ODataError.badRequest(
            'A package is imported with POST IntegrationPackages?Overwrite=true.',
          );
        }
        await packages.update(id, fieldsOf(body), request.caller.user);
        return { status: 202 };
      },
      DELETE: async (request) => {
        await packages.remove(idOf(request));
        return { status: 202 };
      },
    },
    'IntegrationPackages()/$value': {
      GET: async (request) => {
        const { value, zip } = await deps.exportPackage(idOf(request));
        return {
          status: 200,
          headers: {
            'Content-Type': 'application/zip',
            'Content-Disposition': `attachment; filename="${value.id}.zip"`,
          },
          body: zip,
        };
      },
    },
    ...collectionRoutes(
      'IntegrationPackages()/ImportMessages',
      importMessageType,
      async (request) => messageEntities(await deps.packageMessages(idOf(request))),
    ),
  };
}

function replyImported(
  request: ODataRequest,
  { value, artifacts, messages }: Imported,
): ODataReply {
  const refused = messages.filter(({ severity }) => severity === 'error').length;
  const reply = replyCreated(request, packageType, packageEntity(value), {
    ImportMessages: messageEntities(messages),
  });
  const detail = `imported artifacts ${artifacts}, refused ${refused}`;
  return { ...reply, audit: { ...reply.audit, detail } };
}

function messageEntities(messages: readonly ImportMessage[]): Entity[] {
  return messages.map((message, i) => ({
    Position: String(i + 1),
    Severity: message.severity,
    ArtifactType: message.resourceType,
    ArtifactId: message.artifactId,
    ArtifactName: message.artifactName,
    Text: message.text,
  }));
}

/** @returns undefined where it is not said. */
function overwriteOf(url: URL): boolean | undefined {
  const [given, ...more] = url.searchParams.getAll('Overwrite');
  if (given === undefined) return undefined;
  if (more.length === 0 && /^(?:true|false)$/i.test(given)) return given.toLowerCase() === 'true';
  throw ODataError.badRequest('Overwrite is true or false.');
}

/** Only an import is large. */
function requireSmall(body: Partial<Record<string, string>>): void {
  const characters = Object.values(body).reduce((sum, text = '') => sum + text.length, 0);
  if (characters > SMALL_BODY) throw Fault.contentTooLarge(SMALL_BODY);
}

function contentAlone(): ODataError {
  return ODataError.badRequest(
    'PackageContent says what the package is called. Leave all other properties out.',
  );
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
