import { type Task, TaskFailure } from '../tasks/task.ts';
import type { XPathCall } from './xpath.ts';
import { evaluateQueries, ExpressionFailure } from './xpath-engine.ts';

/**
 * Evaluates XPath expressions on one message body: a text for each query. What an expression costs is
 * the product of its text and the sender's XML, and no rule about either bounds it.
 */
export const xpathTask: Task<XPathCall, readonly string[]> = {
  run(call) {
    try {
      return evaluateQueries(call);
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error;
      throw new TaskFailure('expression', error.message, error);
    }
  },
};
