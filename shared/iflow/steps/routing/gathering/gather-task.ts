import type { Task } from '../../../apart/task.ts';
import { rootText } from '../../../xml/root-text.ts';
import type { JoinedBodies } from './joined-bodies.ts';
import { readBodies } from './read-bodies.ts';

/** Messages to put into SAP's multimapping format. */
export interface GatherCall extends JoinedBodies {
  /** `same` puts all into one Message1, `different` each into a numbered one. */
  readonly format: 'same' | 'different';
}

/** Nothing of a document is kept but its text. */
const LIMITS = { maxCharacters: 100 * 1024 * 1024, maxDepth: 500, maxNodes: 20_000_000 };
const NAMESPACE = 'http://sap.com/xi/XI/SplitAndMerge';

/** Combines messages, in time linear in their size (SAP Help, Define Gather and Join: Results). */
export const gatherTask: Task<GatherCall, string> = {
  run(call) {
    const roots = readBodies(call, LIMITS.maxCharacters, (text) => rootText(text, LIMITS));
    const messages =
      call.format === 'same'
        ? `<multimap:Message1>${roots.join('')}</multimap:Message1>`
        : roots
            .map((root, i) => `<multimap:Message${i + 1}>${root}</multimap:Message${i + 1}>`)
            .join('');
    return `<?xml version='1.0' encoding='UTF-8'?><multimap:Messages xmlns:multimap="${NAMESPACE}">${messages}</multimap:Messages>`;
  },
};
