import type { XmlToCsvSettings } from './convert/xml-to-csv.ts';
import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';

/** Puts CSV into the place of an XML body. */
export const xmlToCsv: Step = {
  async run(exchange, node, context) {
    const settings = node.config as XmlToCsvSettings;
    exchange.body = await runTask('xmlToCsv', { body: exchange.body, settings }, node, context);
    return undefined;
  },
};
