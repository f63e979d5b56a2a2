import { parseSimple } from '../../expressions/parse-simple.ts';
import type { Template } from '../../expressions/simple.ts';
import type { NodeModel } from '../../model/flow-model.ts';
import { parseSplitPath } from './splitting/split-path.ts';
import { attempt } from '../attempt.ts';
import type { CompileContext } from '../compiler.ts';
import type { SplitAt, SplitterConfig } from './splitter.ts';

/** SAP's editor takes as many. */
const MAX_THREADS = 50;
const MAX_TIMEOUT_SECONDS = 86_400 * 365;

/** General Splitter: each piece keeps what stands around all of them. */
export function compileGeneralSplitter(
  node: NodeModel,
  context: CompileContext,
): SplitterConfig | null {
  return compileSplitter(node, context, true);
}

/** Iterating Splitter, which is named `Camel` in the file. */
export function compileIteratingSplitter(
  node: NodeModel,
  context: CompileContext,
): SplitterConfig | null {
  return compileSplitter(node, context, false);
}

function compileSplitter(
  node: NodeModel,
  context: CompileContext,
  envelope: boolean,
): SplitterConfig | null {
  const { properties } = node;
  const at = compileAt(node, context, envelope);
  const grouping = compileGrouping(properties.get('grouping') ?? '', context);
  const parallel = compileParallel(node, context);
  if (at === undefined || grouping === undefined || parallel === undefined) return null;
  return {
    envelope,
    at,
    grouping,
    parallel,
    streaming: properties.get('Streaming') === 'true',
    // SAP's key for Stop on Exception.
    stopOnException: properties.get('StopOnExecution') === 'true',
  };
}

function compileAt(
  { properties }: NodeModel,
  context: CompileContext,
  envelope: boolean,
): SplitAt | undefined {
  const expression = properties.get('splitExprValue') ?? '';
  const type = properties.get('exprType') ?? 'XPath';
  switch (type) {
    case 'XPath':
      return attempt(
        context,
        'cannot split: ',
        () => compilePath(expression, context),
        'splitExprValue',
      );
    case 'Line Break':
      return { lines: true };
    case 'Token': {
      const token = properties.get('tokenValue') ?? expression;
      if (token === '') context.fault('names no token to split at', { property: 'tokenValue' });
      else if (!envelope) {
        const parse = (): SplitAt => ({ token: parseSimple(token) });
        return attempt(context, 'cannot split: ', parse, 'tokenValue');
      } else context.fault('cannot split at a token; an Iterating Splitter can');
      return undefined;
    }
    default: {
      const shown = JSON.stringify(type.slice(0, 100));
      context.fault(`splits by ${shown}, which is not available yet`, {
        kind: 'missing',
        capability: `splitter with ${shown}`,
        property: 'exprType',
      });
      return undefined;
    }
  }
}

/** A header or property may hold the path, or a part of it: then it is read with each message. */
function compilePath(written: string, { namespaces }: CompileContext): SplitAt {
  return written.includes('${')
    ? { template: parseSimple(written) }
    : { path: parseSplitPath(written, namespaces) };
}

function compileGrouping(
  written: string,
  context: CompileContext,
): number | { readonly template: Template } | undefined {
  const text = written.trim();
  if (text === '') return 1;
  if (text.includes('${')) {
    const parse = (): { template: Template } => ({ template: parseSimple(text) });
    return attempt(context, 'cannot group what it splits: ', parse, 'grouping');
  }
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  context.fault(
    `groups by ${JSON.stringify(text.slice(0, 100))}; it takes a whole number above 0, or an expression`,
    { property: 'grouping' },
  );
  return undefined;
}

function compileParallel(
  { properties }: NodeModel,
  context: CompileContext,
): SplitterConfig['parallel'] | undefined {
  if (properties.get('ParallelProcessing') !== 'true') return null;
  const read = (key: string, fallback: number, most: number): number | undefined => {
    const written = (properties.get(key) ?? '').trim();
    const value = written === '' ? fallback : /^\d{1,10}$/.test(written) ? Number(written) : 0;
    if (value >= 1 && value <= most) return value;
    context.fault(
      `has ${JSON.stringify(written.slice(0, 100))} for ${key}; it takes a whole number from 1 to ${most}`,
      { property: key },
    );
    return undefined;
  };
  const threads = read('SplitterThreads', 10, MAX_THREADS);
  const seconds = read('timeOut', 300, MAX_TIMEOUT_SECONDS);
  if (threads === undefined || seconds === undefined) return undefined;
  return { threads, timeoutMs: seconds * 1000 };
}
