import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { readBundle } from '../../shared/iflow/bundle/bundle.ts';
import { readFlow } from '../../shared/iflow/model/read-flow.ts';
import { described } from '../openapi/described.ts';
import { testStorage } from '../support/azurite.ts';
import {
  type Credentials,
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

export const LOCAL_ONLY = 'starts a second deployment that is the tenant';

const FACADES = '/registry/v1/facades';

/** What the consuming systems call, and the tenant that their messages go on to. */
let here: Instance;
let tenant: Instance;
let admin: Management;
let onTenant: Management;
let caller: Credentials;
let technical: Credentials;

before(async () => {
  const FLOWGATE_PRIVATE_HOSTS = '127.0.0.1,localhost';
  [here, tenant] = await Promise.all([
    startInstance(await testStorage(), { FLOWGATE_PRIVATE_HOSTS }),
    startInstance(await testStorage()),
  ]);
  // Makes the tables.
  await Promise.all([here, tenant].map(({ url }) => fetch(`${url}/health/ready`)));
  admin = await manage(here);
  onTenant = await manage(tenant);
  const content = [
    '${header.CamelHttpMethod}',
    '${header.CamelHttpPath}',
    '${header.CamelHttpQuery}',
    '${header.Accept}',
    '${header.X-Secret}',
    '${header.SapAuthenticatedUserName}',
    '${in.body}',
  ].join('|');
  const echo = buildBundle({
    id: 'Echo',
    name: 'Echo',
    address: '/echo/*',
    allowedHeaders: '*',
    steps: [
      {
        type: 'contentModifier',
        name: 'Echo',
        headers: [
          { name: 'CamelHttpResponseCode', type: 'expression', value: '${header.X-Status}' },
          { name: 'ETag', value: '"of the tenant"' },
          { name: 'X-Internal', value: 'of the tenant' },
        ],
        body: { type: 'expression', content },
      },
    ],
  });
  assert.equal(await onTenant.deploy('Echo', echo), 'SUCCESS');
  caller = await admin.registerClient();
  technical = await onTenant.registerClient();
});

const asked = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  address: '/v1/orders/*',
  target_url: `${tenant.url}/http/echo/orders`,
  token_url: `${tenant.url}/oauth2/api/v1/token`,
  client_id: technical.id,
  client_secret: technical.secret,
  ...changes,
});

/** Of what makes credentials. */
const NOTHING = { token_url: undefined, client_id: undefined, client_secret: undefined };

const make = (changes: Record<string, unknown> = {}): Promise<Response> =>
  admin.send('POST', FACADES, asked(changes));

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const token = await fetchToken(here.url, caller.id, caller.secret);
  return fetch(`${here.url}/http${path}`, {
    ...init,
    headers: { ...(init.headers as object), authorization: `Bearer ${token}` },
  });
}

const count = async (path: string): Promise<number> =>
  Number(await (await admin.send('GET', `/api/v1/${path}/$count`)).text());

/** What there is of what a facade is made of. */
const things = (): Promise<number[]> =>
  Promise.all(
    [
      'IntegrationPackages',
      'OAuth2ClientCredentials',
      'IntegrationDesigntimeArtifacts',
      'IntegrationRuntimeArtifacts',
    ].map(count),
  );

test('one call makes a facade that calls the tenant with a token of its own (ask 15)', async () => {
  const response = await make();
  const body = await response.clone().text();
  assert.equal(response.status, 201, body);
  await described(FACADES, 'POST', 201, Promise.resolve(response));
  assert.equal(body.includes(technical.secret), false);
  assert.deepEqual(JSON.parse(body), {
    iflow_id: 'Facade_v1_orders',
    name: 'Facade_v1_orders',
    package_id: 'Facades',
    credential_name: 'Facade_v1_orders',
    address: '/v1/orders/*',
    url: 'https://flowgate.example/http/v1/orders/*',
    target_url: `${tenant.url}/http/echo/orders`,
    user_role: 'ESBMessaging.send',
    status: 'STARTED',
  });
  const answer = await call('/v1/orders/2030/7?a=1&b=%C3%A4', {
    method: 'PUT',
    headers: { accept: 'text/x-echo', 'x-secret': 'for this server alone' },
    body: 'häuser',
  });
  const user = `oauth_client_${technical.id}`;
  assert.equal(await answer.text(), `PUT|orders/2030/7|a=1&b=%C3%A4|text/x-echo||${user}|häuser`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('etag'), '"of the tenant"');
  assert.equal(answer.headers.get('x-internal'), null);
  const read = await call('/v1/orders/x');
  assert.match(await read.text(), /^GET\|orders\/x\|\|\*\/\*\|\|oauth_client_/);
});

test("the tenant's own status and body come back, whatever they are", async () => {
  assert.ok((await make({ request_headers: ['X-Status'] })).ok);
  for (const status of [201, 404, 422, 503]) {
    const answer = await call('/v1/orders/x', {
      method: 'POST',
      headers: { 'x-status': String(status) },
      body: 'x',
    });
    assert.equal(answer.status, status);
    assert.match(await answer.text(), /^POST\|orders\/x\|/);
  }
});

test('the same call again changes nothing but what it says', async () => {
  assert.ok((await make()).ok);
  const before = await things();
  await described(FACADES, 'POST', 200, make());
  const changed = await make({
    target_url: `${tenant.url}/http/echo/elsewhere`,
    user_role: 'Orders.send',
  });
  assert.equal(changed.status, 200);
  assert.equal(((await changed.json()) as { user_role: string }).user_role, 'Orders.send');
  assert.equal((await call('/v1/orders/x')).status, 403);
  assert.equal((await make({ target_url: `${tenant.url}/http/echo/elsewhere` })).status, 200);
  assert.match(await (await call('/v1/orders/x')).text(), /^GET\|elsewhere\/x\|/);
  assert.deepEqual(await things(), before);
  // At once, too.
  const together = await Promise.all(Array.from({ length: 4 }, () => make()));
  assert.deepEqual(
    together.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  assert.deepEqual(await things(), before);
  assert.equal((await call('/v1/orders/x')).status, 200);
});

test('of many who make the same facade at once each is answered, and there is one', async () => {
  const before = await things();
  const all = await Promise.all(Array.from({ length: 4 }, () => make({ address: '/v1/at-once' })));
  assert.deepEqual(
    all.map(({ status }) => status).sort((a, b) => a - b),
    [200, 200, 200, 201],
  );
  const [packages = 0, credentials = 0, iflows = 0, deployments = 0] = before;
  assert.deepEqual(await things(), [packages, credentials + 1, iflows + 1, deployments + 1]);
  assert.equal((await call('/v1/at-once')).status, 200);
});

test("a Cloud Foundry service key does in the place of URL, id and secret, and its url in the place of the tenant's", async () => {
  const service_key = {
    oauth: {
      createdate: '2030-01-01T00:00:00.000Z',
      clientid: technical.id,
      clientsecret: technical.secret,
      url: `${tenant.url}/`,
      tokenurl: `${tenant.url}/oauth/token`,
    },
  };
  const body = { address: '/v1/by-key', target_url: '/http/echo/by-key', service_key };
  const response = await admin.send('POST', FACADES, body);
  assert.equal(response.status, 201, await response.text());
  assert.match(
    await (await call('/v1/by-key', { method: 'POST', body: 'b' })).text(),
    /^POST\|by-key\|.*\|b$/,
  );
});

test('several facades share the credentials of one tenant', async () => {
  assert.ok((await make({ credential_name: 'OUR_TENANT' })).ok);
  const second = await make({
    ...NOTHING,
    credential_name: 'OUR_TENANT',
    address: '/v1/second',
    iflow_id: 'Second',
  });
  assert.equal(second.status, 201, await second.text());
  assert.equal((await call('/v1/second')).status, 200);
  const unknown = await make({ ...NOTHING, credential_name: 'NOT_THERE', address: '/v1/third' });
  assert.equal(unknown.status, 422);
  assert.match(await unknown.text(), /no OAuth2 client credentials .*NOT_THERE.*token_url/);
});

test('what is wrong on the tenant side is in the message log, and the caller learns no secret of it', async () => {
  assert.ok(
    (await make({ address: '/v1/wrong', client_secret: 'not the secret of that client' })).ok,
  );
  const answer = await call('/v1/wrong', { method: 'POST', body: 'x' });
  assert.equal(answer.status, 500);
  const text = await answer.text();
  assert.match(text, /^An internal server error occured: The MPL ID for the failed message is : /);
  const guid = answer.headers.get('sap_messageprocessinglogid') ?? '';
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const information = await admin.send(
    'GET',
    `/api/v1/MessageProcessingLogs('${guid}')/ErrorInformation/$value`,
  );
  const told = await information.text();
  assert.match(told, /invalid_client/);
  assert.equal(told.includes('not the secret'), false);
});

test('a taken address, an iFlow of somebody else and another facade are refused before anything is made', async () => {
  const own = buildBundle({ id: 'Facade_v1_mine', name: 'Mine', address: '/taken/*', steps: [] });
  assert.equal(await admin.deploy('Facade_v1_mine', own), 'SUCCESS');
  assert.ok((await make()).ok);
  const before = await things();
  const refusals: readonly (readonly [changes: Record<string, unknown>, message: RegExp])[] = [
    [{ address: '/taken/x' }, /address \/taken\/x is taken: the iFlow .*Facade_v1_mine/],
    [{ address: '/v1/mine' }, /iFlow Facade_v1_mine that is no facade.*left as it is/],
    [{ address: '/v1-orders' }, /is that of \/v1\/orders\/\*/],
    [{ package_id: 'Other' }, /is in the package Facades/],
  ];
  for (const [changes, message] of refusals) {
    const response = await make(changes);
    const text = await response.text();
    assert.equal(response.status, 409, text);
    assert.match(text, message);
  }
  assert.deepEqual(await things(), before);
});

test('what is missing or unsafe is refused with every member that is wrong (422), and makes nothing', async () => {
  const before = await things();
  const pointers = async (changes: Record<string, unknown>): Promise<string[]> => {
    const response = await make({ address: '/v1/refused', ...changes });
    const text = await response.text();
    assert.equal(response.status, 422, text);
    assert.equal(text.includes(technical.secret), false);
    const { errors } = JSON.parse(text) as { errors: { pointer: string }[] };
    return errors.map(({ pointer }) => pointer);
  };
  const cases: readonly (readonly [changes: Record<string, unknown>, pointers: string[]])[] = [
    [{ address: 'v1', target_url: 'ftp://x' }, ['/address', '/target_url']],
    [{ address: undefined }, ['/address']],
    [{ target_url: '/http/x' }, ['/target_url']],
    [{ target_url: 'https://${header.host}/x' }, ['/target_url']],
    [{ target_url: 'https://{{Host}}/x' }, ['/target_url']],
    [{ target_url: 'https://tenant.example/x?a=b' }, ['/target_url']],
    [{ target_url: 'https://user:pw@tenant.example/x' }, ['/target_url']],
    [{ target_url: 'http://tenant.example/x' }, ['/target_url']],
    [{ target_url: 'https://169.254.169.254/x' }, ['/target_url']],
    [{ token_url: 'https://10.0.0.1/token' }, ['/token_url']],
    [{ client_secret: undefined }, ['/client_secret']],
    [{ client_secret: 'a\r\nb' }, ['/client_secret']],
    [NOTHING, ['/token_url']],
    [{ service_key: { oauth: { clientid: 'x' } } }, ['/service_key']],
    [
      { ...NOTHING, service_key: { oauth: { clientid: 'x' } } },
      ['/service_key/oauth/tokenurl', '/service_key/oauth/clientsecret'],
    ],
    [
      {
        ...NOTHING,
        service_key: { oauth: { clientid: 'x'.repeat(1025), clientsecret: 'x'.repeat(4097) } },
      },
      ['/service_key/oauth/clientid', '/service_key/oauth/clientsecret'],
    ],
    [{ client_id: 'x'.repeat(1025) }, ['/client_id']],
    [{ credential_name: '${header.which}' }, ['/credential_name']],
    [{ iflow_id: '1x' }, ['/iflow_id']],
    [{ user_role: 'a b' }, ['/user_role']],
    [{ request_headers: ['a|b'] }, ['/request_headers/0']],
    [{ request_headers: ['*'] }, ['/request_headers/0']],
    [{ clientsecret: 'x' }, ['/clientsecret']],
  ];
  for (const [changes, expected] of cases) {
    const found = await pointers(changes);
    for (const pointer of expected)
      assert.ok(found.includes(pointer), `${pointer} in ${found.join(' ')}`);
  }
  assert.deepEqual(await things(), before);
});

test('who may not deploy may not make facades, and each part is in the audit trail', async () => {
  const without = await fetchToken(here.url, caller.id, caller.secret);
  const refused = await fetch(here.url + FACADES, {
    method: 'POST',
    headers: { authorization: `Bearer ${without}`, 'content-type': 'application/json' },
    body: JSON.stringify(asked()),
  });
  assert.equal(refused.status, 401, 'a token for the runtime is none for the management');
  assert.equal((await admin.send('GET', FACADES)).status, 405);
  const made = await make({ address: '/v1/audited' });
  assert.equal(made.status, 201);
  const trail = await admin.send('GET', '/registry/v1/audit?limit=20');
  const { items } = (await trail.json()) as {
    items: { action: string; object: { name: string } }[];
  };
  const actions = items
    .filter(({ object }) => object.name === 'Facade_v1_audited')
    .map(({ action }) => action);
  assert.deepEqual(actions.sort(), ['artifact.create', 'credentials.create', 'iflow.deploy']);
  assert.equal(JSON.stringify(items).includes(technical.secret), false);
});

test("the bundle has SAP's own words, so that its editor opens it", async () => {
  assert.ok((await make()).ok);
  const zip = await admin.send(
    'GET',
    "/api/v1/IntegrationDesigntimeArtifacts(Id='Facade_v1_orders',Version='active')/$value",
  );
  const flow = readFlow(readBundle(new Uint8Array(await zip.arrayBuffer())));
  const receiver = flow.channels.find(({ direction }) => direction === 'Receiver');
  assert.deepEqual(
    [
      'ComponentType',
      'httpMethod',
      'methodSourceExpression',
      'authenticationMethod',
      'credentialName',
      'componentVersion',
    ].map((key) => receiver?.properties.get(key)),
    [
      'HTTP',
      'DYNAMIC',
      '${header.CamelHttpMethod}',
      'OAuth2 Client Credentials',
      'Facade_v1_orders',
      '1.17',
    ],
  );
});
