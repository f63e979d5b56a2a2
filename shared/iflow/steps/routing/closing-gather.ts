import type { CompiledFlow, CompiledNode } from '../../flow.ts';

const SPLITTERS = new Set(['GeneralSplitter', 'Camel']);
const MULTICASTS = new Set(['Multicast', 'SequentialMulticast']);
/** Branches are nested no deeper when the flow runs. */
const MAX_OPEN = 50;

type Nodes = Readonly<Record<string, CompiledNode>>;

/**
 * The Gather that combines the messages of a step's branches: the first on their way that is not that of
 * a splitter or multicast in between.
 */
export function closingGather(flow: CompiledFlow, opening: CompiledNode): CompiledNode | undefined {
  const nodes = nodesAround(opening.id, flow);
  const left = opening.next.map((id) => ({ id, open: 0 }));
  const seen = new Set<string>();
  for (let way = left.pop(); way !== undefined; way = left.pop()) {
    const node = nodes[way.id];
    const key = `${way.open} ${way.id}`;
    if (node === undefined || seen.has(key)) continue;
    seen.add(key);
    if (node.type === 'Gather' && way.open === 0) return node;
    const open = way.open + changeAt(node, nodes);
    // The Join of a multicast around a splitter.
    if (node.type === 'Join' && way.open === 0 && SPLITTERS.has(opening.type)) continue;
    if (open < 0 || open > MAX_OPEN) continue;
    left.push(...node.next.map((id) => ({ id, open })));
  }
  return undefined;
}

/** How many splitters and multicasts more are open behind a node. */
function changeAt(node: CompiledNode, nodes: Nodes): number {
  if (SPLITTERS.has(node.type) || MULTICASTS.has(node.type)) return 1;
  const closes =
    node.type === 'Gather' || (node.type === 'Join' && gatherBehind(node, nodes) === undefined);
  return closes ? -1 : 0;
}

/** The Gather that a branch has come to: a Join stands before its own. */
export function gatherAt(at: CompiledNode, flow: CompiledFlow): CompiledNode | undefined {
  return at.type === 'Gather' ? at : gatherBehind(at, nodesAround(at.id, flow));
}

function gatherBehind({ next: [next = ''] }: CompiledNode, nodes: Nodes): CompiledNode | undefined {
  return nodes[next]?.type === 'Gather' ? nodes[next] : undefined;
}

function nodesAround(id: string, flow: CompiledFlow): Nodes {
  const process = Object.values(flow.processes).find(({ nodes }) => Object.hasOwn(nodes, id));
  return process?.nodes ?? {};
}
