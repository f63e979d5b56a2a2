import { type Task, TaskFailure } from '../../../tasks/task.ts';
import type { Body } from '../../../exchange.ts';
import { decodeXml } from '../../../xml/decode-xml.ts';
import { XmlError } from '../../../xml/xml-handler.ts';
import { xmlToCsv, type XmlToCsvSettings } from './xml-to-csv.ts';
import { MAX_XML_CHARACTERS } from './xml-to-json.ts';

export interface XmlToCsvCall {
  readonly body: Body;
  readonly settings: XmlToCsvSettings;
}

export const xmlToCsvTask: Task<XmlToCsvCall, string> = {
  run({ body, settings }) {
    try {
      return xmlToCsv(decodeXml(body, MAX_XML_CHARACTERS), settings);
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      throw new TaskFailure(
        'conversion',
        `The message body cannot be converted from XML to CSV: ${error.message}.`,
        error,
      );
    }
  },
};
