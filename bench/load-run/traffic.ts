import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { ADMIN, basic, fetchToken, manage } from '../../test/support/instance.ts';
import { requestHead } from '../measure/load.ts';
import type { Kind } from './generator.ts';

const CLIENTS = 8;
const SCRIPT = `function processData(message) {
  var body = message.getBody();
  message.setHeader("X-Seen", String(body).length);
  message.setBody("Hello world from IFlow");
  return message;
}`;

/**
 * Registers the clients, deploys the iFlows, and says what a mixed load on them is: what a day's
 * traffic holds, with some management and the refusals that misconfigured callers get.
 */
export async function prepareTraffic(url: string): Promise<readonly Kind[]> {
  const admin = await manage({ url });
  const modifier = {
    type: 'contentModifier' as const,
    name: 'Hello',
    headers: [{ name: 'X-Greeting', value: 'hello' }],
    body: { type: 'constant' as const, content: 'Hello world from IFlow' },
  };
  const script = { type: 'script' as const, name: 'Hello', fileName: 'hello.js', source: SCRIPT };
  for (const [id, address, step] of [
    ['Modifier', '/modifier', modifier],
    ['Script', '/script', script],
  ] as const) {
    const status = await admin.deploy(id, buildBundle({ id, name: id, address, steps: [step] }));
    if (status !== 'SUCCESS') throw new Error(`${id} was not deployed`);
  }
  const clients: { id: string; secret: string }[] = [];
  for (let i = 0; i < CLIENTS; i += 1) clients.push(await admin.registerClient());
  const unassigned = await admin.registerClient([]);
  const [first] = clients;
  if (first === undefined) throw new Error('No client');
  const tokens = [];
  for (const { id, secret } of clients) tokens.push(await fetchToken(url, id, secret));
  const unassignedToken = await fetchToken(url, unassigned.id, unassigned.secret);
  const adminToken = await fetchToken(url, ADMIN.id, ADMIN.secret);

  const request = (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    content = '',
  ): string =>
    `${requestHead(method, path, headers, Buffer.byteLength(content))}\r\n\r\n${content}`;
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  const manageWith = { ...bearer(adminToken), Accept: 'application/json' };
  const body = JSON.stringify({
    order: 4711,
    items: Array.from({ length: 20 }, (_, id) => ({ id })),
  });
  const log = '/api/v1/MessageProcessingLogs?$top=10&$orderby=LogStart%20desc&$format=json';

  return [
    {
      name: 'token',
      weight: 40,
      expected: 200,
      requests: clients.map(({ id, secret }) =>
        request(
          'POST',
          '/oauth2/api/v1/token',
          { ...form, Authorization: basic(id, secret) },
          'grant_type=client_credentials',
        ),
      ),
    },
    {
      name: 'message, Content Modifier',
      weight: 30,
      expected: 200,
      requests: tokens.map((token) =>
        request(
          'POST',
          '/http/modifier',
          { ...bearer(token), 'Content-Type': 'application/json' },
          body,
        ),
      ),
    },
    {
      name: 'message, JavaScript',
      weight: 15,
      expected: 200,
      requests: tokens.map((token) =>
        request(
          'POST',
          '/http/script',
          { ...bearer(token), 'Content-Type': 'application/json' },
          body,
        ),
      ),
    },
    {
      name: 'introspection',
      weight: 8.8,
      expected: 200,
      requests: tokens.map((token, index) => {
        const { id, secret } = clients[index] ?? first;
        return request(
          'POST',
          '/oauth2/api/v1/introspect',
          { ...form, Authorization: basic(id, secret) },
          `token=${token}`,
        );
      }),
    },
    {
      name: 'registry, read',
      weight: 1,
      expected: 200,
      requests: [
        request('GET', `/registry/v1/clients/${first.id}`, manageWith),
        request('GET', '/registry/v1/subscriptions/flowgateiflmap/roles', manageWith),
      ],
    },
    {
      name: 'message processing log, query',
      weight: 0.2,
      expected: 200,
      requests: [request('GET', log, manageWith)],
    },
    {
      name: 'message without a good token',
      weight: 2,
      expected: 401,
      requests: [request('GET', '/http/modifier', bearer('no.such.token'))],
    },
    {
      name: 'message without the role',
      weight: 2,
      expected: 403,
      requests: [request('GET', '/http/modifier', bearer(unassignedToken))],
    },
    {
      name: 'message to no iFlow',
      weight: 1,
      expected: 404,
      requests: [request('GET', '/http/nothing-here', bearer(tokens[0] ?? ''))],
    },
  ];
}
