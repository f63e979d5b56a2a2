import type { CsvToXmlSettings } from './convert/csv-to-xml.ts';
import type { Template } from '../../expressions/simple.ts';
import { bodyCharset } from './charset.ts';
import { textsOf } from '../evaluating.ts';
import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';

export interface CsvToXmlConfig {
  readonly settings: Omit<CsvToXmlSettings, 'marker'>;
  /** What the lines begin with that are taken. */
  readonly marker: Template;
}

/** Puts XML into the place of a CSV body. */
export const csvToXml: Step = {
  async run(exchange, node, context) {
    const { settings, marker } = node.config as CsvToXmlConfig;
    const text = textsOf(exchange, context)(marker).trim();
    const call = {
      body: exchange.body,
      charset: bodyCharset(exchange),
      settings: { ...settings, marker: text },
    };
    exchange.body = await runTask('csvToXml', call, node, context);
    return undefined;
  },
};
