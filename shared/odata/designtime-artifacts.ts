import type { HttpReply } from '../http/call.ts';
import type { ArtifactKind } from '../iflow/bundle/artifact-kind.ts';
import { explainFaults, LARGEST_BUNDLE } from '../iflow/design/artifact-rules.ts';
import type { Artifacts } from '../iflow/design/artifacts.ts';
import type { DesignArtifact } from '../iflow/design/design-store.ts';
import { artifactEntity, artifactName, artifactTypes } from './artifact-types.ts';
import { fromBase64, inBase64 } from './base64.ts';
import { type BundleContents, configurations, resources, resourceType } from './bundle-contents.ts';
import { ODataError } from './errors.ts';
import { textOf } from './model.ts';
import { activeOf, keyOf } from './artifact-key.ts';
import { keyValues } from './path.ts';
import { functionArguments } from './query-options.ts';
import { collectionRoutes, type Expanders, replyCreated, replyEntity } from './reply.ts';
import { type ODataRequest, readProperties, type Routes } from './request.ts';

export type ReadContents = (zip: Uint8Array) => BundleContents | Promise<BundleContents>;

const LARGEST_BODY = inBase64(LARGEST_BUNDLE);

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

/** Design-time artifacts of one kind, such as `IntegrationDesigntimeArtifacts`. */
export function designtimeArtifactRoutes(
  kind: ArtifactKind,
  artifacts: Artifacts,
  readContents: ReadContents,
): Routes {
  const type = artifactTypes[kind];
  const { set } = type;
  const packageOf = (request: ODataRequest) => keyValues(request.segments[0], ['Id'])[0] ?? '';
  const read = async (id: string, version: string): Promise<BundleContents> => {
    const { zip } = await artifacts.getContent(id, version);
    return explainFaults(() => readContents(zip));
  };
  const expanders = (version: string): Expanders => ({
    Configurations: async (entity) => configurations(await read(textOf(entity, 'Id'), version)),
    Resources: async (entity) => resources(await read(textOf(entity, 'Id'), version)),
  });
  const inPackage = `IntegrationPackages()/${set}`;
  const list = collectionRoutes(
    set,
    type,
    async () => (await artifacts.list()).map(artifactEntity),
    expanders('active'),
  );
  return {
    ...list,
    ...collectionRoutes(
      inPackage,
      type,
      async (request) => (await artifacts.list(packageOf(request))).map(artifactEntity),
      expanders('active'),
    ),
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
        return replyCreated(request, type, artifactEntity(created));
      },
    },
    [`${set}()`]: {
      GET: async (request) => {
        const [id, version] = keyOf(request);
        const entity = artifactEntity(await artifacts.get(id, version));
        return replyEntity(request, type, entity, expanders(version));
      },
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
    ...collectionRoutes(`${set}()/Resources`, resourceType, async (request) =>
      resources(await read(...keyOf(request))),
    ),
    [`${set}()/$links/Resources()`]: {
      PUT: () => Promise.reject(noParts()),
      DELETE: () => Promise.reject(noParts()),
    },
    [`${artifactName(kind)}SaveAsVersion`]: {
      POST: async (request) => {
        const names = ['Id', 'SaveAsVersion'];
        const [id = '', version = ''] = functionArguments(request.call.url, names);
        await artifacts.saveAsVersion(id, version, request.caller.user);
        return { status: 200 };
      },
    },
  };
}

/** The values of a value mapping one by one, which are changed in its bundle only. */
export function valueMappingParts(): Routes {
  const refuse = () =>
    Promise.reject(
      ODataError.notImplemented(
        'Values of a value mapping are not read or changed one by one here. Change value_mapping.xml in its bundle and PUT it as ArtifactContent.',
      ),
    );
  const schema = `${artifactTypes.ValueMapping.set}()/ValMapSchema`;
  return {
    [schema]: { GET: refuse },
    [`${schema}()`]: { GET: refuse, DELETE: refuse },
    [`${schema}()/ValMaps`]: { GET: refuse },
    [`${schema}()/DefaultValMaps`]: { GET: refuse },
    UpsertValMaps: { POST: refuse },
    UpdateDefaultValMap: { POST: refuse },
    DeleteValMaps: { POST: refuse, DELETE: refuse },
  };
}

function changesOf(body: Partial<Record<(typeof BODY)[number], string>>): {
  name: string | undefined;
  description: string | undefined;
  content: Uint8Array | undefined;
} {
  return {
    name: body.Name,
    description: body.Description,
    content:
      body.ArtifactContent === undefined
        ? undefined
        : fromBase64('ArtifactContent', body.ArtifactContent),
  };
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

function noParts(): ODataError {
  return ODataError.notImplemented(
    'Files of an artifact are not changed one by one here. Change them in the bundle and PUT it as ArtifactContent.',
  );
}
