import type { Task } from '../../../tasks/task.ts';
import { rootText } from '../../../xml/root-text.ts';
import type { JoinedBodies } from './joined-bodies.ts';
import { writeMultimap } from './multimap.ts';
import { readBodies } from './read-bodies.ts';

/** Messages to put into SAP's multimapping format. */
export interface GatherCall extends JoinedBodies {
  /** As {@link writeMultimap} has it. */
  readonly format: 'same' | 'different';
}

/** Nothing of a document is kept but its text. */
const LIMITS = { maxCharacters: 100 * 1024 * 1024, maxDepth: 500, maxNodes: 20_000_000 };

/** Combines messages, in time linear in their size (SAP Help, Define Gather and Join: Results). */
export const gatherTask: Task<GatherCall, string> = {
  run(call) {
    const roots = readBodies(call, LIMITS.maxCharacters, (text) => rootText(text, LIMITS));
    return writeMultimap(call.format, roots);
  },
};
