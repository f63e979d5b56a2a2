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
  match: {
    load: async () => (await import('../expressions/match-task.ts')).matchTask,
    inlineUpTo: 16 * 1024,
  },
  split: {
    load: async () => (await import('../steps/routing/splitting/split-task.ts')).splitTask,
    inlineUpTo: 32 * 1024,
  },
  gather: {
    load: async () => (await import('../steps/routing/gathering/gather-task.ts')).gatherTask,
    inlineUpTo: 32 * 1024,
  },
  merge: {
    load: async () => (await import('../steps/routing/gathering/merge-task.ts')).mergeTask,
    inlineUpTo: 0,
  },
  // What is looked up may be put into many places.
  enrich: {
    load: async () => (await import('../steps/calls/enriching/enrich-task.ts')).enrichTask,
    inlineUpTo: 0,
  },
  // An array repeats a name for two characters: of so much text, at most 8 MB can become.
  storedMessages: {
    load: async () =>
      (await import('../steps/persistence/stored-messages-task.ts')).storedMessagesTask,
    inlineUpTo: 32 * 1024,
  },
  jsonToXml: {
    load: async () =>
      (await import('../steps/converters/convert/json-to-xml-task.ts')).jsonToXmlTask,
    inlineUpTo: 16 * 1024,
  },
  xmlToJson: {
    load: async () =>
      (await import('../steps/converters/convert/xml-to-json-task.ts')).xmlToJsonTask,
    inlineUpTo: 32 * 1024,
  },
  signXml: {
    load: async () => (await import('../steps/security/signature/sign-task.ts')).signTask,
    inlineUpTo: 0,
  },
  schema: {
    load: async () => (await import('../xsd/schema-task.ts')).schemaTask,
    inlineUpTo: 0,
  },
  csvToXml: {
    load: async () => (await import('../steps/converters/convert/csv-to-xml-task.ts')).csvToXmlTask,
    inlineUpTo: 32 * 1024,
  },
  xmlToCsv: {
    load: async () => (await import('../steps/converters/convert/xml-to-csv-task.ts')).xmlToCsvTask,
    inlineUpTo: 32 * 1024,
  },
  modifyXml: {
    load: async () =>
      (await import('../steps/converters/convert/modify-xml-task.ts')).modifyXmlTask,
    inlineUpTo: 64 * 1024,
  },
  xslt: {
    load: async () => (await import('../steps/transformers/xslt/xslt-task.ts')).xsltTask,
    inlineUpTo: 0,
  },
  xsltCompile: {
    load: async () => (await import('../steps/transformers/xslt/compile-task.ts')).xsltCompileTask,
    inlineUpTo: 0,
  },
  base64: {
    load: async () => (await import('../steps/transformers/encode/base64-task.ts')).base64Task,
    inlineUpTo: 256 * 1024,
  },
  compress: {
    load: async () => (await import('../steps/transformers/encode/compress-task.ts')).compressTask,
    inlineUpTo: 64 * 1024,
  },
  // A few packed bytes may be a large body.
  decompress: {
    load: async () =>
      (await import('../steps/transformers/encode/decompress-task.ts')).decompressTask,
    inlineUpTo: 0,
  },
  mimeDecode: {
    load: async () => (await import('../steps/transformers/mime/decode-task.ts')).mimeDecodeTask,
    inlineUpTo: 64 * 1024,
  },
  // The attachments are not counted as body.
  mimeEncode: {
    load: async () => (await import('../steps/transformers/mime/encode-task.ts')).mimeEncodeTask,
    inlineUpTo: 0,
  },
} satisfies Readonly<Record<string, TaskEntry<unknown>>>;

export type TaskName = keyof typeof tasks;

type TaskOf<N extends TaskName> = Awaited<ReturnType<(typeof tasks)[N]['load']>>;

export type TaskInput<N extends TaskName> = Parameters<TaskOf<N>['run']>[0];

export type TaskOutput<N extends TaskName> = Awaited<ReturnType<TaskOf<N>['run']>>;
