import { type ArtifactKind, ARTIFACT_KINDS } from '../iflow/bundle/artifact-kind.ts';
import type { Deployer } from '../iflow/deployment/deploy.ts';
import { notDeployed } from '../iflow/deployment/deploy.ts';
import type { Deployment, DeploymentDirectory } from '../iflow/deployment/deployment.ts';
import type { TaskStore } from '../iflow/deployment/deployment-store.ts';
import { artifactName } from './artifact-types.ts';
import { ODataError } from './errors.ts';
import { type Entity, type EntityType, textOf } from './model.ts';
import { keyValues } from './path.ts';
import { functionArguments } from './query-options.ts';
import { collectionRoutes, replyEntity } from './reply.ts';
import type { Methods, ODataRequest, Routes } from './request.ts';

const errorInformationType: EntityType = {
  name: 'RuntimeArtifactErrorInformation',
  set: 'RuntimeArtifactErrorInformations',
  keys: ['Id'],
  properties: { Id: 'Edm.String' },
  navigations: {},
  media: true,
};

const runtimeArtifactType: EntityType = {
  name: 'IntegrationRuntimeArtifact',
  set: 'IntegrationRuntimeArtifacts',
  keys: ['Id'],
  properties: {
    Id: 'Edm.String',
    Version: 'Edm.String',
    Name: 'Edm.String',
    Type: 'Edm.String',
    DeployedBy: 'Edm.String',
    DeployedOn: 'Edm.DateTime',
    Status: 'Edm.String',
  },
  navigations: { ErrorInformation: { type: errorInformationType, many: false } },
  media: true,
};

const buildAndDeployStatusType: EntityType = {
  name: 'BuildAndDeployStatus',
  set: 'BuildAndDeployStatus',
  keys: ['TaskId'],
  properties: { TaskId: 'Edm.String', Status: 'Edm.String' },
  navigations: {},
  media: false,
};

/** Types with an entity set of their own, for `$metadata`. */
export const runtimeTypes: readonly EntityType[] = [
  runtimeArtifactType,
  errorInformationType,
  buildAndDeployStatusType,
];

export const deployFunction = (kind: ArtifactKind): string => `Deploy${artifactName(kind)}`;

/** `IntegrationRuntimeArtifacts`, `BuildAndDeployStatus`, and the functions that deploy. */
export function runtimeArtifactRoutes(deps: {
  readonly deployer: Deployer;
  readonly directory: DeploymentDirectory;
  readonly tasks: Pick<TaskStore, 'find'>;
}): Routes {
  const { deployer, directory, tasks } = deps;
  const set = runtimeArtifactType.set;
  const idOf = (request: ODataRequest): string => keyValues(request.segments[0], ['Id'])[0] ?? '';
  // Whoever has just deployed on another instance asks for the outcome here: nothing old will do.
  const listNow = async () => (await directory.current(0)).deployments;
  const find = async (request: ODataRequest): Promise<Deployment> => {
    const id = idOf(request);
    const found = (await listNow()).find((deployment) => deployment.id === id);
    if (found === undefined) throw notDeployed();
    return found;
  };
  const errorInformation = (id: string): Entity => ({ Id: id });
  const deployOf = (kind: ArtifactKind): Methods => ({
    POST: async (request) => {
      const [id = '', version = ''] = functionArguments(request.call.url, ['Id', 'Version']);
      const taskId = await deployer.deploy(kind, id, version, request.caller.user);
      const failed = (await tasks.find(taskId))?.status === 'FAIL';
      return {
        audit: {
          detail: `version ${version}, task ${taskId}`,
          ...(failed ? { outcome: 'failure', reason: 'deployment_error' } : {}),
        },
        status: 202,
        headers: { 'Content-Type': 'text/plain;charset=utf-8' },
        body: taskId,
      };
    },
  });
  const list = collectionRoutes(
    set,
    runtimeArtifactType,
    async () => (await listNow()).map(runtimeEntity),
    { ErrorInformation: (entity) => Promise.resolve([errorInformation(textOf(entity, 'Id'))]) },
  );
  return {
    ...list,
    [set]: {
      ...list[set],
      POST: () =>
        Promise.reject(
          ODataError.notImplemented(
            'A bundle is not deployed directly. Create it with IntegrationDesigntimeArtifacts and deploy it with DeployIntegrationDesigntimeArtifact.',
          ),
        ),
    },
    [`${set}()`]: {
      GET: async (request) =>
        replyEntity(request, runtimeArtifactType, runtimeEntity(await find(request)), {
          ErrorInformation: () => Promise.resolve([errorInformation(idOf(request))]),
        }),
      DELETE: async (request) => {
        await deployer.undeploy(idOf(request));
        return { status: 202 };
      },
    },
    [`${set}()/ErrorInformation`]: {
      GET: async (request) =>
        replyEntity(request, errorInformationType, errorInformation((await find(request)).id)),
    },
    [`${set}()/ErrorInformation/$value`]: {
      GET: async (request) => {
        const { faults } = await find(request);
        if (faults.length === 0) return { status: 204 };
        return {
          status: 200,
          headers: { 'Content-Type': 'application/json' },
          body: errorJson(faults),
        };
      },
    },
    ...Object.fromEntries(ARTIFACT_KINDS.map((kind) => [deployFunction(kind), deployOf(kind)])),
    'BuildAndDeployStatus()': {
      GET: async (request) => {
        const [taskId = ''] = keyValues(request.segments[0], ['TaskId']);
        const task = await tasks.find(taskId);
        if (task === undefined) throw ODataError.notFound();
        const entity = { TaskId: task.taskId, Status: task.status };
        return replyEntity(request, buildAndDeployStatusType, entity);
      },
    },
  };
}

/** Published tools show `parameter[0]` and nothing else: it holds every fault. */
function errorJson(faults: readonly string[]): string {
  return JSON.stringify({
    message: {
      subsystemName: 'CONTENT',
      subsytemPartName: 'CONTENT_DEPLOY',
      messageId: 'GenerationFailed',
      messageText: '',
    },
    parameter: [faults.join('\n')],
  });
}

function runtimeEntity(deployment: Deployment): Entity {
  return {
    Id: deployment.id,
    Version: deployment.version,
    Name: deployment.name,
    Type: deployment.type ?? 'INTEGRATION_FLOW',
    DeployedBy: deployment.deployedBy,
    DeployedOn: deployment.deployedOn,
    Status: deployment.status,
  };
}
