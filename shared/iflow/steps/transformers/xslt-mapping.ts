import type { Exchange, PropertyValue, Value } from '../../exchange.ts';
import { asText } from '../../expressions/simple.ts';
import type { CompiledNode } from '../../flow.ts';
import type { StylesheetFacts, XsltCall } from './xslt/xslt.ts';
import { partnerStylesheet } from './partner-stylesheet.ts';
import { runTask, type TaskResource } from '../run-task.ts';
import { StepFailure } from '../step-failure.ts';
import type { Step, StepContext } from '../step.ts';

export type XsltMappingConfig = { readonly result: XsltCall['result'] } & (
  | {
      readonly from: 'bundle';
      readonly stylesheet: StylesheetFacts;
      /** Key of the compiled stylesheet among the flow's resources. */
      readonly resource: string;
    }
  | {
      readonly from: 'header';
      /** Header that names a stylesheet of the Partner Directory. */
      readonly header: string;
    }
);

/**
 * Characters of all headers and properties that a stylesheet is given: they are in the heap of a worker
 * several times, with up to six characters for each.
 */
const MAX_GIVEN = 10 * 1024 * 1024;

/** Puts what a stylesheet makes of the body into its place. */
export const xsltMapping: Step = {
  async run(exchange, node, context) {
    const config = node.config as XsltMappingConfig;
    const { stylesheet, resource } = await stylesheetOf(config, exchange, node, context);
    const call = xsltCall(exchange, stylesheet, config.result);
    const transformed = await runTask('xslt', call, node, context, resource);
    exchange.body = transformed.body;
    for (const [name, value] of transformed.headers) exchange.headers.set(name, value);
    for (const [name, value] of transformed.properties) exchange.properties.set(name, value);
    return undefined;
  },
};

async function stylesheetOf(
  config: XsltMappingConfig,
  { headers }: Exchange,
  node: CompiledNode,
  context: StepContext,
): Promise<{ readonly stylesheet: StylesheetFacts; readonly resource: string | TaskResource }> {
  if (config.from === 'bundle') return config;
  const { key, compiled } = await partnerStylesheet(config.header, headers, node, context);
  return { stylesheet: compiled.facts, resource: { key, text: compiled.text } };
}

/** As Camel gives values to a stylesheet: a header goes before a property of the same name. */
function xsltCall(
  { body, headers, properties }: Exchange,
  stylesheet: StylesheetFacts,
  result: XsltCall['result'],
): XsltCall {
  const parameters = stylesheet.parameters.flatMap((name): [string, Value][] => {
    // `exchange` is there for `setHeader($exchange, …)` to name; nothing is read from it.
    const value = headers.get(name) ?? properties.get(name) ?? (name === 'exchange' ? '' : null);
    if (value === null) return [];
    return [[name, typeof value === 'object' ? asText(value) : value]];
  });
  const texts = (entries: Iterable<[string, PropertyValue]>): [string, string][] =>
    stylesheet.readsExchange
      ? [...entries].flatMap(([name, value]) => (value === null ? [] : [[name, asText(value)]]))
      : [];
  const given = { headers: texts(headers), properties: texts(properties) };
  let size = 0;
  for (const [name, value] of [...parameters, ...given.headers, ...given.properties]) {
    size += name.length + (typeof value === 'string' ? value.length : 0);
  }
  if (size > MAX_GIVEN) {
    const text = `The headers and properties that the stylesheet is given have more than ${MAX_GIVEN} characters.`;
    throw new StepFailure('too_large', text);
  }
  return { body, stylesheet, parameters: Object.fromEntries(parameters), ...given, result };
}
