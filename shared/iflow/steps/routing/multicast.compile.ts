import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext } from '../compiler.ts';
import type { MulticastConfig } from './multicast.ts';

export function compileParallelMulticast(_: NodeModel, context: CompileContext): MulticastConfig {
  return { sequential: false, routes: context.outgoing.map(({ targetId }) => targetId) };
}

/** Routes go in the order of the table; those that it does not name come after. */
export function compileSequentialMulticast(
  node: NodeModel,
  context: CompileContext,
): MulticastConfig {
  const left = new Map(context.outgoing.map(({ id, targetId }) => [id, targetId]));
  const routes: string[] = [];
  const rows = [...(node.tables.get('routingSequenceTable') ?? [])];
  // Cells without name are numbered: the place in the order, then the route.
  rows.sort((a, b) => Number(a.get('0')) - Number(b.get('0')));
  for (const row of rows) {
    const id = row.get('1') ?? '';
    const target = left.get(id);
    if (target === undefined) {
      context.fault(
        `has the route ${JSON.stringify(id.slice(0, 100))} in its order, which does not lead away from it, or is there twice`,
      );
    } else routes.push(target);
    left.delete(id);
  }
  return { sequential: true, routes: [...routes, ...left.values()] };
}
