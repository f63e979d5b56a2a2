import type { Bundle } from '../bundle/bundle.ts';
import type { CompiledChannel, DeployFault } from '../flow.ts';
import type { NodeModel, SequenceFlow } from '../model/flow-model.ts';

/** What a step may use of its flow while it is compiled. */
export interface CompileContext {
  readonly bundle: Bundle;
  /** XPath prefixes to namespace URIs. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** The routes that lead away from the step, as they stand in the file. */
  readonly outgoing: readonly SequenceFlow[];
  /** Receiver channels that begin at the step; one whose adapter is missing is not among them. */
  readonly channels: readonly CompiledChannel[];
  /** How many there are, missing ones included. */
  readonly channelCount: number;
  /** Whether a local integration process of that id is there to be called. */
  isLocalProcess(id: string): boolean;
  /**
   * Notes what is missing: a clause, or several, after which the step counts as not compiled.
   * @param about `design` unless told; `property` names the setting that holds the wrong value: where
   *   an externalised parameter has filled it, the fault is that parameter's.
   */
  readonly fault: (clause: string, about?: FaultSubject) => void;
  hasResource(key: string): boolean;
  /** Takes a text into the compiled flow; `CompiledFlow.resources` says how keys are made. */
  addResource(key: string, text: string): void;
  /**
   * Says what is compiled next, such as `The stylesheet "a.xsl"`, where it may take long: whoever
   * ends the compilation says so. '' when it is done.
   */
  readonly working: (on: string) => void;
  /** Files of a script collection that the tenant has; undefined when there is none of that id. */
  collection(symbolicName: string): ResourceFiles | undefined;
}

export interface FaultSubject {
  readonly kind?: DeployFault['kind'];
  /** For `missing`, such as `script GroovyScript`. */
  readonly capability?: string;
  readonly property?: string;
}

/** Files by their path, as {@link Bundle} has them. */
export type ResourceFiles = Pick<Bundle, 'paths' | 'read'>;

/**
 * Compiles one type of step to its config, which is plain JSON. It reports every fault that it finds
 * rather than the first.
 */
export type StepCompiler = (node: NodeModel, context: CompileContext) => unknown;
