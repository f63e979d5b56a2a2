import type { Exchange } from '../../../shared/iflow/exchange.ts';
import {
  flowBundle,
  type GraphDescription,
  line,
  type NodeDescription,
} from '../../support/flow-bundle.ts';
import { environmentOf, exchangeOf, runBundle } from '../running.ts';

export type Settings = Readonly<Record<string, string>>;

/** A splitter; one that is given no other settings cuts XML at /a/b. */
export function splitterNode(settings: Settings = {}, cname = 'GeneralSplitter'): NodeDescription {
  const properties = { exprType: 'XPath', splitExprValue: '/a/b', Streaming: 'true', ...settings };
  return { id: 'Splitter', cname, properties };
}

/** Hands what it is given over to the test. */
export const SEND: NodeDescription = { id: 'Send', cname: 'Send' };

/** A flow that splits its message and sends what comes of it. */
export function sendingBundle(node: NodeDescription, namespaceMapping = ''): Uint8Array {
  return flowBundle({
    settings: { namespaceMapping },
    receivers: [{ from: 'Send', adapter: 'ProcessDirect', properties: { address: '/out' } }],
    processes: [line(node, SEND)],
  });
}

/** Runs a flow that sends messages to /out. @returns what has been sent, in the order of its sending. */
export async function sentBy(
  zip: Uint8Array,
  exchange: Exchange,
  send: (exchange: Exchange) => void | Promise<void> = () => undefined,
): Promise<Exchange[]> {
  const sent: Exchange[] = [];
  const environment = {
    ...environmentOf(),
    processDirect: async (_: string, handed: Exchange) => {
      sent.push(handed);
      await send(handed);
    },
  };
  await runBundle(zip, exchange, environment);
  return sent;
}

/** The bodies that a splitter makes of a body. */
export async function piecesOf(
  body: string | Uint8Array,
  settings: Settings = {},
  cname?: string,
  namespaceMapping?: string,
): Promise<string[]> {
  const zip = sendingBundle(splitterNode(settings, cname), namespaceMapping);
  return (await sentBy(zip, exchangeOf(body))).map((exchange) => String(exchange.body));
}

/** Start, nodes in a line, a Gather, and what follows. */
export function gathering(
  nodes: readonly NodeDescription[],
  gather: Settings,
  after: readonly NodeDescription[] = [],
): GraphDescription {
  return line(...nodes, { id: 'Gather', cname: 'Gather', properties: gather }, ...after);
}

export const CONCATENATE = { aggregationAlgorithm: 'concatenate-strategy' };
export const COMBINE = { aggregationAlgorithm: 'sap-identical-multi-mapping' };
