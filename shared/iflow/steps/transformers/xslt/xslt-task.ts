import { type Task, TaskFailure } from '../../../tasks/task.ts';
import type { Body, Value } from '../../../exchange.ts';
import { XmlError } from '../../../xml/xml-handler.ts';
import { encodeResult } from './encodings.ts';
import { failureText, type TransformFailure } from './failure-text.ts';
import { readSource } from './source.ts';
import { World } from './world.ts';
import type { XsltCall, XsltResult } from './xslt.ts';

/** Worlds that a worker keeps: one has about 5 MB, and is made in about 20 ms. */
const MAX_WORLDS = 8;
/** Of their compiled stylesheets, which take a multiple of that in memory. */
const MAX_KEPT_CHARACTERS = 4 * 1024 * 1024;

/** A compiled stylesheet, and its world while that is kept. */
interface Prepared {
  readonly text: string;
  world: World | undefined;
}

/** Those that have a world, the least recently used first. */
const kept = new Set<Prepared>();

/**
 * Transforms a message body. Each stylesheet has a world to itself, so that none can leave anything
 * behind for another; what it leaves for its own next message is nothing, since a transformation
 * keeps its state to itself.
 */
export const xsltTask: Task<XsltCall, XsltResult, Prepared> = {
  prepare: (text) => ({ text, world: undefined }),
  dispose: forget,

  run(call, prepared) {
    const source = sourceOf(call.body);
    const world = worldOf(prepared);
    const { parameters, headers, properties } = call;
    const envelope = { parameters: typed(parameters), headers, properties };
    const answer = JSON.parse(world.transform(JSON.stringify(envelope), source)) as Answer;
    if ('failure' in answer) {
      // Where it was not the stylesheet that ended, the processor may be in the middle of something.
      if (!['message', 'error'].includes(answer.failure.kind)) forget(prepared);
      const { reason, message } = failureText(answer.failure, call.stylesheet.name);
      throw new TaskFailure(reason, message);
    }
    const text = world.takeResult();
    const body = call.result === 'text' ? text : encodeResult(text, call.stylesheet.encoding);
    return { body, ...answer };
  },
};

type Answer = Omit<XsltResult, 'body'> | { readonly failure: TransformFailure };

function worldOf(prepared: Prepared): World {
  kept.delete(prepared);
  kept.add(prepared);
  if (prepared.world === undefined) {
    for (const oldest of kept) {
      if (oldest === prepared || fits()) break;
      forget(oldest);
    }
    prepared.world = new World();
    prepared.world.prepare(prepared.text);
  }
  return prepared.world;
}

function fits(): boolean {
  let characters = 0;
  for (const { text } of kept) characters += text.length;
  return kept.size <= MAX_WORLDS && characters <= MAX_KEPT_CHARACTERS;
}

function forget(prepared: Prepared): void {
  kept.delete(prepared);
  prepared.world = undefined;
}

function sourceOf(body: Body): string {
  try {
    return readSource(body);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new TaskFailure(
      'xslt_input',
      `The message body cannot be read as XML, which an XSLT mapping needs: ${error.message}.`,
      error,
    );
  }
}

/**
 * Values by the types that SAP's processor gives them. A text has none: it takes that of what it is
 * used for, so that `Price * $quantity` works (SAP Help, "Access Header and Properties in XSLT
 * Mapping").
 */
function typed(parameters: Readonly<Record<string, Value>>): [string, string, Value][] {
  return Object.entries(parameters).flatMap(([name, value]): [string, string, Value][] => {
    if (value === null) return [];
    if (typeof value === 'boolean') return [[name, 'boolean', value]];
    if (typeof value !== 'number') return [[name, 'untypedAtomic', value]];
    return [[name, Number.isSafeInteger(value) ? 'integer' : 'double', value]];
  });
}
