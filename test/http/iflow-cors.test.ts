import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { flowBundle, line, type NodeDescription, setBody } from '../support/flow-bundle.ts';
import { fetchToken, type Management } from '../support/instance.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

const PAGE = 'https://app.example.com';

let target: Target;
let admin: Management;
let token: string;

before(async () => {
  target = await openTarget();
  ({ admin } = target);
  const client = await admin.registerClient();
  token = await fetchToken(target.url, client.id, client.secret);
  await deploy('Shared', {
    corsEnabled: 'true',
    allowedOrigins: `${PAGE}, https://other.example.com`,
    allowedMethods: 'POST,GET',
    allowedHeaders: 'authorization,content-type',
    exposedHeaders: 'X-Total',
    accessControlMaxAge: '600',
    accessControlAllowCredentials: 'false',
  });
  await deploy('Closed', {});
});

/** Deploys a flow at the address that is its name in lower case. */
async function deploy(
  name: string,
  settings: Readonly<Record<string, string>>,
  ...steps: readonly NodeDescription[]
): Promise<void> {
  const id = target.name(name);
  const urlPath = `/${target.name(name.toLowerCase())}`;
  const bundle = flowBundle({
    id,
    settings,
    senders: [{ adapter: 'HTTPS', to: 'Start_1', properties: { urlPath } }],
    processes: [line(setBody('Answer', 'answered'), ...steps)],
  });
  assert.equal(await admin.deploy(id, bundle), 'SUCCESS');
}

function call(name: string, method: string, headers: Record<string, string>): Promise<Response> {
  return fetch(`${target.url}/http/${target.name(name)}`, { method, headers });
}

function corsOf(response: Response): Record<string, string> {
  return Object.fromEntries(
    [...response.headers].filter(([name]) => name.startsWith('access-control-')),
  );
}

const preflight = (origin: string) => ({
  origin,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization,content-type',
});

test('a preflight of an allowed origin is answered without a token (ask 8)', async () => {
  const response = await call('shared', 'OPTIONS', preflight(PAGE));
  assert.equal(response.status, 204);
  assert.deepEqual(corsOf(response), {
    'access-control-allow-origin': PAGE,
    'access-control-allow-methods': 'POST, GET',
    'access-control-allow-headers': 'authorization, content-type',
    'access-control-max-age': '600',
  });
  assert.equal(response.headers.get('vary'), 'Origin');
});

test('preflights of other origins, for flows without CORS and for no flow learn nothing', async () => {
  const answers = await Promise.all([
    call('shared', 'OPTIONS', preflight('https://evil.example.com')),
    call('closed', 'OPTIONS', preflight(PAGE)),
    call('nowhere', 'OPTIONS', preflight(PAGE)),
  ]);
  for (const response of answers) {
    assert.equal(response.status, 204);
    assert.deepEqual(corsOf(response), {});
    assert.equal(response.headers.get('vary'), 'Origin');
  }
});

test('a page of an allowed origin may read the answer, and what the flow exposes', async () => {
  const response = await call('shared', 'POST', { origin: PAGE, authorization: `Bearer ${token}` });
  assert.equal(await response.text(), 'answered');
  assert.equal(response.headers.get('access-control-allow-origin'), PAGE);
  assert.match(response.headers.get('access-control-expose-headers') ?? '', /X-Total/);
  assert.equal(response.headers.get('access-control-allow-credentials'), null);
});

test('such a page may also read why it was refused, with the members of the refusal', async () => {
  const response = await call('shared', 'POST', { origin: PAGE, authorization: 'Bearer x' });
  assert.equal(response.status, 401);
  assert.equal(response.headers.get('access-control-allow-origin'), PAGE);
  const body = (await response.json()) as Record<string, string>;
  assert.deepEqual([body['error'], body['reason']], ['invalid_token', 'invalid_token']);
});

test('what a receiver says of pages does not count beside the settings of the flow', async () => {
  const row = (name: string, value: string): string =>
    `<row><cell id='Action'>Create</cell><cell id='Type'>constant</cell><cell id='Name'>${name}</cell><cell id='Value'>${value}</cell></row>`;
  const headerTable =
    row('access-control-allow-origin', '*') +
    row('Access-Control-Allow-Credentials', 'true') +
    row('vary', 'Accept');
  const hands = { id: 'Hands_on', cname: 'Enricher', properties: { headerTable } };
  await deploy('Handing', { corsEnabled: 'true', allowedOrigins: PAGE }, hands);
  const asked = (origin: string): Promise<Response> =>
    call('handing', 'POST', { origin, authorization: `Bearer ${token}` });
  const response = await asked(PAGE);
  assert.equal(response.headers.get('access-control-allow-origin'), PAGE);
  assert.equal(response.headers.get('access-control-allow-credentials'), null);
  assert.equal(response.headers.get('vary'), 'Accept, Origin');
  const other = await asked('https://evil.example.com');
  assert.equal(await other.text(), 'answered');
  assert.deepEqual(corsOf(other), {});
});

test('a call with another origin, as proxies add it, is answered like any other', async () => {
  const headers = { origin: 'https://evil.example.com', authorization: `Bearer ${token}` };
  const response = await call('shared', 'POST', headers);
  assert.equal(await response.text(), 'answered');
  assert.deepEqual(corsOf(response), {});
});
