import type { Deployment, DeploymentDirectory } from '../iflow/deployment/deployment.ts';
import { ODataError } from './errors.ts';
import { type Entity, type EntityType, textOf } from './model.ts';
import { keyValues } from './path.ts';
import { collectionRoutes, type Expanders, replyEntity } from './reply.ts';
import type { ODataRequest, Routes } from './request.ts';

const entryPointType: EntityType = {
  name: 'EntryPoint',
  set: 'EntryPoints',
  keys: ['Url'],
  properties: {
    Name: 'Edm.String',
    Url: 'Edm.String',
    Type: 'Edm.String',
    AdditionalInformation: 'Edm.String',
  },
  navigations: {},
  media: false,
};

const serviceEndpointType: EntityType = {
  name: 'ServiceEndpoint',
  set: 'ServiceEndpoints',
  keys: ['Id'],
  properties: {
    Name: 'Edm.String',
    Id: 'Edm.String',
    Title: 'Edm.String',
    Version: 'Edm.String',
    Summary: 'Edm.String',
    Description: 'Edm.String',
    LastUpdated: 'Edm.DateTime',
    Protocol: 'Edm.String',
  },
  navigations: { EntryPoints: { type: entryPointType, many: true } },
  media: false,
};

/** Types with an entity set of their own, for `$metadata`. */
export const endpointTypes: readonly EntityType[] = [serviceEndpointType, entryPointType];

/**
 * `ServiceEndpoints`: one for every address that is served. `Name` is the iFlow's id, by which
 * published tools look their iFlow's address up.
 */
export function serviceEndpointRoutes(directory: DeploymentDirectory, issuer: string): Routes {
  const set = serviceEndpointType.set;
  const listNow = async (): Promise<Entity[]> =>
    (await directory.current(0)).deployments.flatMap(endpointsOf);
  const entryPoints = (endpoint: Entity): Promise<Entity[]> =>
    Promise.resolve([
      {
        Name: endpoint['Title'] ?? '',
        Url: `${issuer}/http${addressOf(endpoint)}`,
        Type: 'PROD',
        AdditionalInformation: '',
      },
    ]);
  const expanders: Expanders = { EntryPoints: entryPoints };
  const find = async (request: ODataRequest): Promise<Entity> => {
    const [id] = keyValues(request.segments[0], ['Id']);
    const found = (await listNow()).find((endpoint) => endpoint['Id'] === id);
    if (found === undefined) throw ODataError.notFound();
    return found;
  };
  return {
    ...collectionRoutes(set, serviceEndpointType, listNow, expanders),
    [`${set}()`]: {
      GET: async (request) =>
        replyEntity(request, serviceEndpointType, await find(request), expanders),
    },
    ...collectionRoutes(`${set}()/EntryPoints`, entryPointType, async (request) =>
      entryPoints(await find(request)),
    ),
  };
}

const ADDRESS = '$endpointAddress=';

function endpointsOf(deployment: Deployment): Entity[] {
  return deployment.addresses.map((address) => ({
    Name: deployment.id,
    Id: deployment.id + ADDRESS + address.replace(/^\//, ''),
    Title: deployment.name,
    Version: deployment.version,
    Summary: '',
    Description: '',
    LastUpdated: deployment.deployedOn,
    Protocol: 'REST',
  }));
}

function addressOf(endpoint: Entity): string {
  const id = textOf(endpoint, 'Id');
  return `/${id.slice(id.indexOf(ADDRESS) + ADDRESS.length)}`;
}
