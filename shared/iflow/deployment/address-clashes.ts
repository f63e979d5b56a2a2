import { type Address, overlaps, parseAddress } from '../address.ts';
import type { Deployment } from './deployment.ts';

/** SAP Help, HTTPS Sender Adapter: addresses are unique on the tenant. */
export function findClashes(
  addresses: readonly string[],
  deployments: readonly Deployment[],
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
  for (const deployment of deployments) {
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
  return clashes;
}

/** SAP Help, ProcessDirect Adapter: many producers, one consumer. */
export function findDirectClashes(
  addresses: readonly string[],
  deployments: readonly Deployment[],
  id: string,
): string[] {
  const own = addresses
    .filter((address, i) => addresses.indexOf(address) < i)
    .map(
      (address) => `Two sender channels of this iFlow have the ProcessDirect address ${address}.`,
    );
  const others = deployments
    .filter((deployment) => deployment.id !== id)
    .flatMap(({ id: otherId, name, directAddresses = [] }) =>
      addresses
        .filter((address) => directAddresses.includes(address))
        .map(
          (address) =>
            `The ProcessDirect address ${address} is taken: the iFlow ${name} (${otherId}) is deployed at it. Choose another address, or undeploy that iFlow.`,
        ),
    );
  return [...own, ...others];
}

/** An iFlow and the addresses of its HTTPS senders, deployed or not. */
type Addressed = Pick<Deployment, 'id' | 'name' | 'addresses'>;

/** Addresses that are compared with each other. */
const MOST_COMPARED = 2000;

/** What will keep iFlows that are there from being deployed next to those that are, and to each other. */
export function foreseeClashes(
  flows: readonly Addressed[],
  deployments: readonly Deployment[],
): { readonly flow: Addressed; readonly text: string }[] {
  const seen: { readonly flow: Addressed; readonly address: Address }[] = [];
  const clashes: { readonly flow: Addressed; readonly text: string }[] = [];
  for (const flow of flows) {
    const addresses = flow.addresses.slice(0, MOST_COMPARED - seen.length);
    const texts = findClashes(addresses, deployments, flow.id);
    clashes.push(...texts.map((text) => ({ flow, text })));
    for (const text of addresses) {
      const address = parseAddress(text);
      if (typeof address === 'string') continue;
      const other = seen.find((one) => one.flow !== flow && overlaps(one.address, address));
      if (other !== undefined) {
        const clash = `The address ${text} is that of the iFlow ${other.flow.name} (${other.flow.id}) of this package as well, at ${other.address.text}: only one of them can be deployed until the other has another address.`;
        clashes.push({ flow, text: clash });
      }
      seen.push({ flow, address });
    }
  }
  return clashes;
}
