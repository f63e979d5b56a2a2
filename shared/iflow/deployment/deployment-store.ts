import type { CompiledFlow } from '../flow.ts';
import type { CompiledValueMapping } from '../value-mapping/compiled.ts';
import type { Deployment } from './deployment.ts';

/** What is kept of one deployment beside what the world sees of it. */
export interface StoredDeployment {
  readonly deployment: Deployment;
  /** Revision before this one: its flow is kept, since another instance may still be running it. */
  readonly previousRevision: string;
  /** Tasks of this artifact whose status can be asked for, newest first. */
  readonly taskIds: readonly string[];
}

/** All deployments, with what guards the next change to any of them. */
export interface DeploymentState {
  /** Changes with every deploy and undeploy; '' before the first. */
  readonly generation: string;
  /** Opaque; undefined before the first change ever. */
  readonly etag: string | undefined;
  readonly deployments: readonly StoredDeployment[];
}

export type DeploymentChange =
  { readonly put: StoredDeployment } | { readonly remove: string /* deployment id */ };

export interface DeploymentStore {
  /** One point read. */
  readGeneration(): Promise<string>;
  readState(): Promise<DeploymentState>;
  /**
   * Changes one deployment and the generation in one step, provided that nothing has been deployed
   * or undeployed since `state` was read: what was decided from the whole list stays true.
   */
  commit(
    state: DeploymentState,
    change: DeploymentChange,
    nextGeneration: string,
  ): Promise<'committed' | 'stale'>;

  /** Written before the deployment that names it. @throws {CompiledTooLarge} */
  writeFlow(revision: string, flow: CompiledFlow): Promise<void>;
  readFlow(revision: string): Promise<CompiledFlow | undefined>;
  /** As for flows. @throws {CompiledTooLarge} */
  writeValueMapping(revision: string, mapping: CompiledValueMapping): Promise<void>;
  readValueMapping(revision: string): Promise<CompiledValueMapping | undefined>;
  /** What was compiled for a revision; no error if there is nothing. */
  removeCompiled(revision: string): Promise<void>;
}

/** A compiled artifact above what a deployment may hold. */
export class CompiledTooLarge extends Error {
  constructor() {
    super('What was compiled is above 16 Mi characters, or 24 MiB compressed.');
    this.name = 'CompiledTooLarge';
  }
}

/** A deploy that has ended; deploying takes no longer than the call that asks for it. */
export interface DeployTask {
  readonly taskId: string;
  readonly artifactId: string;
  readonly status: 'SUCCESS' | 'FAIL';
}

export interface TaskStore {
  /** Adds or replaces. */
  put(task: DeployTask): Promise<void>;
  find(taskId: string): Promise<DeployTask | undefined>;
  remove(taskId: string): Promise<void>;
}
