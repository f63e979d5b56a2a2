import type { HttpReply } from '../http/call.ts';
import { explainFaults } from '../iflow/design/artifact-rules.ts';
import { type Artifacts, LARGEST_BUNDLE } from '../iflow/design/artifacts.ts';
import type { DesignArtifact } from '../iflow/design/design-store.ts';
import {
  type BundleContents,
  configurations,
  configurationType,
  resources,
  resourceType,
} from './bundle-contents.ts';
import { ODataError } from './errors.ts';
import type { Entity, EntityType } from './model.ts';
import { keyValues } from './path.ts';
import { functionArguments } from './query-options.ts';
import { collectionRoutes, replyCreated, replyEntity } from './reply.ts';
import { type ODataRequest, readProperties, type Routes, SMALL_BODY } from './request.ts';

export const designtimeArtifactType: EntityType = {
  name: 'IntegrationDesigntimeArtifact',
  set: 'IntegrationDesigntimeArtifacts',
  keys: ['Id', 'Version'],
  properties: {
    Id: 'Edm.String',
    Version: 'Edm.String',
    PackageId: 'Edm.String',
    Name: 'Edm.String',
    Description: 'Edm.String',
    Sender: 'Edm.String',
    Receiver: 'Edm.String',
    CreatedBy: 'Edm.String',
    CreatedAt: 'Edm.String',
    ModifiedBy: 'Edm.String',
    ModifiedAt: 'Edm.String',
  },
  navigations: {
    Configurations: { type: configurationType, many: true },
    Resources: { type: resourceType, many: true },
  },
  media: true,
};

/** Design-time artifacts of other kinds that a tenant has; none is kept here, so their lists are empty. */
const OTHER_KINDS = [
  'MessageMappingDesigntimeArtifact',
  'ScriptCollectionDesigntimeArtifact',
  'ValueMappingDesigntimeArtifact',
];

/** Types with an entity set of their own, for `$metadata`. */
export const designTypes: readonly EntityType[] = [
  designtimeArtifactType,
  configurationType,
  resourceType,
];

export type ReadBundle = (zip: Uint8Array) => BundleContents | Promise<BundleContents>;

/** A bundle in base64, and its envelope. */
const LARGEST_BODY = Math.ceil(LARGEST_BUNDLE / 3) * 4 + 64 * 1024;

const BODY = [
  'Id',
  'Version',
  'PackageId',
  'Name',
  'Description',
  'Sender',
  'Receiver',
  'ArtifactContent',
] as const;

/** `IntegrationDesigntimeArtifacts`: iFlows as they are worked on. */
export function designtimeArtifactRoutes(artifacts: Artifacts, readBundle: ReadBundle): Routes {
  const set = designtimeArtifactType.set;
  const keyOf = (request: ODataRequest): [id: string, version: string] => {
    const [id = '', version = ''] = keyValues(request.segments[0], ['Id', 'Version']);
    return [id, version];
  };
  const activeOf = (request: ODataRequest): string => {
    const [id, version] = keyOf(request);
    if (version.toLowerCase() === 'active') return id;
    throw ODataError.badRequest("Only the version 'active' can be changed.");
  };
  const packageOf = (request: ODataRequest) => keyValues(request.segments[0], ['Id'])[0] ?? '';
  const contents = async (request: ODataRequest): Promise<BundleContents> => {
    const { zip } = await artifacts.getContent(...keyOf(request));
    return explainFaults(() => readBundle(zip));
  };

  const list = collectionRoutes(set, designtimeArtifactType, async () =>
    (await artifacts.list()).map(artifactEntity),
  );
  return {
    ...list,
    ...collectionRoutes(`IntegrationPackages()/${set}`, designtimeArtifactType, async (request) =>
      (await artifacts.list(packageOf(request))).map(artifactEntity),
    ),
    ...emptyKinds((request) => artifacts.list(packageOf(request))),
    [set]: {
      ...list[set],
      POST: async (request) => {
        const body = await readProperties(request.call, LARGEST_BODY, BODY);
        const { Id: id, PackageId: packageId } = body;
        if (id === undefined) throw ODataError.badRequest("Property 'Id' is missing.");
        if (packageId === undefined) {
          throw ODataError.badRequest("Property 'PackageId' is missing.");
        }
        const created = await artifacts.create(
          { id, packageId, ...changesOf(body) },
          request.caller.user,
        );
        return replyCreated(request, designtimeArtifactType, artifactEntity(created));
      },
    },
    [`${set}()`]: {
      GET: async (request) =>
        replyEntity(
          request,
          designtimeArtifactType,
          artifactEntity(await artifacts.get(...keyOf(request))),
        ),
      PUT: async (request) => {
        const id = activeOf(request);
        const body = await readProperties(request.call, LARGEST_BODY, BODY);
        if (body.Id !== undefined && body.Id !== id) {
          throw ODataError.badRequest('The Id of an artifact does not change. Leave it out.');
        }
        await artifacts.update(id, changesOf(body), request.caller.user);
        return { status: 200 };
      },
      DELETE: async (request) => {
        await artifacts.remove(activeOf(request));
        return { status: 200 };
      },
    },
    [`${set}()/$value`]: {
      GET: async (request) => download(await artifacts.getContent(...keyOf(request))),
    },
    ...collectionRoutes(`${set}()/Configurations`, configurationType, async (request) =>
      configurations(await contents(request)),
    ),
    ...collectionRoutes(`${set}()/Resources`, resourceType, async (request) =>
      resources(await contents(request)),
    ),
    [`${set}()/$links/Configurations()`]: {
      PUT: async (request) => {
        const id = activeOf(request);
        const [name = ''] = keyValues(request.segments[2], ['ParameterKey']);
        const known = ['ParameterKey', 'ParameterValue', 'DataType'] as const;
        const body = await readProperties(request.call, SMALL_BODY, known);
        if (body.ParameterValue === undefined) {
          throw ODataError.badRequest("Property 'ParameterValue' is missing.");
        }
        await artifacts.setParameter(id, name, body.ParameterValue, request.caller.user);
        return { status: 202 };
      },
    },
    [`${set}()/$links/Resources()`]: {
      PUT: () => Promise.reject(noParts()),
      DELETE: () => Promise.reject(noParts()),
    },
    IntegrationDesigntimeArtifactSaveAsVersion: {
      POST: async (request) => {
        const names = ['Id', 'SaveAsVersion'];
        const [id = '', version = ''] = functionArguments(request.call.url, names);
        await artifacts.saveAsVersion(id, version, request.caller.user);
        return { status: 200 };
      },
    },
  };
}

function emptyKinds(requirePackage: (request: ODataRequest) => Promise<unknown>): Routes {
  const routes: Record<string, Routes[string]> = {};
  for (const name of OTHER_KINDS) {
    const type: EntityType = { ...designtimeArtifactType, name, set: `${name}s`, navigations: {} };
    Object.assign(
      routes,
      collectionRoutes(`${name}s`, type, () => Promise.resolve([])),
      collectionRoutes(`IntegrationPackages()/${name}s`, type, async (request) => {
        await requirePackage(request);
        return [];
      }),
    );
  }
  return routes;
}

function changesOf(body: Partial<Record<(typeof BODY)[number], string>>): {
  name: string | undefined;
  description: string | undefined;
  content: Uint8Array | undefined;
} {
  return {
    name: body.Name,
    description: body.Description,
    content: body.ArtifactContent === undefined ? undefined : fromBase64(body.ArtifactContent),
  };
}

function fromBase64(text: string): Uint8Array {
  // Buffer skips what is not base64: encoding it again shows whether anything was.
  const packed = text.replace(/\s+/g, '');
  const bytes = Buffer.from(packed, 'base64');
  if (bytes.length > 0 && bytes.toString('base64') === packed) return bytes;
  throw ODataError.badRequest(
    "Property 'ArtifactContent' is the bundle's zip in base64 (RFC 4648 section 4), with its padding.",
  );
}

/** Published tools take the file name from Content-Disposition. */
function download({ artifact, zip }: { artifact: DesignArtifact; zip: Uint8Array }): HttpReply {
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/zip',
      'Content-Disposition': `attachment; filename="${artifact.id}.zip"`,
    },
    body: zip,
  };
}

function artifactEntity(artifact: DesignArtifact): Entity {
  return {
    Id: artifact.id,
    Version: artifact.version,
    PackageId: artifact.packageId,
    Name: artifact.name,
    Description: artifact.description,
    Sender: '',
    Receiver: '',
    CreatedBy: artifact.createdBy,
    CreatedAt: String(artifact.createdAt),
    ModifiedBy: artifact.modifiedBy,
    ModifiedAt: String(artifact.modifiedAt),
  };
}

function noParts(): ODataError {
  return ODataError.notImplemented(
    'Files of an iFlow are not changed one by one here. Change them in the bundle and PUT it as ArtifactContent.',
  );
}
