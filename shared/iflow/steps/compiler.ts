import type { Bundle } from '../bundle/bundle.ts';
import type { NodeModel } from '../model/flow-model.ts';

/** What a step may use of its flow while it is compiled. */
export interface CompileContext {
  readonly bundle: Bundle;
  /** XPath prefixes to namespace URIs. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Notes what is missing: a clause, or several, after which the step counts as not compiled. */
  fault(clause: string): void;
  hasScript(fileName: string): boolean;
  /** Takes a script file into the compiled flow. */
  addScript(fileName: string, source: string): void;
}

/**
 * Compiles one type of step to its config, which is plain JSON. It reports every fault that it finds
 * rather than the first.
 */
export type StepCompiler = (node: NodeModel, context: CompileContext) => unknown;
