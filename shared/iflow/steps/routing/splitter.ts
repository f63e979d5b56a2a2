import { copyExchange, type Exchange, MAX_BODY_SIZE } from '../../exchange.ts';
import { ExpressionFault } from '../../expressions/expression-fault.ts';
import type { Template } from '../../expressions/simple.ts';
import { groupAt, groupCount, type Pieces, totalLength } from './splitting/pieces.ts';
import { parseSplitPath, type SplitPath } from './splitting/split-path.ts';
import type { SplitPoint } from './splitting/split-task.ts';
import { type Branch, runBranches } from './branches.ts';
import { textsOf } from '../evaluating.ts';
import { runTask } from '../run-task.ts';
import { SplitMessages } from './split-messages.ts';
import type { Step, StepContext } from '../step.ts';
import { StepFailure } from '../step-failure.ts';

export interface SplitterConfig {
  /** Each piece keeps what stands around all of them. */
  readonly envelope: boolean;
  readonly at: SplitAt;
  /** How many pieces make a message. */
  readonly grouping: number | { readonly template: Template };
  /** Null for one message after the other. */
  readonly parallel: { readonly threads: number; readonly timeoutMs: number } | null;
  /** Only the last message is told how many there are, as it is where SAP cuts while it reads. */
  readonly streaming: boolean;
  readonly stopOnException: boolean;
}

export type SplitAt =
  | { readonly path: SplitPath }
  /** A path that headers and properties make. */
  | { readonly template: Template }
  | { readonly token: Template }
  | { readonly lines: true };

/** Messages that one may be split into. */
const MAX_MESSAGES = 100_000;
/** Characters of all of them, with what each keeps of the message. */
const MAX_CHARACTERS = 10 * MAX_BODY_SIZE;

/**
 * General and Iterating Splitter. Every message goes through the steps that follow: up to a Gather, which
 * combines what comes to it, or to an end; then the message goes on as it was before the splitter.
 * Where there is nothing to split at, the process ends (SAP Help, Define General Splitter).
 */
export const splitter: Step = {
  async run(exchange, node, context) {
    const [nodeId] = node.next;
    if (nodeId === undefined) return { end: 'process' };
    const config = node.config as SplitterConfig;
    const { at, size } = readSettings(config, exchange, context);
    const input = { body: exchange.body, envelope: config.envelope, at };
    const pieces = await runTask('split', input, node, context);
    const count = groupCount(pieces, size);
    if (count === 0) return { end: 'process' };
    checkSize(pieces, size, count);
    const messages = new SplitMessages(exchange, config.stopOnException, node, context);
    const rules = {
      concurrency: config.parallel?.threads ?? 1,
      stopOnFailure: config.stopOnException,
      ...(config.parallel === null ? {} : { timeoutMs: config.parallel.timeoutMs }),
    };
    const branches = branchesOf(pieces, size, config.streaming, exchange, nodeId);
    await runBranches(branches, rules, context, (index, branch, outcome) => {
      messages.take(index, branch.exchange, outcome);
    });
    return messages.conclude(exchange, node, context);
  },
};

function readSettings(
  { at, grouping }: SplitterConfig,
  exchange: Exchange,
  context: StepContext,
): { readonly at: SplitPoint; readonly size: number } {
  const textOf = textsOf(exchange, context);
  const size = typeof grouping === 'number' ? grouping : readSize(textOf(grouping.template));
  if ('template' in at) {
    return { at: { path: readPath(textOf(at.template), context) }, size };
  }
  if (!('token' in at)) return { at, size };
  const token = textOf(at.token);
  if (token !== '') return { at: { token }, size };
  throw new StepFailure('expression', 'The splitter has no token to split at.');
}

function readSize(text: string): number {
  const size = text.trim() === '' ? 1 : Number(text);
  if (Number.isInteger(size) && size >= 1) return size;
  const shown = JSON.stringify(text.slice(0, 100));
  throw new StepFailure(
    'expression',
    `The splitter groups by ${shown}, which is no number above 0.`,
  );
}

function readPath(text: string, { flow }: StepContext): SplitPath {
  try {
    return parseSplitPath(text, flow.settings.namespaces);
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    throw new StepFailure('expression', `The message cannot be split: ${error.message}.`, error);
  }
}

function checkSize(pieces: Pieces, size: number, count: number): void {
  if (count > MAX_MESSAGES) {
    const text = `The message would be split into ${count} messages; ${MAX_MESSAGES} are the most. Group them.`;
    throw new StepFailure('too_large', text);
  }
  if (totalLength(pieces, size) > MAX_CHARACTERS) {
    const text = `The messages that it would be split into have more than ${MAX_CHARACTERS} characters together.`;
    throw new StepFailure('too_large', text);
  }
}

/** Each is made when it is its turn: the message is in memory once, and no piece before it is needed. */
function* branchesOf(
  pieces: Pieces,
  size: number,
  streaming: boolean,
  exchange: Exchange,
  nodeId: string,
): Generator<Branch> {
  const count = groupCount(pieces, size);
  for (let index = 0; index < count; index++) {
    const branch = copyExchange(exchange);
    branch.body = groupAt(pieces, size, index);
    const isLast = index === count - 1;
    branch.properties.set('CamelSplitIndex', index);
    branch.properties.set('CamelSplitComplete', isLast);
    if (isLast || !streaming) branch.properties.set('CamelSplitSize', count);
    else branch.properties.delete('CamelSplitSize');
    yield { nodeId, exchange: branch };
  }
}
