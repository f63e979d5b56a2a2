import { type Bundle, readBundle } from './bundle/bundle.ts';
import { faultOf } from './compile-fault.ts';
import { checkGraph } from './compile-graph.ts';
import {
  type CompiledChannel,
  type CompiledFlow,
  type CompiledNode,
  type CompiledProcess,
  type DeployFault,
  NotDeployable,
  type TimerStart,
} from './flow.ts';
import type { FlowModel, Graph, NodeModel, ProcessModel } from './model/flow-model.ts';
import { readFlow } from './model/read-flow.ts';
import { receiverCompilers } from './receivers/compilers.ts';
import { channelName, compileSenders } from './senders/compile.ts';
import { compileSettings } from './settings.compile.ts';
import type { CompileContext, FaultSubject, ResourceFiles } from './steps/compiler.ts';
import { compilers } from './steps/compilers.ts';
import type { TimerSchedule } from './timers/schedule.ts';

export interface CompileOptions {
  /** Files of the script collections that the tenant has, by their symbolic names. */
  readonly collections?: ReadonlyMap<string, ResourceFiles>;
  readonly working?: CompileContext['working'];
}

/**
 * Reads and compiles a bundle: what deploying it does.
 * @throws {BundleFault} when it cannot be read.
 * @throws {NotDeployable} when it can, and asks for what is not there.
 */
export function compileBundle(zip: Uint8Array): { readonly flow: CompiledFlow } {
  const bundle = readBundle(zip);
  return { flow: compileFlow(readFlow(bundle), bundle) };
}

/**
 * Compiles a flow. All of its processes count, called or not: a flow that asks for something that is
 * not there is not deployed in part.
 * @throws {NotDeployable} with every fault at once.
 */
export function compileFlow(
  model: FlowModel,
  bundle: Bundle,
  { collections = new Map(), working = () => undefined }: CompileOptions = {},
): CompiledFlow {
  const faults = new Map<string, DeployFault>();
  const report = (fault: DeployFault): void => {
    faults.set(fault.text, fault);
  };
  for (const name of model.unresolvedParameters) {
    const text = `The parameter ${JSON.stringify(name.slice(0, 200))} has no value.`;
    report({ text, kind: 'parameter', capability: '' });
  }
  const settings = compileSettings(model.settings, (text) =>
    report({ text, kind: 'design', capability: '' }),
  );
  const starts = compileSenders(model, report);
  const channels = compileReceivers(model, report);
  const resources = new Map<string, string>();
  const local = new Set(model.processes.filter(({ kind }) => kind === 'local').map(({ id }) => id));
  const processes = model.processes.map((process) =>
    compileProcess(process, report, channels, {
      bundle,
      namespaces: settings.namespaces,
      isLocalProcess: (id) => local.has(id),
      hasResource: (key) => resources.has(key),
      addResource(key, text) {
        resources.set(key, text);
      },
      working,
      collection: (symbolicName) => collections.get(symbolicName),
    }),
  );
  if (faults.size > 0) throw new NotDeployable([...faults.values()]);
  return {
    format: 2,
    id: model.id,
    name: model.name,
    version: model.version,
    settings,
    ...starts,
    timers: processes.flatMap(timersOf),
    processes: Object.fromEntries(processes.map((process) => [process.id, process])),
    resources: Object.fromEntries(resources),
  };
}

/** Timers that start a main process; their config is their schedule. */
function timersOf({
  id: processId,
  startId: local,
  nodes,
  ...process
}: CompiledProcess): TimerStart[] {
  return Object.values(nodes).flatMap(({ id: startId, type, config }) =>
    type === 'intermediatetimer' && local === '' && startId !== process.exceptionSubprocess?.startId
      ? [{ processId, startId, schedule: config as TimerSchedule }]
      : [],
  );
}

/** A receiver channel and the step that calls it; without `compiled` where its adapter is missing. */
interface ChannelOfStep {
  readonly stepId: string;
  readonly compiled: CompiledChannel | undefined;
}

function compileReceivers(
  model: FlowModel,
  report: (fault: DeployFault) => void,
): readonly ChannelOfStep[] {
  const participants = new Map(model.participants.map(({ id, name }) => [id, name]));
  return model.channels
    .filter(({ direction }) => direction === 'Receiver')
    .map((channel) => {
      const { adapter, sourceId, targetId } = channel;
      // That of a Content Enricher is drawn from the receiver to the step.
      const isInward = participants.has(sourceId);
      const stepId = isInward ? targetId : sourceId;
      const fault = (clause: string, about?: FaultSubject): void =>
        report(faultOf(channelName(channel), clause, about, channel));
      const compile = Object.hasOwn(receiverCompilers, adapter)
        ? receiverCompilers[adapter]
        : undefined;
      if (compile === undefined) {
        const capability = `receiver ${adapter || 'without adapter'}`;
        fault('is not available yet', { kind: 'missing', capability });
        return { stepId, compiled: undefined };
      }
      const receiver = participants.get(isInward ? sourceId : targetId) ?? '';
      const config = compile(channel, { fault });
      const { id, name } = channel;
      return { stepId, compiled: { id, name, adapter, receiver, config } };
    });
}

type Shared = Omit<CompileContext, 'fault' | 'outgoing' | 'channels' | 'channelCount'>;

function compileProcess(
  process: ProcessModel,
  report: (fault: DeployFault) => void,
  channels: readonly ChannelOfStep[],
  shared: Shared,
): CompiledProcess {
  const nodes: CompiledNode[] = [];
  const compileGraph = (graph: Graph): void => {
    for (const node of graph.nodes) {
      if (node.inner !== undefined) {
        if (graph !== process) reportNested(node, report);
        continue;
      }
      const compiled = compileNode(node, graph, report, channels, shared);
      if (compiled !== undefined) nodes.push(compiled);
    }
    checkGraph(graph, report);
  };
  compileGraph(process);
  const subprocesses = process.nodes.filter((node) => node.inner !== undefined);
  const [handler] = subprocesses.flatMap((node) => {
    if (node.cname === 'ErrorEventSubProcessTemplate') return [node];
    reportMissing(node, report);
    return [];
  });
  for (const { inner } of subprocesses) if (inner !== undefined) compileGraph(inner);
  const handlerStart = handler?.inner?.nodes.find(({ element }) => element === 'startEvent');
  if (handler !== undefined && handlerStart === undefined) {
    const text = `The exception subprocess ${JSON.stringify(shownName(handler))} has no start event.`;
    report({ text, kind: 'design', capability: '' });
  }
  if (subprocesses.length > 1) {
    const text = `The process ${JSON.stringify((process.name || process.id).slice(0, 200))} has more than one exception subprocess.`;
    report({ text, kind: 'design', capability: '' });
  }
  const start = process.nodes.find(({ element }) => element === 'startEvent');
  if (process.kind === 'local' && start === undefined) {
    const text = `The local integration process ${JSON.stringify((process.name || process.id).slice(0, 200))} has no start event.`;
    report({ text, kind: 'design', capability: '' });
  }
  return {
    id: process.id,
    name: process.name,
    startId: process.kind === 'local' ? (start?.id ?? '') : '',
    nodes: Object.fromEntries(nodes.map((node) => [node.id, node])),
    ...(process.properties.get('transactionalHandling') === 'Required'
      ? { transactional: true }
      : {}),
    ...(handler === undefined || handlerStart === undefined
      ? {}
      : { exceptionSubprocess: { id: handler.id, startId: handlerStart.id } }),
  };
}

function compileNode(
  node: NodeModel,
  graph: Graph,
  report: (fault: DeployFault) => void,
  channels: readonly ChannelOfStep[],
  shared: Shared,
): CompiledNode | undefined {
  const compile = Object.hasOwn(compilers, node.cname) ? compilers[node.cname] : undefined;
  if (compile === undefined) {
    reportMissing(node, report);
    return undefined;
  }
  const outgoing = graph.sequenceFlows.filter(({ sourceId }) => sourceId === node.id);
  const ofStep = channels.filter(({ stepId }) => stepId === node.id);
  const config = compile(node, {
    ...shared,
    outgoing,
    channels: ofStep.flatMap(({ compiled }) => compiled ?? []),
    channelCount: ofStep.length,
    fault: (clause, about) => report(faultOf(stepName(node), clause, about, node)),
  });
  return {
    id: node.id,
    name: node.name,
    type: node.cname,
    config,
    next: outgoing.map(({ targetId }) => targetId),
  };
}

function reportMissing(node: NodeModel, report: (fault: DeployFault) => void): void {
  const capability = `${node.element === 'startEvent' ? 'start' : 'step'} ${node.cname}`;
  report(faultOf(stepName(node), 'is not available yet', { kind: 'missing', capability }));
}

function reportNested(node: NodeModel, report: (fault: DeployFault) => void): void {
  const capability = 'subprocess in a subprocess';
  const clause = 'stands in another subprocess, which is not available';
  report(faultOf(stepName(node), clause, { kind: 'missing', capability }));
}

function stepName(node: NodeModel): string {
  return `Step ${JSON.stringify(shownName(node))} (${node.cname.slice(0, 100)})`;
}

function shownName(node: NodeModel): string {
  return (node.name || node.id).slice(0, 200);
}
