import assert from 'node:assert/strict';
import { after } from 'node:test';
import { ScriptFailure } from '../../../shared/iflow/script/engine.ts';
import { TaskFailure } from '../../../shared/iflow/tasks/task.ts';
import type { TaskInput, TaskName, TaskOutput } from '../../../shared/iflow/tasks/tasks.ts';
import { startEngine } from '../script/engine.ts';

export const MI = 1024 * 1024;
export const engine = startEngine(2);
after(() => engine.close());

/** In a worker thread, as in production. One that runs out of memory at once ends this process. */
export function run<N extends TaskName>(name: N, input: TaskInput<N>): Promise<TaskOutput<N>> {
  return engine.tasks.run(name, input, { key: 'large', timeoutMs: 30_000 });
}

/** What a task says that cannot do its work: its worker is not ended by force. */
export async function refusalOf<N extends TaskName>(name: N, input: TaskInput<N>): Promise<string> {
  try {
    await run(name, input);
  } catch (error) {
    if (!(error instanceof TaskFailure) && !(error instanceof ScriptFailure)) throw error;
    return `${error.reason}: ${error.message}`;
  }
  assert.fail('did not fail');
}

export const XML_TO_JSON = {
  charset: 'UTF-8',
  settings: { prefixes: null, separator: ':', suppressRoot: true },
};
export const JSON_TO_XML = {
  charset: 'UTF-8',
  settings: { root: null, declarations: {}, prefixes: null, separator: ':' },
};
export const CSV_TO_XML = {
  charset: 'UTF-8',
  settings: {
    separator: ',',
    header: 'none',
    marker: '',
    before: '<r>',
    after: '</r>',
    record: 'e',
    fields: [{ name: 'a', tag: 'a' }],
  },
} as const;
export const XML_TO_CSV = {
  path: [{ localName: 'a', namespace: '' }],
  parentDepth: 0,
  separator: ',',
  includeAttributes: true,
  headers: null,
};
