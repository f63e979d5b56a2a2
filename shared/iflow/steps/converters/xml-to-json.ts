import type { XmlToJsonSettings } from './convert/xml-to-json.ts';
import { charsetOf } from './charset.ts';
import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';

export interface XmlToJsonConfig {
  readonly settings: XmlToJsonSettings;
  /** Of the JSON; '' for what `CamelCharsetName` says. */
  readonly charset: string;
}

/** Puts JSON into the place of an XML body. Headers stay as they are, `Content-Type` among them. */
export const xmlToJson: Step = {
  async run(exchange, node, context) {
    const { settings, charset } = node.config as XmlToJsonConfig;
    const call = { body: exchange.body, charset: charset || charsetOf(exchange), settings };
    exchange.body = await runTask('xmlToJson', call, node, context);
    return undefined;
  },
};
