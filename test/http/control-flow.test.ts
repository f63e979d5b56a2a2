import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fetchToken, type Management } from '../support/instance.ts';
import {
  flowBundle,
  type GraphDescription,
  line,
  type ProcessDescription,
  type ReceiverDescription,
  setBody,
} from '../support/flow-bundle.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

let target: Target;
let admin: Management;
let token: string;

before(async () => {
  target = await openTarget();
  ({ admin } = target);
  const client = await admin.registerClient();
  token = await fetchToken(target.url, client.id, client.secret);
});

/** Deploys a flow and sends it a message. */
async function answerOf(
  name: string,
  process: ProcessDescription,
  body: string,
  receivers: readonly ReceiverDescription[] = [],
): Promise<{ readonly status: number; readonly text: string }> {
  const id = target.name(name);
  const address = target.name(name.toLowerCase());
  const start = process.nodes.find(({ cname }) => cname === 'MessageStartEvent')?.id ?? '';
  const senders = [{ adapter: 'HTTPS', to: start, properties: { urlPath: `/${address}` } }];
  assert.equal(
    await admin.deploy(id, flowBundle({ id, senders, receivers, processes: [process] })),
    'SUCCESS',
  );
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/xml' };
  const response = await fetch(`${target.url}/http/${address}`, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text() };
}

async function logged(name: string): Promise<string | undefined> {
  await target.logged();
  const filter = encodeURIComponent(`IntegrationArtifact/Id eq '${target.name(name)}'`);
  const response = await admin.send('GET', `/api/v1/MessageProcessingLogs?$filter=${filter}`);
  const { d } = (await response.json()) as { d: { results: Record<string, string>[] } };
  assert.equal(d.results.length, 1);
  return d.results[0]?.['Status'];
}

function handler(end: string): GraphDescription {
  return {
    nodes: [
      { id: 'Caught', cname: 'ErrorStartEvent' },
      setBody('Tell', 'Sorry: ${exception.message}'),
      { id: 'Done', cname: end },
    ],
  };
}

// SAP Help, Handle Exceptions: what a sender is answered, and what the log has
for (const [name, end, status, text, logStatus] of [
  ['EndsInMessage', 'MessageEndEvent', 200, /^Sorry: substring\(9\) is outside/, 'COMPLETED'],
  ['EndsInError', 'ErrorEndEvent', 500, /^An internal server error occured: The MPL ID/, 'FAILED'],
  [
    'EndsInEscalation',
    'EscalationEndEvent',
    500,
    /^An internal server error occured:/,
    'ESCALATED',
  ],
] as const) {
  test(`an exception subprocess that ends in ${end} answers ${status}, logged as ${logStatus}`, async () => {
    const failing = { ...line(setBody('Raise', '${body.substring(9)}')), exception: handler(end) };
    const answer = await answerOf(name, failing, 'x');
    assert.equal(answer.status, status);
    assert.match(answer.text, text);
    assert.ok(status === 200 || !answer.text.includes('Sorry'));
    assert.equal(await logged(name), logStatus);
  });
}

test('a message is split, routed by its content and gathered again', async () => {
  const combine = { aggregationAlgorithm: 'sap-identical-multi-mapping' };
  const process: ProcessDescription = {
    nodes: [
      { id: 'Start', cname: 'MessageStartEvent' },
      {
        id: 'Splitter',
        cname: 'Camel',
        properties: { exprType: 'XPath', splitExprValue: '/orders/order', Streaming: 'true' },
      },
      { id: 'Router', cname: 'ExclusiveGateway', default: 'Others' },
      setBody('Large', '<large nr="${property.CamelSplitIndex}"/>'),
      setBody('Small', '<small/>'),
      { id: 'Gather', cname: 'Gather', properties: combine },
      {
        id: 'Filter',
        cname: 'Filter',
        properties: { wrapContent: '//large', xpathType: 'Nodelist' },
      },
      { id: 'End', cname: 'MessageEndEvent' },
    ],
    routes: [
      'Start -> Splitter -> Router',
      { from: 'Router', to: 'Large', condition: '/order/total > 100', type: 'XML' },
      { id: 'Others', from: 'Router', to: 'Small' },
      'Large -> Gather',
      'Small -> Gather -> Filter -> End',
    ],
  };
  const order = (total: number): string => `<order><total>${total}</total></order>`;
  const body = `<orders>${[500, 7, 101].map(order).join('')}</orders>`;
  const { status, text } = await answerOf('Splitting', process, body);
  const declared = 'xmlns:multimap="http://sap.com/xi/XI/SplitAndMerge"';
  assert.deepEqual([status, text], [200, `<large ${declared} nr="0"/><large ${declared} nr="2"/>`]);
  assert.equal(await logged('Splitting'), 'COMPLETED');
});

test('a Content Enricher asks another flow and puts its entries behind the keys of the message', async () => {
  const asked = target.name('LookedUp');
  const properties = { address: `/${asked.toLowerCase()}` };
  const answer = '<Phones><entry><of>b1</of><nr>9</nr></entry><entry><of>b2</of></entry></Phones>';
  const lookup = flowBundle({
    id: asked,
    senders: [{ adapter: 'ProcessDirect', to: 'Start_1', properties }],
    processes: [line(setBody('Answer', answer))],
  });
  assert.equal(await admin.deploy(asked, lookup), 'SUCCESS');
  const enricher = {
    id: 'Enrich',
    cname: 'contentEnricherWithLookup',
    properties: {
      enrichmentType: 'xmlLookupAggregation',
      originalMessageNodePath: 'Staff/Person',
      originalMessageKeyElement: 'badge',
      resourceMessageNodePath: 'Phones/entry',
      resourceMessageKeyElement: 'of',
    },
  };
  const body = '<Staff><Person><badge>b1</badge><name>Ada</name></Person></Staff>';
  const receivers = [
    { from: 'Enrich', adapter: 'ProcessDirect', properties, inward: true as const },
  ];
  const { status, text } = await answerOf('Enriching', line(enricher), body, receivers);
  assert.equal(status, 200, text);
  assert.equal(
    text,
    "<?xml version='1.0' encoding='UTF-8'?><Staff><Person><badge>b1</badge><entry><of>b1</of><nr>9</nr></entry><name>Ada</name></Person></Staff>",
  );
  assert.equal(await logged('Enriching'), 'COMPLETED');
});
