import { type Task, TaskFailure } from '../../../tasks/task.ts';
import type { XPathQuery } from '../../../expressions/xpath.ts';
import { ExpressionFailure, selectElements } from '../../../expressions/xpath-engine.ts';
import type { XmlDocument, XmlElement } from '../../../xml/nodes.ts';
import { readXml } from '../../../xml/read-xml.ts';
import { writeXml } from '../../../xml/write-xml.ts';
import type { JoinedBodies } from './joined-bodies.ts';
import { readBodies } from './read-bodies.ts';

/** Messages to combine at an XPath. */
export interface MergeCall extends JoinedBodies {
  readonly namespaces: Readonly<Record<string, string>>;
  /** What of each message is combined. */
  readonly source: XPathQuery;
  /** Where in the first message it is put; without one, where that has the same. */
  readonly target?: XPathQuery;
}

/** As for other XPath: one tree in memory is what a worker thread bears. */
const LIMITS = { maxCharacters: 10 * 1024 * 1024, maxDepth: 500, maxNodes: 500_000 };

/**
 * Combines messages: the first one that has the target stays as it is, and what the source means in the
 * others is put behind what its target holds.
 */
export const mergeTask: Task<MergeCall, string> = {
  run(call) {
    try {
      return merge(call);
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error;
      throw new TaskFailure('expression', error.message, error);
    }
  },
};

interface Base {
  readonly document: XmlDocument;
  readonly target: XmlElement;
}

function merge(call: MergeCall): string {
  let base: Base | undefined;
  let found = 0;
  const before: string[] = [];
  const behind: string[] = [];
  readBodies(call, LIMITS.maxCharacters, (text) => {
    const document = readXml(text, LIMITS);
    const sources = selectElements(call.source, document, call.namespaces);
    found += sources.length;
    const target = base === undefined ? targetIn(document, sources, call) : undefined;
    if (target !== undefined) base = { document, target };
    else (base === undefined ? before : behind).push(...sources.map((node) => writeXml(node)));
  });
  if (found === 0 || base === undefined) {
    const { source } = found === 0 || call.target === undefined ? call.source : call.target;
    throw new ExpressionFailure(
      `The XPath ${source.slice(0, 120)} points to no element in any of the messages to be combined.`,
    );
  }
  const { document, target } = base;
  const inserted = { into: target, text: [...before, ...behind].join('') };
  return `<?xml version="1.0" encoding="UTF-8"?>${writeXml(document.documentElement, inserted)}`;
}

function targetIn(
  document: XmlDocument,
  sources: readonly XmlElement[],
  { target, namespaces, parts }: MergeCall,
): XmlElement | undefined {
  if (target !== undefined) return selectElements(target, document, namespaces)[0];
  const [first] = sources;
  if (first === undefined) return undefined;
  const parent = first.parentNode;
  if (parent?.nodeType === 1) return parent;
  // With one message there is nothing to put beside the root.
  if (parts.length === 1) return first;
  throw new ExpressionFailure(
    'The messages to be combined would have more than one root element: the Gather has to name the element that combines them (Combine at target).',
  );
}
