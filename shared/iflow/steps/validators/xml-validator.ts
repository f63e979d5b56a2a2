import type { Exchange } from '../../exchange.ts';
import { asText } from '../../expressions/simple.ts';
import { runTask } from '../run-task.ts';
import type { Step } from '../step.ts';
import { StepFailure } from '../step-failure.ts';

export interface XmlValidatorConfig {
  /** Key of the schema among the flow's resources, or the header that names one of them. */
  readonly schema: { readonly resource: string } | { readonly header: string };
  /** Resources by what a header may call them: its path below xsd/. */
  readonly byName: Readonly<Record<string, string>>;
  readonly preventException: boolean;
}

/** SAP Help, Validating Message Payload against XML Schema. */
const RESULT = 'SAP_XmlValidationResult';

/**
 * Validates the body. What does not fit goes to the property that SAP names for it; the message fails
 * unless the step is told to go on.
 */
export const xmlValidator: Step = {
  // Its findings are few, and stay where it fails.
  changes: () => 'nothing',

  async run(exchange, node, context) {
    const config = node.config as XmlValidatorConfig;
    const resource = resourceOf(config, exchange);
    const findings = await runTask(
      'schema',
      { body: exchange.body },
      node,
      context,
      resource,
    ).catch((error: unknown) => {
      if (error instanceof StepFailure && error.reason === 'validation') return [error.message];
      throw error;
    });
    if (findings.length === 0) return undefined;
    const text = findings.join('\n');
    exchange.properties.set(RESULT, text);
    if (config.preventException) return undefined;
    throw new StepFailure('validation', `The body does not fit its XML schema.\n${text}`);
  },
};

function resourceOf({ schema, byName }: XmlValidatorConfig, { headers }: Exchange): string {
  if ('resource' in schema) return schema.resource;
  const named = asText(headers.get(schema.header) ?? null)
    .replace(/^.*\/xsd\//, '')
    .replace(/^\//, '');
  const resource = Object.hasOwn(byName, named) ? byName[named] : undefined;
  if (resource !== undefined) return resource;
  const shown = JSON.stringify(named.slice(0, 100));
  throw new StepFailure(
    'no_schema',
    `The header ${schema.header} names the XML schema ${shown}, which the iFlow does not have.`,
  );
}
