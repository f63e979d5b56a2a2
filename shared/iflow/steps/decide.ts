import type { Exchange } from '../exchange.ts';
import type { CompiledNode } from '../flow.ts';
import { type Condition, evaluateCondition } from '../expressions/condition.ts';
import { ExpressionFailure, type ExpressionContext, WorkBudget } from '../expressions/simple.ts';
import { queryOf, type XPathExpression } from '../expressions/xpath.ts';
import { runTask } from './run-task.ts';
import { type StepContext, StepFailure } from './step.ts';

/** A condition of a route or a loop, in either of SAP's languages. Plain JSON. */
export type ConditionConfig =
  { readonly condition: Condition } | { readonly xpath: XPathExpression };

/**
 * The index of the first condition that holds, -1 if none does. They are looked at in their order; XPath
 * ones need a task, which is then given all that are left.
 * @throws {StepFailure}
 */
export function firstThatHolds(
  conditions: readonly ConditionConfig[],
  exchange: Exchange,
  node: CompiledNode,
  context: StepContext,
): number | Promise<number> {
  const expressions = {
    exchange,
    now: context.environment.now,
    flowId: context.flow.id,
    budget: new WorkBudget(),
  };
  const search = searching(conditions, expressions);
  try {
    const first = search.next();
    return first.done === true ? first.value : answer(search, first.value, node, context, exchange);
  } catch (error) {
    return rethrow(error);
  }
}

/** Whether a condition holds. @throws {StepFailure} */
export async function holds(
  condition: ConditionConfig,
  exchange: Exchange,
  node: CompiledNode,
  context: StepContext,
): Promise<boolean> {
  return (await firstThatHolds([condition], exchange, node, context)) === 0;
}

/** What the search cannot answer by itself. */
type Question =
  | { readonly text: string; readonly pattern: string }
  | { readonly queries: readonly ReturnType<typeof queryOf>[] };

type Search = Generator<Question, number, readonly boolean[]>;

function* searching(conditions: readonly ConditionConfig[], context: ExpressionContext): Search {
  let known: Map<ConditionConfig, boolean> | undefined;
  for (const [index, config] of conditions.entries()) {
    if ('condition' in config) {
      if (yield* evaluating(config.condition, context)) return index;
      continue;
    }
    if (known === undefined) {
      const left = conditions.slice(index).filter((one) => 'xpath' in one);
      const answers = yield {
        queries: left.map(({ xpath }) => queryOf(xpath, 'boolean', context)),
      };
      known = new Map(left.map((one, i) => [one, answers[i] === true]));
    }
    if (known.get(config) === true) return index;
  }
  return -1;
}

function* evaluating(
  condition: Condition,
  context: ExpressionContext,
): Generator<Question, boolean, readonly boolean[]> {
  const evaluation = evaluateCondition(condition, context);
  let step = evaluation.next(false);
  while (step.done !== true) {
    const [matches] = yield step.value;
    step = evaluation.next(matches === true);
  }
  return step.value;
}

async function answer(
  search: Search,
  first: Question,
  node: CompiledNode,
  context: StepContext,
  { body }: Exchange,
): Promise<number> {
  let question = first;
  for (;;) {
    const answers = await ask(question, node, context, body);
    let next: IteratorResult<Question, number>;
    try {
      next = search.next(answers);
    } catch (error) {
      return rethrow(error);
    }
    if (next.done === true) return next.value;
    question = next.value;
  }
}

async function ask(
  question: Question,
  node: CompiledNode,
  context: StepContext,
  body: Exchange['body'],
): Promise<readonly boolean[]> {
  if ('pattern' in question) {
    const { text, pattern } = question;
    return [await runTask('match', { body: text, pattern }, node, context)];
  }
  const { namespaces } = context.flow.settings;
  const { queries } = question;
  const texts = await runTask('xpath', { body, namespaces, queries }, node, context);
  return texts.map((text) => text === 'true');
}

function rethrow(error: unknown): never {
  if (!(error instanceof ExpressionFailure)) throw error;
  throw new StepFailure('expression', error.message, error);
}
