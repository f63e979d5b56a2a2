import { Fault } from '../http/fault.ts';
import { Problem } from '../http/problem.ts';
import { overlaps, parseAddress } from '../iflow/address.ts';
import type { Deployer } from '../iflow/deployment/deploy.ts';
import type { Deployment, DeploymentDirectory } from '../iflow/deployment/deployment.ts';
import type { Artifacts } from '../iflow/design/artifacts.ts';
import type { DesignArtifact } from '../iflow/design/design-store.ts';
import type { Packages } from '../iflow/design/packages.ts';
import type { AuditEvent, AuditObject } from '../registry/audit/audit-entry.ts';
import type { MaterialAdministration } from '../registry/security-material/administration.ts';
import type { Draft } from '../registry/security-material/material.ts';
import { type Facade, FACADE_ATTRIBUTE, facadeBundle } from './facade-bundle.ts';
import { DEFAULT_PACKAGE, type FacadeRequest } from './facade-request.ts';

export interface FacadeDeps {
  readonly packages: Pick<Packages, 'get' | 'create'>;
  readonly artifacts: Pick<Artifacts, 'get' | 'getContent' | 'create' | 'update'>;
  /** An attribute of a bundle's manifest. */
  readonly readAttribute: (zip: Uint8Array, name: string) => string | undefined;
  readonly deployer: Pick<Deployer, 'deploy'>;
  readonly directory: Pick<DeploymentDirectory, 'current'>;
  readonly material: Pick<MaterialAdministration, 'get' | 'create' | 'replace'>;
}

/** Makes one change, with its entry in the audit trail. */
export type Audited = <T>(
  event: Pick<AuditEvent, 'action' | 'object' | 'detail'>,
  work: () => Promise<T>,
) => Promise<T>;

export interface MadeFacade {
  readonly deployment: Deployment;
  /** Whether the iFlow was not there before. */
  readonly isNew: boolean;
}

/** A request that finds the same things just made by another one begins anew, this often at most. */
const MOST_TRIES = 5;

/**
 * Makes what a call to an iFlow on a tenant takes: credentials, package, iFlow, deployment. What is
 * there already is brought to what was asked for, so the same request can be sent again.
 * @throws {Problem} 409, 422
 */
export async function makeFacade(
  request: FacadeRequest,
  deps: FacadeDeps,
  user: string,
  audited: Audited,
): Promise<MadeFacade> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await makeOnce(request, deps, user, audited);
    } catch (error) {
      const isOvertaken = error instanceof Fault && error.reason === 'duplicate';
      if (!isOvertaken || tries === MOST_TRIES) throw error;
    }
  }
}

async function makeOnce(
  request: FacadeRequest,
  deps: FacadeDeps,
  user: string,
  audited: Audited,
): Promise<MadeFacade> {
  const { facade, credential } = request;
  await requireFreeAddress(facade, deps);
  const before = await findFacade(request, deps);
  const packageId = before?.packageId ?? request.packageId ?? DEFAULT_PACKAGE;
  if (credential === undefined) await requireCredential(facade.credentialName, deps);
  else await putCredential(credential, deps, user, audited);
  await ensurePackage(packageId, deps, user, audited);
  await putArtifact(facade, before, packageId, deps, user, audited);
  const event = { action: 'iflow.deploy', object: iflow(facade.iflowId), detail: 'version active' };
  await audited(event, () =>
    deps.deployer.deploy('IntegrationFlow', facade.iflowId, 'active', user),
  );
  const { deployments } = await deps.directory.current(0);
  const deployment = deployments.find(({ id }) => id === facade.iflowId);
  if (deployment?.status !== 'STARTED') {
    const faults = deployment?.faults.join(' ') ?? 'It was undeployed at the same moment.';
    throw new Problem(409, 'deployment_error', `The iFlow was not deployed. ${faults}`);
  }
  return { deployment, isNew: before === undefined };
}

const iflow = (name: string): AuditObject => ({ type: 'iflow', name });

/** Said before anything is made. */
async function requireFreeAddress(facade: Facade, { directory }: FacadeDeps): Promise<void> {
  const own = parseAddress(facade.address);
  const { deployments } = await directory.current(0);
  for (const { id, name, addresses } of deployments) {
    if (id === facade.iflowId || typeof own === 'string') continue;
    const taken = addresses.find((text) => {
      const address = parseAddress(text);
      return typeof address !== 'string' && overlaps(own, address);
    });
    if (taken === undefined) continue;
    throw Problem.conflict(
      `The address ${facade.address} is taken: the iFlow ${name} (${id}) is deployed at ${taken}. Choose another address, or undeploy that iFlow.`,
    );
  }
}

/** The facade of that id, if there is one. @throws {Problem} 409 for an iFlow of somebody's own */
async function findFacade(
  { facade, isNamed, packageId }: FacadeRequest,
  deps: FacadeDeps,
): Promise<DesignArtifact | undefined> {
  const { iflowId } = facade;
  const found = await unlessMissing('unknown_artifact', () =>
    deps.artifacts.getContent(iflowId, 'active'),
  );
  if (found === undefined) return undefined;
  const { artifact, zip } = found;
  const address = deps.readAttribute(zip, FACADE_ATTRIBUTE);
  if (address === undefined) {
    throw Problem.conflict(
      `There is an iFlow ${iflowId} that is no facade. Choose another iflow_id: that iFlow is left as it is.`,
    );
  }
  if (!isNamed && address !== facade.address) {
    throw Problem.conflict(
      `The facade ${iflowId} is that of ${address}. Choose an iflow_id for another one, or send iflow_id ${iflowId} to give it the address ${facade.address}.`,
    );
  }
  if (packageId !== undefined && packageId !== artifact.packageId) {
    throw Problem.conflict(
      `The facade ${iflowId} is in the package ${artifact.packageId}. Send that package_id, or none.`,
    );
  }
  return artifact;
}

async function requireCredential(name: string, { material }: FacadeDeps): Promise<void> {
  const kind = 'oauth2-client-credentials';
  if ((await unlessMissing('unknown_material', () => material.get(kind, name))) !== undefined) {
    return;
  }
  const detail = `There are no OAuth2 client credentials ${JSON.stringify(name)}. Send token_url, client_id and client_secret, or service_key, to make them.`;
  throw Problem.invalid([{ pointer: '/credential_name', detail }]);
}

async function putCredential(
  draft: Draft<'oauth2-client-credentials'>,
  { material }: FacadeDeps,
  user: string,
  audited: Audited,
): Promise<void> {
  const { kind, name } = draft;
  const there = await unlessMissing('unknown_material', () => material.get(kind, name));
  const object = { type: 'oauth2_client_credentials', name };
  await (there === undefined
    ? audited({ action: 'credentials.create', object }, () => material.create(draft, user))
    : audited({ action: 'credentials.change', object }, () => material.replace(draft, user)));
}

async function ensurePackage(
  id: string,
  { packages }: FacadeDeps,
  user: string,
  audited: Audited,
): Promise<void> {
  const there = await unlessMissing('unknown_package', () => packages.get(id));
  if (there !== undefined) return;
  const event = { action: 'package.create', object: { type: 'package', name: id } };
  // Somebody else may have been quicker.
  await unlessMissing('duplicate', () =>
    audited(event, () => packages.create(id, { shortText: 'Facades of iFlows elsewhere' }, user)),
  );
}

async function putArtifact(
  facade: Facade,
  before: DesignArtifact | undefined,
  packageId: string,
  { artifacts }: FacadeDeps,
  user: string,
  audited: Audited,
): Promise<void> {
  const { iflowId: id, name } = facade;
  const content = facadeBundle(facade);
  const given = { name, description: undefined, content };
  await (before === undefined
    ? audited({ action: 'artifact.create', object: iflow(id) }, () =>
        artifacts.create({ id, packageId, ...given }, user),
      )
    : audited({ action: 'artifact.change', object: iflow(id) }, () =>
        artifacts.update(id, given, user),
      ));
}

/** What `work` gives; undefined where it is refused for that reason. */
async function unlessMissing<T>(reason: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Fault && error.reason === reason) return undefined;
    throw error;
  }
}
