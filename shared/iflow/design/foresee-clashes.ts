import { takeTurns } from '../../cache/take-turns.ts';
import type { Clock } from '../../config/clock.ts';
import { Fault } from '../../http/fault.ts';
import { RESOURCE_TYPES } from '../bundle/content-package.ts';
import { foreseeClashes } from '../deployment/address-clashes.ts';
import type { Deployment } from '../deployment/deployment.ts';
import type { AddressReader } from '../dispatch/address-reader.ts';
import type { ImportMessage } from './package-artifacts.ts';

/** Reading addresses is worth no more; iFlows that are left are not looked at. */
const LONGEST_SEARCH_MS = 10_000;

/** An iFlow as it would be deployed. */
export interface ConfiguredFlow {
  readonly id: string;
  readonly name: string;
  readonly zip: Uint8Array;
}

export type Foresee = (
  flows: Iterable<ConfiguredFlow> | AsyncIterable<ConfiguredFlow>,
) => Promise<ImportMessage[]>;

const MOST_WAITING = 10;

/** Tells of iFlows whose addresses will keep them from being deployed as they are. */
export function createForesee(deps: {
  readonly openReader: () => AddressReader;
  /** What is deployed at this moment. */
  readonly deployed: () => Promise<readonly Deployment[]>;
  readonly clock: Clock;
}): Foresee {
  const inTurn = takeTurns(MOST_WAITING, () =>
    Fault.unavailable('Addresses of too many packages are being read at once. Try again.', 10),
  );
  const foresee: Foresee = async (flows) => {
    const until = deps.clock.now() + LONGEST_SEARCH_MS;
    const addressed: { id: string; name: string; addresses: readonly string[] }[] = [];
    const reader = deps.openReader();
    try {
      for await (const { id, name, zip } of flows) {
        if (deps.clock.now() > until) break;
        addressed.push({ id, name, addresses: (await reader.read(zip)) ?? [] });
      }
    } finally {
      await reader.close();
    }
    return foreseeClashes(addressed, await deps.deployed()).map(({ flow, text }) => ({
      severity: 'warning',
      resourceType: RESOURCE_TYPES.IntegrationFlow,
      artifactId: flow.id,
      artifactName: flow.name,
      text,
    }));
  };
  return (flows) => inTurn(() => foresee(flows));
}
