import { type Task, TaskFailure } from '../../../tasks/task.ts';
import { forbiddenCharacter } from '../../../xml/characters.ts';
import { unixLines } from '../../../xml/lines.ts';
import { rootText } from '../../../xml/root-text.ts';
import { escapeText } from '../../../xml/write-xml.ts';
import { XmlError } from '../../../xml/xml-handler.ts';
import type { JoinedBodies } from '../../routing/gathering/joined-bodies.ts';
import { writeMultimap } from '../../routing/gathering/multimap.ts';
import { readBodies } from '../../routing/gathering/read-bodies.ts';
import { enrich, type KeyedMessage } from './enrich.ts';
import { findKeyedNodes, type KeyedPath, LIMITS } from './keyed-nodes.ts';

export type Aggregation =
  | { readonly strategy: 'combine' }
  | { readonly strategy: 'enrich'; readonly original: KeyedPath; readonly lookup: KeyedPath };

/** The original message and the lookup message, to be made one. */
export interface EnrichCall extends JoinedBodies {
  readonly aggregation: Aggregation;
}

/** SAP Help, Define Content Enricher. */
export const enrichTask: Task<EnrichCall, string> = {
  run(call) {
    const texts = readBodies(call, LIMITS.maxCharacters, (text) => text, unreadable);
    const [original = '', lookup = ''] = texts;
    const { aggregation } = call;
    if (aggregation.strategy === 'combine') {
      const contents = [reading(0, () => content(original)), reading(1, () => content(lookup))];
      return writeMultimap('different', contents);
    }
    return enrich(
      reading(0, () => keyed(original, aggregation.original)),
      // A receiver that has found nothing may answer with nothing.
      reading(1, () => (lookup.trim() === '' ? NOTHING : keyed(lookup, aggregation.lookup))),
    );
  },
};

const NOTHING: KeyedMessage = { source: '', nodes: [] };

function keyed(text: string, path: KeyedPath): KeyedMessage {
  const source = unixLines(text);
  return { source, nodes: findKeyedNodes(source, path) };
}

/** Reads one of the messages. @throws {TaskFailure} that says which. */
function reading<T>(index: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw unreadable(index, error.message);
  }
}

function unreadable(index: number, why: string): TaskFailure {
  const what = index === 0 ? 'its body' : 'the answer of the receiver';
  const text = `The message cannot be enriched: ${what} cannot be read as XML: ${why}.`;
  return new TaskFailure('enrich', text);
}

/** What stands in a message of the multimapping format: a root element, or a text. */
function content(text: string): string {
  if (/^\uFEFF?\s*</.test(text)) return rootText(text, LIMITS);
  const plain = unixLines(text);
  if (plain.length > LIMITS.maxCharacters) {
    throw new XmlError(`it has more than ${LIMITS.maxCharacters} characters`);
  }
  if (forbiddenCharacter(plain) >= 0) {
    throw new XmlError('a character that XML does not allow');
  }
  return escapeText(plain);
}
