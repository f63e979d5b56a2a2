import { type Task, TaskFailure } from '../../../tasks/task.ts';
import type { Body } from '../../../exchange.ts';
import { decodeXml, xmlEncoding } from '../../../xml/decode-xml.ts';
import { XmlError } from '../../../xml/xml-handler.ts';
import { declareUtf8, modifyXml, type XmlModifierSettings } from './modify-xml.ts';
import { MAX_XML_CHARACTERS } from './xml-to-json.ts';

export interface ModifyXmlCall {
  readonly body: Body;
  readonly settings: XmlModifierSettings;
}

/** What it gives is text: one in another encoding than UTF-8 is said to be in UTF-8 from then on. */
export const modifyXmlTask: Task<ModifyXmlCall, string> = {
  run({ body, settings }) {
    try {
      const modified = modifyXml(decodeXml(body, MAX_XML_CHARACTERS), settings);
      const isUtf8 = typeof body === 'string' || xmlEncoding(body) === 'utf-8';
      return isUtf8 ? modified : declareUtf8(modified);
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      throw new TaskFailure(
        'conversion',
        `The message body cannot be modified as XML: ${error.message}.`,
        error,
      );
    }
  },
};
