import { type ConditionConfig, firstThatHolds } from '../decide.ts';
import type { Step, StepResult } from '../step.ts';
import { StepFailure } from '../step-failure.ts';

export interface RouterConfig {
  readonly routes: readonly { readonly to: string; readonly condition: ConditionConfig }[];
  /** Where the default route leads. */
  readonly fallback?: string;
  readonly throwException: boolean;
}

/**
 * Router: the message takes the first route whose condition holds, else the default route. Without
 * one the process ends, or fails where the router is to throw an exception (SAP Help, Define Router).
 */
export const router: Step = {
  changes: () => 'nothing',

  run(exchange, node, context) {
    const config = node.config as RouterConfig;
    const conditions = config.routes.map(({ condition }) => condition);
    const found = firstThatHolds(conditions, exchange, node, context);
    return typeof found === 'number'
      ? take(found, config)
      : found.then((index) => take(index, config));
  },
};

function take(index: number, { routes, fallback, throwException }: RouterConfig): StepResult {
  const to = routes[index]?.to ?? fallback;
  if (to !== undefined) return { goTo: to };
  if (!throwException) return { end: 'process' };
  throw new StepFailure(
    'no_route',
    'No condition of the router holds, and it has no default route.',
  );
}
