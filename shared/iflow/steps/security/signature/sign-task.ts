import { type Task, TaskFailure } from '../../../tasks/task.ts';
import type { Body } from '../../../exchange.ts';
import { decodeXml } from '../../../xml/decode-xml.ts';
import { checkXml, withoutDeclaration } from '../../../xml/libxml2.ts';
import { XmlError } from '../../../xml/xml-handler.ts';
import { type SigningCall, signXml } from './sign-xml.ts';

const LIMITS = { maxCharacters: 20 * 1024 * 1024, maxDepth: 250, maxNodes: 2_000_000 };

/** Signs an XML body; the answer is the signed document, without a declaration unless it is asked for. */
export const signTask: Task<SigningCall & { readonly body: Body }, string> = {
  run({ body, ...call }) {
    try {
      const text = decodeXml(body, LIMITS.maxCharacters);
      checkXml(text, LIMITS);
      const signed = signXml(withoutDeclaration(text).trimStart(), call);
      return call.settings.omitXmlDeclaration
        ? signed
        : `<?xml version="1.0" encoding="UTF-8"?>\n${signed}`;
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      throw new TaskFailure('xml', `The body to sign is not XML: ${error.message}.`, error);
    }
  },
};
