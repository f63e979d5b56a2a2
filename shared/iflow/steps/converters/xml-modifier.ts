import type { XmlModifierSettings } from './convert/modify-xml.ts';
import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';

export const xmlModifier: Step = {
  async run(exchange, node, context) {
    const settings = node.config as XmlModifierSettings;
    exchange.body = await runTask('modifyXml', { body: exchange.body, settings }, node, context);
    return undefined;
  },
};
