import { type Bundle, readBundle } from './bundle/bundle.ts';
import { compileSenders, compileSettings } from './compile-senders.ts';
import { checkLine } from './compile-line.ts';
import {
  type CompiledFlow,
  type CompiledNode,
  type CompiledProcess,
  NotDeployable,
} from './flow.ts';
import type { FlowModel, Graph, NodeModel, ProcessModel } from './model/flow-model.ts';
import { readFlow } from './model/read-flow.ts';
import type { CompileContext } from './steps/compiler.ts';
import { compilers } from './steps/compilers.ts';

/**
 * Reads and compiles a bundle: what deploying it does.
 * @param overrides values of externalised parameters that replace those of parameters.prop.
 * @throws {BundleFault} when it cannot be read.
 * @throws {NotDeployable} when it can, and asks for what is not there.
 */
export function compileBundle(
  zip: Uint8Array,
  overrides?: ReadonlyMap<string, string>,
): { readonly flow: CompiledFlow } {
  const bundle = readBundle(zip);
  return { flow: compileFlow(readFlow(bundle, overrides), bundle) };
}

/**
 * Compiles a flow. All of its processes count, called or not: a flow that asks for something that is
 * not there is not deployed in part.
 * @throws {NotDeployable} with every fault at once.
 */
export function compileFlow(model: FlowModel, bundle: Bundle): CompiledFlow {
  const faults: string[] = model.unresolvedParameters.map(
    (name) => `The parameter ${JSON.stringify(name.slice(0, 200))} has no value.`,
  );
  const fault = (sentence: string): void => {
    faults.push(sentence);
  };
  const settings = compileSettings(model.settings, fault);
  const senders = compileSenders(model, fault);
  const scripts = new Map<string, string>();
  const processes = model.processes.map((process) =>
    compileProcess(process, fault, {
      bundle,
      namespaces: settings.namespaces,
      hasScript: (fileName) => scripts.has(fileName),
      addScript(fileName, source) {
        scripts.set(fileName, source);
      },
    }),
  );
  if (faults.length > 0) throw new NotDeployable([...new Set(faults)]);
  return {
    format: 1,
    id: model.id,
    name: model.name,
    version: model.version,
    settings,
    senders,
    processes: Object.fromEntries(processes.map((process) => [process.id, process])),
    scripts: Object.fromEntries(scripts),
  };
}

function compileProcess(
  process: ProcessModel,
  fault: (sentence: string) => void,
  shared: Omit<CompileContext, 'fault'>,
): CompiledProcess {
  const nodes = new Map<string, CompiledNode>();
  for (const node of process.nodes) {
    const compile = Object.hasOwn(compilers, node.cname) ? compilers[node.cname] : undefined;
    if (compile === undefined) {
      reportMissing(node, fault);
      continue;
    }
    const context: CompileContext = {
      ...shared,
      fault: (clause) => {
        fault(`${stepName(node)} ${clause}.`);
      },
    };
    nodes.set(node.id, {
      id: node.id,
      name: node.name,
      type: node.cname,
      config: compile(node, context),
      next: process.sequenceFlows.filter((f) => f.sourceId === node.id).map((f) => f.targetId),
    });
  }
  checkLine(process, fault);
  return { id: process.id, name: process.name, nodes: Object.fromEntries(nodes) };
}

/** A sub process that is missing takes its start with it; its other steps are named as well. */
function reportMissing(node: NodeModel, fault: (sentence: string) => void): void {
  fault(`${stepName(node)} is not available yet.`);
  if (node.inner === undefined) return;
  const missing = (inner: Graph): NodeModel[] =>
    inner.nodes.filter((n) => n.element !== 'startEvent' && !Object.hasOwn(compilers, n.cname));
  for (const step of missing(node.inner)) reportMissing(step, fault);
}

function stepName(node: NodeModel): string {
  return `Step ${JSON.stringify((node.name || node.id).slice(0, 200))} (${node.cname.slice(0, 100)})`;
}
