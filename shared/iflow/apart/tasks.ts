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
  jsonToXml: {
    load: async () => (await import('../convert/json-to-xml-task.ts')).jsonToXmlTask,
    inlineUpTo: 64 * 1024,
  },
  xmlToJson: {
    load: async () => (await import('../convert/xml-to-json-task.ts')).xmlToJsonTask,
    inlineUpTo: 64 * 1024,
  },
  xslt: {
    load: async () => (await import('../xslt/xslt-task.ts')).xsltTask,
    inlineUpTo: 0,
  },
  xsltCompile: {
    load: async () => (await import('../xslt/compile-task.ts')).xsltCompileTask,
    inlineUpTo: 0,
  },
} satisfies Readonly<Record<string, TaskEntry<unknown>>>;

export type TaskName = keyof typeof tasks;

type TaskOf<N extends TaskName> = Awaited<ReturnType<(typeof tasks)[N]['load']>>;

export type TaskInput<N extends TaskName> = Parameters<TaskOf<N>['run']>[0];

export type TaskOutput<N extends TaskName> = Awaited<ReturnType<TaskOf<N>['run']>>;
