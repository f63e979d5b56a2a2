import type { JsonToXmlSettings } from './convert/json-to-xml.ts';
import { bodyCharset } from './charset.ts';
import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';

/** Puts XML into the place of a JSON body. Headers stay as they are, `Content-Type` among them. */
export const jsonToXml: Step = {
  async run(exchange, node, context) {
    const settings = node.config as JsonToXmlSettings;
    const { body } = exchange;
    const call = { body, charset: bodyCharset(exchange), settings };
    exchange.body = await runTask('jsonToXml', call, node, context);
    return undefined;
  },
};
