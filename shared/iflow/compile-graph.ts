import type { DeployFault } from './flow.ts';
import type { Graph, NodeModel } from './model/flow-model.ts';
import { compilers } from './steps/compilers.ts';

/** Steps that may lead to several others. */
const BRANCHING = new Set(['ExclusiveGateway', 'Multicast', 'SequentialMulticast']);

/**
 * Checks that the steps of a process, or of its exception subprocess, hang together: the start leads
 * somewhere, nothing stands apart, and no way leads back. A step that leads nowhere ends the process,
 * as on a tenant. Steps that are not available are faults of their own; what they do with the graph is
 * not judged.
 */
export function checkGraph(graph: Graph, report: (fault: DeployFault) => void): void {
  const fault = (text: string): void => report({ text, kind: 'design', capability: '' });
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const next = new Map<string, string[]>();
  const reached = new Set<string>();
  for (const flow of graph.sequenceFlows) {
    if (!isStep(nodes.get(flow.sourceId)) || !isStep(nodes.get(flow.targetId))) {
      fault(`The sequence flow ${named(flow)} does not connect two steps of one process.`);
      continue;
    }
    next.set(flow.sourceId, [...(next.get(flow.sourceId) ?? []), flow.targetId]);
    reached.add(flow.targetId);
  }
  for (const node of graph.nodes) {
    if (node.inner !== undefined || !Object.hasOwn(compilers, node.cname)) continue;
    const targets = next.get(node.id)?.length ?? 0;
    if (node.element === 'endEvent') {
      if (targets > 0) fault(`${event(node)} leads on to another step; an end ends the process.`);
    } else if (targets === 0 && node.element === 'startEvent') {
      fault(`${event(node)} leads to no other step; draw a sequence flow from it.`);
    } else if (targets > 1 && !BRANCHING.has(node.cname)) {
      fault(`${event(node)} leads to ${targets} steps; only a gateway or a multicast can.`);
    }
    if (node.element === 'startEvent') {
      if (reached.has(node.id)) fault(`${event(node)} has a sequence flow into it.`);
    } else if (!reached.has(node.id)) {
      fault(`${event(node)} is not connected: no sequence flow leads to it.`);
    }
  }
  const looping = findCycle(graph.nodes, next);
  if (looping !== undefined) {
    fault(`${event(looping)} leads back to itself; use a looping process call to repeat steps.`);
  }
}

/** Depth first, without recursion; each node is left once. */
function findCycle(
  nodes: readonly NodeModel[],
  next: ReadonlyMap<string, readonly string[]>,
): NodeModel | undefined {
  const state = new Map<string, 'open' | 'done'>();
  for (const start of nodes) {
    const path = [{ id: start.id, taken: 0 }];
    if (state.has(start.id)) continue;
    state.set(start.id, 'open');
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = next.get(top.id)?.[top.taken++];
      if (target === undefined) {
        state.set(top.id, 'done');
        path.pop();
      } else if (state.get(target) === 'open') return nodes.find((node) => node.id === target);
      else if (!state.has(target)) {
        state.set(target, 'open');
        path.push({ id: target, taken: 0 });
      }
    }
  }
  return undefined;
}

/** An exception subprocess is none: what fails leads into it, and no route. */
function isStep(node: NodeModel | undefined): boolean {
  return node !== undefined && node.cname !== 'ErrorEventSubProcessTemplate';
}

function event(node: NodeModel): string {
  return `Step ${named(node)} (${node.cname.slice(0, 100)})`;
}

function named({ id, name }: { readonly id: string; readonly name: string }): string {
  return JSON.stringify((name || id).slice(0, 200));
}
