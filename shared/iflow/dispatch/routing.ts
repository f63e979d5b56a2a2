import { type AddressTable, buildAddressTable } from '../address.ts';
import type { Deployment, DeploymentSnapshot } from '../deployment/deployment.ts';

export interface FoundAddress {
  readonly deployment: Deployment;
  /** As configured on the sender channel. */
  readonly address: string;
  /** What `*` has matched, without leading slash; '' for an address without one. */
  readonly wildcardTail: string;
}

export type FindAddress = (snapshot: DeploymentSnapshot, path: string) => FoundAddress | undefined;

type Table = AddressTable<Omit<FoundAddress, 'wildcardTail'>>;

/** Looks addresses up in a table that is built once for each snapshot of the deployments. */
export function createFindAddress(): FindAddress {
  const tables = new WeakMap<DeploymentSnapshot, Table>();
  return (snapshot, path) => {
    let table = tables.get(snapshot);
    if (table === undefined) {
      table = buildAddressTable(entriesOf(snapshot));
      tables.set(snapshot, table);
    }
    const found = table.find(path);
    return found === undefined ? undefined : { ...found.entry, wildcardTail: found.wildcardTail };
  };
}

function* entriesOf(snapshot: DeploymentSnapshot) {
  for (const deployment of snapshot.deployments) {
    if (deployment.status !== 'STARTED') continue;
    for (const address of deployment.addresses) yield { address, entry: { deployment, address } };
  }
}
