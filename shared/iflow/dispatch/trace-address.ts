import { takeTurns } from '../../cache/take-turns.ts';
import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import type {
  DesignedFlow,
  FlowTrace,
  FlowTracer,
  ServedAddress,
} from '../../registry/diagnosis/flow-trace.ts';
import { buildAddressTable, decodePath } from '../address.ts';
import { configureBundle } from '../bundle/configure.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { DeploymentState, DeploymentStore } from '../deployment/deployment-store.ts';
import type { BundleBlobs, DesignArtifact, DesignStore } from '../design/design-store.ts';
import type { AddressReader } from './address-reader.ts';
import { createFindAddress } from './routing.ts';

export interface AddressTracerDeps {
  readonly deployments: Pick<DeploymentStore, 'readState' | 'readFlow'>;
  readonly design: Pick<DesignStore, 'listArtifacts'>;
  readonly blobs: Pick<BundleBlobs, 'get'>;
  readonly openReader: () => AddressReader;
  readonly clock: Clock;
}

/** Bundles that are opened to find one that is designed for an address, at most, and for how long. */
export const MOST_BUNDLES = 50;
export const LONGEST_SEARCH_MS = 5000;
/** Searches that may wait for the one under way. */
const MOST_WAITING = 10;
/** How often a look begins again because a flow was deployed or undeployed meanwhile. */
const TRIES = 5;

/** Tells what serves an address as dispatch would find it, and if nothing does, what was meant to. */
export function createAddressTracer(deps: AddressTracerDeps): FlowTracer {
  const inTurn = takeTurns(MOST_WAITING, () =>
    Fault.unavailable('Too many addresses are being looked for at once. Ask again.', 5),
  );
  return {
    async trace(path) {
      if (decodePath(path) === undefined) return undefined;
      for (let tries = 0; tries < TRIES; tries += 1) {
        const state = await deps.deployments.readState();
        const found = await findServed(deps, state, path);
        if (found === 'replaced') continue;
        if (found !== undefined) return { served: found };
        return inTurn(() => findDesigned(deps, state, path));
      }
      throw Fault.unavailable('iFlows are being deployed at this moment. Ask again.', 1);
    },
  };
}

async function findServed(
  deps: AddressTracerDeps,
  { generation, deployments }: DeploymentState,
  path: string,
): Promise<ServedAddress | 'replaced' | undefined> {
  const snapshot = { generation, deployments: deployments.map((stored) => stored.deployment) };
  const found = createFindAddress()(snapshot, path);
  if (found === undefined) return undefined;
  const flow = await deps.deployments.readFlow(found.deployment.revision);
  const sender = flow?.senders.find((one) => one.address === found.address);
  if (sender === undefined) return 'replaced';
  const { address, userRole, csrfProtected } = sender;
  const { id: iflow, name, packageId, packageName } = found.deployment;
  return { iflow, name, packageId, packageName, address, userRole, csrfProtected };
}

/** Opens the bundles of iFlows in ERROR, then of those changed last, until one has the address. */
async function findDesigned(
  deps: AddressTracerDeps,
  state: DeploymentState,
  path: string,
): Promise<FlowTrace> {
  const deployments = new Map(
    state.deployments.map(({ deployment }) => [deployment.id, deployment] as const),
  );
  const isBroken = ({ id }: DesignArtifact): number =>
    deployments.get(id)?.status === 'ERROR' ? 1 : 0;
  const artifacts = (await deps.design.listArtifacts())
    .filter(({ kind }) => kind === 'IntegrationFlow')
    .sort((a, b) => isBroken(b) - isBroken(a) || b.modifiedAt - a.modifiedAt);
  const addresses = [...deployments.values()].flatMap((deployment) => deployment.addresses);
  const until = deps.clock.now() + LONGEST_SEARCH_MS;
  const reader = deps.openReader();
  let opened = 0;
  try {
    for (const artifact of artifacts) {
      if (opened === MOST_BUNDLES || deps.clock.now() > until) break;
      opened += 1;
      const address = await findDesignedAddress(deps.blobs, reader, artifact, path);
      if (address === undefined) continue;
      const designed = describe(artifact, address, deployments.get(artifact.id));
      return { served: undefined, addresses, designed, more: false };
    }
    return { served: undefined, addresses, designed: undefined, more: opened < artifacts.length };
  } finally {
    await reader.close();
  }
}

async function findDesignedAddress(
  blobs: AddressTracerDeps['blobs'],
  reader: AddressReader,
  artifact: DesignArtifact,
  path: string,
): Promise<string | undefined> {
  // Changed or removed this very moment: there is nothing to be said of it.
  const zip = await blobs.get(artifact.content);
  if (zip === undefined) return undefined;
  const addresses = (await reader.read(configureBundle(zip, artifact.configured))) ?? [];
  const table = buildAddressTable(addresses.map((address) => ({ address, entry: address })));
  return table.find(path)?.entry;
}

function describe(
  artifact: DesignArtifact,
  address: string,
  deployment: Deployment | undefined,
): DesignedFlow {
  return {
    iflow: artifact.id,
    address,
    status: deployment?.status,
    faults: deployment?.faults ?? [],
  };
}
