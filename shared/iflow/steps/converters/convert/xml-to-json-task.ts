import { type Task, TaskFailure } from '../../../tasks/task.ts';
import type { Body } from '../../../exchange.ts';
import { decodeXml } from '../../../xml/decode-xml.ts';
import { XmlError } from '../../../xml/xml-handler.ts';
import { encodeJson } from './charset.ts';
import { MAX_XML_CHARACTERS, xmlToJson, type XmlToJsonSettings } from './xml-to-json.ts';

export interface XmlToJsonCall {
  readonly body: Body;
  /** Of the JSON that is written. */
  readonly charset: string;
  readonly settings: XmlToJsonSettings;
}

export const xmlToJsonTask: Task<XmlToJsonCall, Body> = {
  run({ body, charset, settings }) {
    try {
      return encodeJson(xmlToJson(decodeXml(body, MAX_XML_CHARACTERS), settings), charset);
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      throw new TaskFailure(
        'conversion',
        `The message body cannot be converted from XML to JSON: ${error.message}.`,
        error,
      );
    }
  },
};
