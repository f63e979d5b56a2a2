import { joinTexts } from '../../large-text.ts';
import { type Task, TaskFailure } from '../../tasks/task.ts';
import type { JoinedBodies } from '../routing/gathering/joined-bodies.ts';
import { readBodies } from '../routing/gathering/read-bodies.ts';
import { rootText } from '../../xml/root-text.ts';

export interface StoredMessages extends JoinedBodies {
  /** Of the bodies, in their order. */
  readonly ids: readonly string[];
}

/** Nothing of a document is kept but its text. */
const LIMITS = { maxCharacters: 40 * 1024 * 1024, maxDepth: 500, maxNodes: 20_000_000 };

/** The document that a Select yields (SAP Help, Define Data Store Select Operations). */
export const storedMessagesTask: Task<StoredMessages, string> = {
  run({ ids, ...bodies }) {
    const roots = readBodies(
      bodies,
      LIMITS.maxCharacters,
      (text) => rootText(text, LIMITS),
      (index, why) => {
        const id = JSON.stringify(ids[index]?.slice(0, 100));
        const text = `The data store entry ${id} cannot be read as XML, which a Select needs: ${why}.`;
        return new TaskFailure('not_xml', text);
      },
    );
    const messages = roots.flatMap((root, i) => [
      `<message id="${attributeText(ids[i] ?? '')}">`,
      root,
      '</message>\n',
    ]);
    return joinTexts([
      '<?xml version="1.0" encoding="UTF-8"?>\n<messages>\n',
      ...messages,
      '</messages>',
    ]);
  },
};

// XML 1.0 section 2.2: characters that no document may have.
const FORBIDDEN = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|\p{Surrogate}/gu;

/** Section 3.3.3: line ends and tabs would be read as spaces. */
function attributeText(text: string): string {
  return text
    .replace(FORBIDDEN, '\uFFFD')
    .replace(/[&<"\t\n\r]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
