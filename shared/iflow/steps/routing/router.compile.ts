import type { NodeModel } from '../../model/flow-model.ts';
import type { CompileContext } from '../compiler.ts';
import { compileCondition } from '../condition.compile.ts';
import type { RouterConfig } from './router.ts';

/** Compiles a Router: its routes with their conditions, in the order in which they are drawn. */
export function compileRouter(node: NodeModel, context: CompileContext): RouterConfig {
  const { outgoing } = context;
  const fallback = outgoing.find(({ id }) => id === node.defaultFlowId);
  if (node.defaultFlowId !== '' && fallback === undefined) {
    context.fault(
      `has the default route ${JSON.stringify(node.defaultFlowId.slice(0, 100))}, which does not lead away from it`,
    );
  }
  const routes = outgoing.flatMap((route) => {
    if (route === fallback) return [];
    const name = JSON.stringify((route.name || route.id).slice(0, 100));
    if (route.condition.trim() === '') {
      context.fault(`has no condition for the route ${name}; only the default route needs none`);
      return [];
    }
    const what = `the condition of the route ${name}`;
    const condition = compileCondition(route.condition, route.expressionType, what, context);
    return condition === undefined ? [] : [{ to: route.targetId, condition }];
  });
  return {
    routes,
    ...(fallback === undefined ? {} : { fallback: fallback.targetId }),
    throwException: node.properties.get('throwException') === 'true',
  };
}
