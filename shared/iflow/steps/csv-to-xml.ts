import type { CsvToXmlSettings } from '../convert/csv-to-xml.ts';
import {
  asText,
  evaluate,
  ExpressionFailure,
  type Template,
  WorkBudget,
} from '../expressions/simple.ts';
import { bodyCharset } from './charset.ts';
import { runTask } from './run-task.ts';
import { type Step, StepFailure } from './step.ts';

export interface CsvToXmlConfig {
  readonly settings: Omit<CsvToXmlSettings, 'marker'>;
  /** What the lines begin with that are taken. */
  readonly marker: Template;
}

/** Puts XML into the place of a CSV body. */
export const csvToXml: Step = {
  async run(exchange, node, context) {
    const { settings, marker } = node.config as CsvToXmlConfig;
    const { now } = context.environment;
    let text: string;
    try {
      const expressions = { exchange, now, flowId: context.flow.id, budget: new WorkBudget() };
      text = asText(evaluate(marker, expressions)).trim();
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error;
      throw new StepFailure('expression', error.message, error);
    }
    const call = {
      body: exchange.body,
      charset: bodyCharset(exchange),
      settings: { ...settings, marker: text },
    };
    exchange.body = await runTask('csvToXml', call, node, context);
    return undefined;
  },
};
