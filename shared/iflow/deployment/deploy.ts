import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import type { Artifacts } from '../design/artifacts.ts';
import { faultsOf } from '../design/bundle-tools.ts';
import type { DesignArtifact, DesignStore } from '../design/design-store.ts';
import { busy } from '../design/packages.ts';
import { type Address, overlaps, parseAddress } from '../address.ts';
import type { CompiledFlow } from '../flow.ts';
import type { Deployment } from './deployment.ts';
import {
  type DeploymentStore,
  FlowTooLarge,
  type StoredDeployment,
  type TaskStore,
} from './deployment-store.ts';

export interface DeployerDeps {
  readonly artifacts: Pick<Artifacts, 'getContent'>;
  readonly design: Pick<DesignStore, 'findPackage'>;
  readonly store: DeploymentStore;
  readonly tasks: TaskStore;
  /** @throws an error with `faults: string[]` for a bundle that cannot be deployed. */
  readonly compileBundle: (
    zip: Uint8Array,
  ) => { readonly flow: CompiledFlow } | Promise<{ readonly flow: CompiledFlow }>;
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
   * Deploys an iFlow and answers when it is done. The deployment ends STARTED or, with the faults
   * of the bundle or a clash of addresses, in ERROR; never half-way between.
   *
   * A deploy that fails takes the version before it out of service too, as a tenant does: whoever
   * asks is told that the artifact is in ERROR, and nothing answers under its addresses in the name
   * of a deployment that is not there. Deploying a good version again brings them back.
   *
   * @param version `active`, or a saved version.
   * @returns the id of the task, whose status is SUCCESS or FAIL by then.
   * @throws {Fault} 404 for an unknown artifact; 503 while others keep deploying.
   */
  deploy(id: string, version: string, user: string): Promise<string>;
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

  /** Reads, decides and commits until nobody came between. */
  const change = async <T>(
    decide: (deployments: readonly StoredDeployment[]) => {
      readonly change: { readonly put: StoredDeployment } | { readonly remove: string };
      readonly result: T;
    },
  ): Promise<T> => {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const state = await store.readState();
      const decided = decide(state.deployments);
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
    async deploy(id, version, user) {
      const { artifact, zip } = await deps.artifacts.getContent(id, version);
      const packageName =
        (await deps.design.findPackage(artifact.packageId))?.value.name ?? artifact.packageId;
      const taskId = deps.randomUUID();
      const revision = deps.randomUUID();
      const compiled = await compile(zip, deps.compileBundle);
      if (compiled.flow !== undefined) {
        compiled.faults.push(...deps.findSwitchedOff(compiled.flow));
        compiled.faults.push(...(await findExpired(compiled.flow, deps.clock.now())));
      }
      if (compiled.flow !== undefined && compiled.faults.length === 0) {
        try {
          await store.writeFlow(revision, compiled.flow);
        } catch (error) {
          if (!(error instanceof FlowTooLarge)) throw error;
          compiled.faults.push(
            'The iFlow is too large to deploy: with its scripts it may have 16 MiB.',
          );
        }
      }

      const { put, replaced } = await change<Outcome>((deployments) => {
        const before = deployments.find((other) => other.deployment.id === id);
        const faults =
          compiled.faults.length > 0
            ? compiled.faults
            : [
                ...findClashes(compiled.addresses, deployments, id),
                ...findDirectClashes(compiled.directAddresses, deployments, id),
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
      }).catch(async (error: unknown) => {
        await store.removeFlow(revision);
        throw error;
      });

      const status = put.deployment.status === 'STARTED' ? 'SUCCESS' : 'FAIL';
      await tasks.put({ taskId, artifactId: id, status });
      if (replaced !== undefined) {
        if (replaced.previousRevision !== '') await store.removeFlow(replaced.previousRevision);
        const kept = new Set(put.taskIds);
        for (const old of replaced.taskIds) if (!kept.has(old)) await tasks.remove(old);
      }
      return taskId;
    },

    async undeploy(id) {
      const removed = await change((deployments) => {
        const found = deployments.find((other) => other.deployment.id === id);
        if (found === undefined) throw notDeployed();
        return { change: { remove: id }, result: found };
      });
      await store.removeFlow(removed.deployment.revision);
      if (removed.previousRevision !== '') await store.removeFlow(removed.previousRevision);
      for (const taskId of removed.taskIds) await tasks.remove(taskId);
    },
  };
}

interface Outcome {
  readonly put: StoredDeployment;
  readonly replaced: StoredDeployment | undefined;
}

interface Compiled {
  readonly flow?: CompiledFlow;
  readonly addresses: readonly string[];
  readonly directAddresses: readonly string[];
  readonly faults: string[];
}

async function compile(
  zip: Uint8Array,
  compileBundle: DeployerDeps['compileBundle'],
): Promise<Compiled> {
  try {
    const { flow } = await compileBundle(zip);
    const addresses = flow.senders.map((sender) => sender.address);
    const directAddresses = flow.directSenders.map((sender) => sender.address);
    const count = addresses.length + directAddresses.length;
    const faults =
      count > MOST_ADDRESSES
        ? [`An iFlow may have ${MOST_ADDRESSES} sender channels; this one has ${count}.`]
        : [];
    return { flow, addresses, directAddresses, faults };
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

/** SAP Help, HTTPS Sender Adapter: addresses are unique on the tenant. */
function findClashes(
  addresses: readonly string[],
  deployments: readonly StoredDeployment[],
  id: string,
): string[] {
  const clashes: string[] = [];
  const ours: Address[] = [];
  for (const text of addresses) {
    const address = parseAddress(text);
    if (typeof address === 'string') {
      clashes.push(address);
      continue;
    }
    if (ours.some((earlier) => overlaps(address, earlier))) {
      clashes.push(
        `The address ${text} overlaps that of another sender channel of this iFlow. Give one of them another address.`,
      );
    }
    ours.push(address);
  }
  for (const { deployment } of deployments) {
    if (deployment.id === id) continue;
    for (const text of deployment.addresses) {
      const theirs = parseAddress(text);
      if (typeof theirs === 'string') continue;
      for (const address of ours.filter((candidate) => overlaps(candidate, theirs))) {
        clashes.push(
          `The address ${address.text} is taken: the iFlow ${deployment.name} (${deployment.id}) is deployed at ${text}. Choose another address, or undeploy that iFlow.`,
        );
      }
    }
  }
  return boundFaults(clashes);
}

/** SAP Help, ProcessDirect Adapter: many producers, one consumer. */
function findDirectClashes(
  addresses: readonly string[],
  deployments: readonly StoredDeployment[],
  id: string,
): string[] {
  const own = addresses
    .filter((address, i) => addresses.indexOf(address) < i)
    .map(
      (address) => `Two sender channels of this iFlow have the ProcessDirect address ${address}.`,
    );
  const others = deployments
    .filter(({ deployment }) => deployment.id !== id)
    .flatMap(({ deployment: { id: otherId, name, directAddresses = [] } }) =>
      addresses
        .filter((address) => directAddresses.includes(address))
        .map(
          (address) =>
            `The ProcessDirect address ${address} is taken: the iFlow ${name} (${otherId}) is deployed at it. Choose another address, or undeploy that iFlow.`,
        ),
    );
  return boundFaults([...own, ...others]);
}

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
  return {
    id: artifact.id,
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
