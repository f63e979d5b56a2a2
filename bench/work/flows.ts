import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { openDeployment } from '../deployment.ts';
import { checkAnswer } from '../measure/check-answer.ts';
import type { Contender } from '../measure/contest.ts';
import { requestHead } from '../measure/load.ts';
import type { MeasuredServer } from '../measure/server.ts';
import type { LoadTable, Results } from '../report/results.ts';
import { orderBundles } from './orders/bundles.ts';
import {
  INVOICES,
  invoicesXml,
  makeOrders,
  numberedXml,
  ordersJson,
  ordersOfSize,
  ordersXml,
} from './orders/orders.ts';

/** As many large messages as small ones at once would measure memory, not work. */
const CONNECTIONS = 2;
const WARM_REQUESTS = 16;

/** One work that Flowgate and Node-RED both do: what is sent, and what must come back. */
interface Work {
  readonly flow: keyof typeof orderBundles;
  readonly contentType: string;
  readonly body: string;
  readonly answer: string;
}

/** What flows cost whose steps have something to do, each answer checked before it is measured. */
export async function measureFlows(context: Context): Promise<Results> {
  const { quick } = context.options;
  const orders = ordersOfSize(quick ? 10_000 : 100_000);
  const records = makeOrders(quick ? 100 : 10_000);
  const json = { contentType: 'application/json', body: ordersJson(orders) };
  const folder = await mkdtemp(join(tmpdir(), 'flowgate-bench-'));
  const stylesheet = join(folder, 'Invoices.xsl');
  await writeFile(stylesheet, INVOICES);
  try {
    return {
      flows: {
        tables: [
          await compare(context, {
            id: 'flows-json-to-xml',
            title: `JSON to XML, ${kilobytes(json.body)} KB`,
            note: 'A JSON to XML Converter; in Node-RED the body that HTTP in has parsed, and an xml node.',
            work: { flow: 'json-to-xml', ...json, answer: ordersXml(orders) },
          }),
          await compare(context, {
            id: 'flows-xslt',
            title: `JSON to XML to XSLT, ${kilobytes(json.body)} KB`,
            note: 'Behind the converter an XSLT mapping that groups the orders by customer and sums them up. Node-RED has no node for XSLT: a function node calls SaxonJS, the processor that Flowgate has, with the stylesheet compiled before.',
            work: { flow: 'invoices', ...json, answer: invoicesXml(orders) },
            peerArgs: [stylesheet],
          }),
          await compare(context, {
            id: 'flows-splitter',
            title: `A splitter over ${records.length.toLocaleString('en-US')} records`,
            note: `A General Splitter by XPath, a content modifier that numbers each record, and a Gather, over ${kilobytes(ordersXml(records))} KB of XML; in Node-RED xml, split, function, join and xml nodes.`,
            work: {
              flow: 'numbered',
              contentType: 'application/xml',
              body: ordersXml(records),
              answer: numberedXml(records),
            },
          }),
        ],
        run: context.describe(
          `${CONNECTIONS} keep-alive connections, ${context.options.passes} interleaved passes of ${context.options.milliseconds / 1000} s each, medians; the answers of Flowgate and of Node-RED were compared with what they have to be; Node-RED checks no token`,
        ),
      },
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compare(
  context: Context,
  {
    work,
    peerArgs = [],
    ...about
  }: Omit<LoadTable, 'rows'> & { readonly work: Work; readonly peerArgs?: readonly string[] },
): Promise<LoadTable> {
  const bytes = String(Buffer.byteLength(work.answer));
  const rows = await context.contest([
    contender(work, 'floor', 'bare node:http, a body there and one back', async () => ({
      server: await context.startPeer({ script: 'bare-body.js', args: [bytes] }),
      path: '/',
    })),
    contender(work, 'peer', 'Node-RED, no token checked', async () => ({
      server: await context.startPeer({ script: 'node-red-orders.js', args: peerArgs }),
      path: `/${work.flow}`,
    })),
    contender(work, 'flowgate', `Flowgate, ${work.flow}`, async () => {
      const deployment = await openDeployment(await context.storage());
      const [one] = await deployment.addClients(1, 1);
      if (one === undefined) throw new Error('No client was registered.');
      await deployment.deploy({ [work.flow]: orderBundles[work.flow]() });
      const [token = ''] = await deployment.makeTokens(one.client, 1);
      return {
        server: await context.startFlowgate(deployment),
        path: `/http/${work.flow}`,
        authorization: `Bearer ${token}`,
      };
    }),
  ]);
  return { ...about, rows };
}

interface Started {
  readonly server: MeasuredServer;
  readonly path: string;
  readonly authorization?: string;
}

function contender(
  { contentType, body, answer }: Work,
  role: Contender['role'],
  name: string,
  start: () => Promise<Started>,
): Contender {
  return {
    name,
    role,
    connections: CONNECTIONS,
    warmRequests: WARM_REQUESTS,
    start: async () => {
      const { server, path, authorization } = await start();
      const headers = {
        'Content-Type': contentType,
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      };
      const head = requestHead('POST', path, headers, body.length);
      if (role !== 'floor') {
        await checkAnswer(new URL(path, server.ready.url), { headers, body }, answer);
      }
      return { servers: [server], plan: { heads: [head], body } };
    },
  };
}

const kilobytes = (text: string): string => Math.round(text.length / 1000).toLocaleString('en-US');
