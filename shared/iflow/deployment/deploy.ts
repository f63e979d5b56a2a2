import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import type { Artifacts } from '../design/artifacts.ts';
import { faultsOf } from '../design/bundle-tools.ts';
import type { DesignArtifact, DesignStore } from '../design/design-store.ts';
import { busy } from '../design/packages.ts';
import { type ArtifactKind, KIND_NOUNS } from '../bundle/artifact-kind.ts';
import type { CompiledFlow } from '../flow.ts';
import { findClashes, findDirectClashes } from './address-clashes.ts';
import type { CompiledArtifact, LoadCollections } from './compile-artifact.ts';
import type { Deployment } from './deployment.ts';
import {
  CompiledTooLarge,
  type DeploymentStore,
  type StoredDeployment,
  type TaskStore,
} from './deployment-store.ts';
import { createLoadCollections } from './load-collections.ts';

export interface DeployerDeps {
  readonly artifacts: Readonly<Record<ArtifactKind, Pick<Artifacts, 'getContent'>>>;
  readonly design: Pick<DesignStore, 'findPackage'>;
  readonly store: DeploymentStore;
  readonly tasks: TaskStore;
  /** @throws an error with `faults: string[]` for a bundle that cannot be deployed. */
  readonly compile: (
    kind: ArtifactKind,
    zip: Uint8Array,
    loadCollections: LoadCollections,
  ) => Promise<CompiledArtifact>;
  /** Sentences for a flow that asks for what this deployment has switched off. */
  readonly findSwitchedOff: (flow: CompiledFlow) => readonly string[];
  /** Called after every change, so that this instance sees it at once. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly randomUUID: () => string;
  /** Waits; a deploy that was overtaken by another one waits a random while before the next try. */
  readonly delay: (ms: number) => Promise<unknown>;
  readonly random: () => number;
}

export interface Deployer {
  /**
   * Deploys an artifact and answers when it is done. The deployment ends STARTED or, with the faults
   * of the bundle or a clash of addresses, in ERROR; never half-way between. An iFlow takes in the
   * scripts of its collections as the tenant has them at this moment.
   *
   * A deploy that fails takes the version before it out of service too, as a tenant does: whoever
   * asks is told that the artifact is in ERROR, and nothing answers under its addresses in the name
   * of a deployment that is not there. Deploying a good version again brings them back.
   *
   * @param version `active`, or a saved version.
   * @returns the id of the task, whose status is SUCCESS or FAIL by then.
   * @throws {Fault} 404 for an unknown artifact; 503 while others keep deploying.
   */
  deploy(kind: ArtifactKind, id: string, version: string, user: string): Promise<string>;
  /** @throws {Fault} 404 when it is not deployed; 503 while others keep deploying. */
  undeploy(id: string): Promise<void>;
}

const MOST_TRIES = 30;
/** Tasks of one artifact that can be asked for; older ones are removed. */
const TASKS_KEPT = 10;
/** What a deployment keeps of its faults, at most: with every character escaped, one row holds it. */
const MOST_FAULTS = 100;
const LONGEST_FAULT = 1000;
const MOST_ADDRESSES = 200;

export function createDeployer(deps: DeployerDeps): Deployer {
  const { store, tasks } = deps;
  const loadCollections = createLoadCollections(deps.artifacts.ScriptCollection);

  /**
   * Reads, decides and commits until nobody came between.
   * @param stands whether a change that was tried is there. Storage may have lost its answer, and a
   *   second request for the same change is told that the list has changed.
   */
  const change = async <T>(
    decide: (deployments: readonly StoredDeployment[]) => {
      readonly change: { readonly put: StoredDeployment } | { readonly remove: string };
      readonly result: T;
    },
    stands: (deployments: readonly StoredDeployment[]) => boolean,
  ): Promise<T> => {
    let tried: { readonly result: T } | undefined;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const state = await store.readState();
      if (tried !== undefined && stands(state.deployments)) {
        deps.onChange();
        return tried.result;
      }
      const decided = decide(state.deployments);
      tried = decided;
      const outcome = await store.commit(state, decided.change, deps.randomUUID());
      if (outcome === 'committed') {
        deps.onChange();
        return decided.result;
      }
      await deps.delay(deps.random() * 50 * Math.min(tries + 1, 10));
    }
    throw busy();
  };

  return {
    async deploy(kind, id, version, user) {
      const { artifact, zip } = await deps.artifacts[kind].getContent(id, version);
      const packageName =
        (await deps.design.findPackage(artifact.packageId))?.value.name ?? artifact.packageId;
      const taskId = deps.randomUUID();
      const revision = deps.randomUUID();
      const compiled = await compile(() => deps.compile(kind, zip, loadCollections));
      if (compiled.flow !== undefined) {
        compiled.faults.push(...deps.findSwitchedOff(compiled.flow));
        compiled.faults.push(...(await findExpired(compiled.flow, deps.clock.now())));
      }
      if (compiled.faults.length === 0) {
        try {
          if (compiled.flow !== undefined) await store.writeFlow(revision, compiled.flow);
          if (compiled.mapping !== undefined) {
            await store.writeValueMapping(revision, compiled.mapping);
          }
        } catch (error) {
          if (!(error instanceof CompiledTooLarge)) throw error;
          compiled.faults.push(
            `The ${KIND_NOUNS[kind]} is too large to deploy: compiled, with its scripts, it may have 16 MiB.`,
          );
        }
      }

      const isThere = (deployments: readonly StoredDeployment[]): boolean =>
        deployments.some(({ deployment }) => deployment.revision === revision);
      const { put, replaced } = await change<Outcome>((deployments) => {
        const before = deployments.find((other) => other.deployment.id === id);
        const all = deployments.map(({ deployment }) => deployment);
        const faults =
          compiled.faults.length > 0
            ? compiled.faults
            : [
                ...boundFaults(findClashes(compiled.addresses, all, id)),
                ...boundFaults(findDirectClashes(compiled.directAddresses, all, id)),
              ];
        const next: StoredDeployment = {
          deployment: describe(artifact, {
            packageName,
            user,
            revision,
            now: deps.clock.now(),
            faults,
            addresses: compiled.addresses,
            directAddresses: compiled.directAddresses,
            hasTimers: (compiled.flow?.timers.length ?? 0) > 0,
          }),
          previousRevision: before?.deployment.revision ?? '',
          taskIds: [taskId, ...(before?.taskIds ?? [])].slice(0, TASKS_KEPT),
        };
        return { change: { put: next }, result: { put: next, replaced: before } };
      }, isThere).catch(async (error: unknown) => {
        // A change that storage has not confirmed may stand all the same.
        const { deployments } = await store.readState();
        if (!isThere(deployments)) await store.removeCompiled(revision);
        throw error;
      });

      const status = put.deployment.status === 'STARTED' ? 'SUCCESS' : 'FAIL';
      await tasks.put({ taskId, artifactId: id, status });
      if (replaced !== undefined) {
        if (replaced.previousRevision !== '') await store.removeCompiled(replaced.previousRevision);
        const kept = new Set(put.taskIds);
        for (const old of replaced.taskIds) if (!kept.has(old)) await tasks.remove(old);
      }
      return taskId;
    },

    async undeploy(id) {
      const removed = await change(
        (deployments) => {
          const found = deployments.find((other) => other.deployment.id === id);
          if (found === undefined) throw notDeployed();
          return { change: { remove: id }, result: found };
        },
        (deployments) => !deployments.some(({ deployment }) => deployment.id === id),
      );
      await store.removeCompiled(removed.deployment.revision);
      if (removed.previousRevision !== '') await store.removeCompiled(removed.previousRevision);
      for (const taskId of removed.taskIds) await tasks.remove(taskId);
    },
  };
}

interface Outcome {
  readonly put: StoredDeployment;
  readonly replaced: StoredDeployment | undefined;
}

interface Compiled extends CompiledArtifact {
  readonly addresses: readonly string[];
  readonly directAddresses: readonly string[];
  readonly faults: string[];
}

async function compile(work: () => Promise<CompiledArtifact>): Promise<Compiled> {
  try {
    const compiled = await work();
    const { senders = [], directSenders = [] } = compiled.flow ?? {};
    const addresses = senders.map((sender) => sender.address);
    const directAddresses = directSenders.map((sender) => sender.address);
    const count = addresses.length + directAddresses.length;
    const faults =
      count > MOST_ADDRESSES
        ? [`An iFlow may have ${MOST_ADDRESSES} sender channels; this one has ${count}.`]
        : [];
    return { ...compiled, addresses, directAddresses, faults };
  } catch (error) {
    const faults = faultsOf(error);
    if (faults === undefined) throw error;
    return { addresses: [], directAddresses: [], faults: boundFaults(faults) };
  }
}

/** What reads schedules is loaded for a flow that has one. */
async function findExpired(flow: CompiledFlow, now: number): Promise<readonly string[]> {
  if (flow.timers.length === 0) return [];
  const { expiredTimers } = await import('../timers/expired-timers.ts');
  return expiredTimers(flow, now);
}

function boundFaults(faults: readonly string[]): string[] {
  const kept = faults.slice(0, MOST_FAULTS).map((fault) => fault.slice(0, LONGEST_FAULT));
  if (faults.length > kept.length) kept.push(`And ${faults.length - kept.length} more.`);
  return kept;
}

const RUNTIME_TYPES: Readonly<Record<ArtifactKind, Deployment['type']>> = {
  IntegrationFlow: undefined,
  ScriptCollection: 'SCRIPT_COLLECTION',
  ValueMapping: 'VALUE_MAPPING',
  MessageMapping: 'MESSAGE_MAPPING',
};

function describe(
  artifact: DesignArtifact,
  outcome: {
    readonly packageName: string;
    readonly user: string;
    readonly revision: string;
    readonly now: number;
    readonly faults: readonly string[];
    readonly addresses: readonly string[];
    readonly directAddresses: readonly string[];
    readonly hasTimers: boolean;
  },
): Deployment {
  const started = outcome.faults.length === 0;
  const type = RUNTIME_TYPES[artifact.kind];
  return {
    id: artifact.id,
    ...(type === undefined ? {} : { type }),
    name: artifact.name,
    version: artifact.version,
    packageId: artifact.packageId,
    packageName: outcome.packageName,
    status: started ? 'STARTED' : 'ERROR',
    deployedBy: outcome.user,
    deployedOn: outcome.now,
    revision: outcome.revision,
    addresses: started ? outcome.addresses : [],
    directAddresses: started ? outcome.directAddresses : [],
    ...(started && outcome.hasTimers ? { hasTimers: true } : {}),
    faults: outcome.faults,
  };
}

/** The text by which published tools know that an artifact is not deployed. */
export function notDeployed(): Fault {
  return new Fault(404, 'Requested entity could not be found.', { reason: 'not_deployed' });
}
