import type { CompiledFlow } from '../flow.ts';

/** A runtime artifact, as `IntegrationRuntimeArtifacts` shows it. */
export interface Deployment {
  readonly id: string;
  /** Absent for an iFlow. */
  readonly type?: 'VALUE_MAPPING' | 'SCRIPT_COLLECTION' | 'MESSAGE_MAPPING';
  readonly name: string;
  readonly version: string;
  readonly packageId: string;
  readonly packageName: string;
  readonly status: 'STARTED' | 'ERROR';
  /** User name of whoever deployed it. */
  readonly deployedBy: string;
  /** Milliseconds since the epoch. */
  readonly deployedOn: number;
  /** Names the compiled flow; new with every deploy. */
  readonly revision: string;
  /** Addresses of its sender channels, as configured; empty unless STARTED. */
  readonly addresses: readonly string[];
  /** ProcessDirect addresses of its sender channels; absent where there are none. */
  readonly directAddresses?: readonly string[];
  /** Whether timers start it; absent where none does. */
  readonly hasTimers?: boolean;
  /** Why it is in ERROR: one sentence per fault. */
  readonly faults: readonly string[];
}

/** What dispatch needs to know of deployments. */
export interface DeploymentDirectory {
  /**
   * All deployments, as storage held them at most `maxAgeMs` (25 s unless told) ago. The returned
   * object is the same one until something was deployed or undeployed, so what is derived from it
   * can be kept by identity.
   */
  current(maxAgeMs?: number): Promise<DeploymentSnapshot>;
  /** The compiled flow of a revision. @throws when there is none. */
  compiledFlow(revision: string): Promise<CompiledFlow>;
}

export interface DeploymentSnapshot {
  /** Changes with every deploy and undeploy. */
  readonly generation: string;
  readonly deployments: readonly Deployment[];
}
