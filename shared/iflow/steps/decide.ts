import type { Exchange } from '../exchange.ts';
import type { CompiledNode } from '../flow.ts';
import { type Condition, evaluateCondition } from '../expressions/condition.ts';
import type { ExpressionContext } from '../expressions/simple.ts';
import { queryOf, type XPathExpression } from '../expressions/xpath.ts';
import { evaluating, expressionsOn } from './evaluating.ts';
import { runTask } from './run-task.ts';
import type { StepContext } from './step.ts';

/** A condition of a route or a loop, in either of SAP's languages. Plain JSON. */
export type ConditionConfig =
  { readonly condition: Condition } | { readonly xpath: XPathExpression };

/**
 * The index of the first condition that holds, -1 if none does. They are looked at in their order, and
 * none behind one that holds: it may not be one for such a message. XPath ones need a task, which is
 * given those that stand together.
 * @throws {StepFailure}
 */
export function firstThatHolds(
  conditions: readonly ConditionConfig[],
  exchange: Exchange,
  node: CompiledNode,
  context: StepContext,
): number | Promise<number> {
  const search = searching(conditions, expressionsOn(exchange, context));
  const first = evaluating(() => search.next());
  return first.done === true ? first.value : answer(search, first.value, node, context, exchange);
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
  for (let index = 0; ;) {
    const config = conditions[index];
    if (config === undefined) return -1;
    if ('condition' in config) {
      if (yield* deciding(config.condition, context)) return index;
      index += 1;
      continue;
    }
    const xpaths = xpathsFrom(conditions, index);
    const answers = yield { queries: xpaths.map((xpath) => queryOf(xpath, 'boolean', context)) };
    const found = answers.indexOf(true);
    if (found >= 0) return index + found;
    index += xpaths.length;
  }
}

/** Those that stand together. */
function xpathsFrom(conditions: readonly ConditionConfig[], from: number): XPathExpression[] {
  const xpaths: XPathExpression[] = [];
  for (const config of conditions.slice(from)) {
    if (!('xpath' in config)) break;
    xpaths.push(config.xpath);
  }
  return xpaths;
}

function* deciding(
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
    const next = evaluating(() => search.next(answers));
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
  const texts = await runTask(
    'xpath',
    { body, namespaces, queries, untilTrue: true },
    node,
    context,
  );
  return texts.map((text) => text === 'true');
}
