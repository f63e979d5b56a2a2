import { type Task, TaskFailure, type WithBody } from '../tasks/task.ts';
import { decodeXml } from '../xml/decode-xml.ts';
import { XmlError } from '../xml/xml-handler.ts';
import { compileSchema, MAX_DOCUMENT_CHARACTERS, type Schema, type SchemaFiles } from './schema.ts';

/** Validates a body against the schema that is its resource; what does not fit, one text for each. */
export const schemaTask: Task<WithBody, readonly string[], Schema> = {
  prepare: (resource) => compileSchema(JSON.parse(resource) as SchemaFiles),
  dispose: (schema) => schema.dispose(),
  run({ body }, schema) {
    try {
      return schema.validate(decodeXml(body, MAX_DOCUMENT_CHARACTERS));
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      throw new TaskFailure('validation', `The body is not XML: ${error.message}.`, error);
    }
  },
};
