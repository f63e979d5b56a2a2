import { type Task, TaskFailure } from '../../../tasks/task.ts';
import type { Body } from '../../../exchange.ts';
import { JsonError } from '../json/json-reader.ts';
import { decodeText } from './charset.ts';
import { jsonToXml, type JsonToXmlSettings } from './json-to-xml.ts';

export interface JsonToXmlCall {
  readonly body: Body;
  /** Of a body of bytes. */
  readonly charset: string;
  readonly settings: JsonToXmlSettings;
}

export const jsonToXmlTask: Task<JsonToXmlCall, string> = {
  run({ body, charset, settings }) {
    try {
      return jsonToXml(decodeText(body, charset), settings);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      throw new TaskFailure(
        'conversion',
        `The message body cannot be converted from JSON to XML: ${error.message}.`,
        error,
      );
    }
  },
};
