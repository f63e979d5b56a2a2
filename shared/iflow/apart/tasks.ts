import type { TaskEntry } from './task.ts';

/**
 * The tasks, by name. Each is loaded when it is first asked for, on whichever thread runs it.
 * `inlineUpTo` is 0 for a task whose time is not linear in the size of its body.
 */
export const tasks = {
  xpath: {
    load: async () => (await import('../expressions/xpath-task.ts')).xpathTask,
    inlineUpTo: 0,
  },
  storedMessages: {
    load: async () => (await import('../steps/stored-messages-task.ts')).storedMessagesTask,
    inlineUpTo: 32 * 1024,
  },
} satisfies Readonly<Record<string, TaskEntry<unknown>>>;

export type TaskName = keyof typeof tasks;

type TaskOf<N extends TaskName> = Awaited<ReturnType<(typeof tasks)[N]['load']>>;

export type TaskInput<N extends TaskName> = Parameters<TaskOf<N>['run']>[0];

export type TaskOutput<N extends TaskName> = Awaited<ReturnType<TaskOf<N>['run']>>;
