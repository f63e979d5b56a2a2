import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { before, test } from 'node:test';
import type { Check } from '../../shared/registry/diagnosis/check.ts';
import type { FlowTrace } from '../../shared/registry/diagnosis/flow-trace.ts';
import { openRegistry, type Registry } from './registry.ts';

const HELLO = '/v1/test/hello';
const SERVED: FlowTrace = {
  served: {
    iflow: 'Hello',
    name: 'Says hello',
    packageId: 'Greetings',
    packageName: 'All greetings',
    address: HELLO,
    userRole: 'ESBMessaging.send',
    csrfProtected: false,
  },
};

/** What the tracer answers, by path; the grammar of paths is tested with the addresses. */
const traces = new Map<string, FlowTrace>([
  [HELLO, SERVED],
  ['/custom', { served: { ...SERVED.served, address: '/custom', userRole: 'Orders.send' } }],
  ['/odd', { served: { ...SERVED.served, address: '/odd', userRole: 'Orders send' } }],
  ['/guarded', { served: { ...SERVED.served, address: '/guarded', csrfProtected: true } }],
]);

let registry: Registry;
let admin: Registry['send'];

before(async () => {
  registry = await openRegistry(undefined, { trace: (path) => Promise.resolve(traces.get(path)) });
  admin = registry.send;
});

const users = (role: string, subscription = 'acmeiflmap'): string =>
  `/subscriptions/${subscription}/roles/${role}/users`;

async function register(clientId: string, settings: object = {}): Promise<void> {
  const { status, text } = await admin('POST', '/clients', { client_id: clientId, ...settings });
  assert.equal(status, 201, text);
}

async function assign(user: string, role = 'ESBMessaging.send', subscription?: string) {
  const { status } = await admin('PUT', `${users(role, subscription)}/${user}`);
  assert.equal(status, 204);
}

async function diagnose(clientId: string, query = `?address=${HELLO}`) {
  const path = `/clients/${encodeURIComponent(clientId)}/diagnosis${query}`;
  const answer = await registry.send('GET', path);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  return answer.json() as unknown as { ok: boolean; checks: Check[] };
}

/** The one failed check; whatever comes before and after it is passed. */
async function onlyFault(clientId: string, query?: string): Promise<Check & { remedy: string }> {
  const { ok, checks } = await diagnose(clientId, query);
  const failed = checks.filter((check) => !check.ok);
  assert.equal(ok, false);
  assert.equal(failed.length, 1, JSON.stringify(failed));
  const [check] = failed;
  assert.ok(check?.remedy !== undefined);
  return { ...check, remedy: check.remedy };
}

test('a client that can call passes every check in the order that a call meets them', async () => {
  await register('good');
  await assign('oauth_client_good');
  const { ok, checks } = await diagnose('good');
  assert.equal(ok, true);
  assert.deepEqual(
    checks.map(({ check }) => check),
    [
      'client_exists',
      'client_enabled',
      'secret_valid',
      'grant_allowed',
      'subscription',
      'flow_deployed',
      'role_assigned',
      'access_policy',
      'csrf',
    ],
  );
  for (const check of checks) {
    assert.deepEqual(Object.keys(check), ['check', 'ok', 'detail']);
    assert.match(check.detail, /\.$/);
  }
});

test('without an address only what concerns the client is checked', async () => {
  await register('only-client', { subscription: 'acmetmn' });
  const { ok, checks } = await diagnose('only-client', '');
  assert.equal(ok, true);
  assert.deepEqual(
    checks.map(({ check }) => check),
    ['client_exists', 'client_enabled', 'secret_valid', 'grant_allowed', 'subscription'],
  );
  assert.match(checks[4]?.detail ?? '', /acmetmn, the management node/);
});

test('an unknown client is a finding with the id that was meant, not a 404', async () => {
  await register('Meant');
  const unknown = (await diagnose('nobody')).checks;
  assert.match(unknown[0]?.detail ?? '', /no client nobody/);
  assert.match(unknown[0]?.remedy ?? '', /POST \/registry\/v1\/clients /);
  assert.deepEqual(
    unknown.map(({ check }) => check),
    ['client_exists', 'flow_deployed', 'role_assigned', 'access_policy', 'csrf'],
    'the rest is told as far as it can be',
  );
  const miscased = (await diagnose('mEANT')).checks[0];
  assert.match(miscased?.detail ?? '', /case-sensitive: there is Meant/);
  assert.match(miscased?.remedy ?? '', /\/clients\/Meant\/diagnosis/);
  const user = (await diagnose('oauth_client_Meant')).checks[0];
  assert.match(user?.detail ?? '', /it is the user that the client Meant acts as/);
  const impossible = (await diagnose('a/b\u0000🙂')).checks;
  assert.match(impossible[0]?.detail ?? '', /cannot be a client id/);
  assert.deepEqual(
    impossible.map(({ check }) => check),
    ['client_exists', 'flow_deployed', 'access_policy', 'csrf'],
  );
});

test('a disabled client is told how it is enabled', async () => {
  await register('off', { enabled: false });
  await assign('oauth_client_off');
  const fault = await onlyFault('off');
  assert.equal(fault.check, 'client_enabled');
  assert.match(fault.remedy, /PATCH \/registry\/v1\/clients\/off, .*\{"enabled":true\}/);
  await admin('PATCH', '/clients/off', { enabled: true }, { 'if-match': '*' });
  assert.equal((await diagnose('off')).ok, true, 'following the remedy mends it');
});

test('every secret is told with its expiry, and a client needs one that is alive', async () => {
  const expiry = registry.clock.now() + 60_000;
  const expiring = { client_secret_expires_at: expiry / 1000 };
  await register('lapsed', expiring);
  await assign('oauth_client_lapsed');
  const secrets = (await admin('GET', '/clients/lapsed/secrets')).json();
  const [{ secret_id: id, last_four: four }] = secrets['items'] as [Record<string, string>];
  const alive = await diagnose('lapsed');
  assert.equal(alive.ok, true);
  const time = new Date(expiry).toISOString();
  assert.equal(alive.checks[2]?.detail, `Secret ${id} (…${four}) expires at ${time}.`);
  registry.clock.advance(60_000);
  const fault = await onlyFault('lapsed');
  assert.equal(fault.check, 'secret_valid');
  assert.equal(fault.detail, `Secret ${id} (…${four}) expired at ${time}.`);
  assert.match(fault.remedy, /POST \/registry\/v1\/clients\/lapsed\/secrets/);
  await admin('POST', '/clients/lapsed/secrets');
  assert.match((await diagnose('lapsed')).checks[2]?.detail ?? '', /never expires/);
});

test('a client without any secret is told to add one', async () => {
  await register('bare');
  await assign('oauth_client_bare');
  const { items } = (await admin('GET', '/clients/bare/secrets')).json() as {
    items: { secret_id: string }[];
  };
  await admin('DELETE', `/clients/bare/secrets/${items[0]?.secret_id}`);
  const fault = await onlyFault('bare');
  assert.equal(fault.check, 'secret_valid');
  assert.equal(fault.detail, 'The client has no secret.');
});

test('a client with keys is told which, and that its calls carry proofs', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  await register('signs', {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ ...jwk, kid: 'k1' }, jwk] },
    dpop_bound_access_tokens: true,
  });
  await register('publishes', {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri: 'https://keys.example/jwks',
  });
  const told = async (id: string) => (await diagnose(id)).checks[2]?.detail ?? '';
  assert.match(
    await told('signs'),
    /private_key_jwt\. .* client_assertion with a key of its registration: k1, an EC key\. .*bound to a DPoP key/,
  );
  assert.match(await told('publishes'), /behind https:\/\/keys\.example\/jwks\.$/);
});

test('a client with a certificate is told that this server takes none (RFC 8705)', async () => {
  for (const [id, members] of Object.entries({
    'shows-certificate': {
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=partner',
    },
    'bound-to-certificate': { tls_client_certificate_bound_access_tokens: true },
  })) {
    await register(id, members);
    await assign(`oauth_client_${id}`);
    const fault = await onlyFault(id);
    assert.equal(fault.check, 'secret_valid');
    assert.match(fault.detail, /shows a certificate, .* this server takes none/);
    assert.match(fault.remedy, /FLOWGATE_MTLS /);
  }
});

test('a client without a secret that speaks for users lacks neither secret nor role', async () => {
  await register('speaks-for-users', {
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['https://app.example/back'],
    token_endpoint_auth_method: 'none',
  });
  const { ok, checks } = await diagnose('speaks-for-users');
  assert.equal(ok, true);
  const told = (name: string) => checks.find(({ check }) => check === name)?.detail;
  assert.equal(
    told('secret_valid'),
    'The client needs no secret: its token_endpoint_auth_method is none.',
  );
  assert.match(
    told('grant_allowed') ?? '',
    /authorization_code, refresh_token: .* users, and their roles decide\. .*oauth_client_speaks-for-users it needs client_credentials too/,
  );
  assert.equal(told('role_assigned'), undefined, 'whose role it is is not known');
  assert.match(told('flow_deployed') ?? '', /\.$/);
});

test('a client of the management node is told which subscription iFlows run in', async () => {
  await register('manager', { subscription: 'acmetmn' });
  await assign('oauth_client_manager');
  const fault = await onlyFault('manager');
  assert.equal(fault.check, 'subscription');
  assert.match(fault.detail, /for acmetmn, the management node, but iFlows run in acmeiflmap/);
  assert.match(fault.remedy, /\{"subscription":"acmeiflmap"\}, then request a new token/);
});

test('a role that is not assigned is named exactly, with the call that assigns it', async () => {
  await register('roleless');
  const fault = await onlyFault('roleless');
  assert.equal(fault.check, 'role_assigned');
  assert.match(fault.detail, /role ESBMessaging\.send, .*oauth_client_roleless .*in acmeiflmap/);
  const path =
    /PUT (\/registry\/v1\/subscriptions\/acmeiflmap\/roles\/\S+\/users\/\S+[^.])\.?$/.exec(
      fault.remedy,
    )?.[1];
  assert.ok(path !== undefined, fault.remedy);
  assert.equal((await admin('PUT', path.slice('/registry/v1'.length))).status, 204);
  assert.equal((await diagnose('roleless')).ok, true, 'following the remedy mends it');
});

test('a role that was given to the client id without its prefix is found', async () => {
  await register('unprefixed');
  await assign('unprefixed');
  const fault = await onlyFault('unprefixed');
  assert.match(fault.detail, /assigned to unprefixed, without the prefix/);
  assert.match(fault.remedy, /PUT \S+\/oauth_client_unprefixed .*DELETE \S+\/unprefixed\.$/);
});

test('a role that was given to a user of another case is found', async () => {
  await register('cased');
  await assign('OAuth_Client_cased');
  assert.match((await onlyFault('cased')).detail, /assigned to OAuth_Client_cased, .* in case/);
  await register('cased2');
  await assign('CASED2');
  assert.match((await onlyFault('cased2')).detail, /assigned to CASED2, which differs in case/);
});

test('a role that differs in case is found with the user, and in the iFlow', async () => {
  await admin('PUT', '/subscriptions/acmeiflmap/roles/orders.SEND');
  await register('role-cased');
  await assign('oauth_client_role-cased', 'orders.SEND');
  const inFlow = await onlyFault('role-cased', '?address=/custom');
  assert.match(inFlow.detail, /no such role there; .* there is orders\.SEND/);
  assert.match(inFlow.remedy, /User Role of the HTTPS sender to orders\.SEND/);
  await admin('PUT', '/subscriptions/acmeiflmap/roles/Orders.send');
  const withUser = await onlyFault('role-cased', '?address=/custom');
  assert.match(withUser.detail, /The user has orders\.SEND, which differs in case/);
  assert.match(withUser.remedy, /PUT \S+Orders\.send\/users\S+ .*DELETE \S+orders\.SEND\/users/);
});

test('a role that was given in the other subscription is found', async () => {
  await register('elsewhere');
  await admin('PUT', '/subscriptions/acmetmn/roles/ESBMessaging.send');
  await assign('oauth_client_elsewhere', 'ESBMessaging.send', 'acmetmn');
  const fault = await onlyFault('elsewhere');
  assert.match(fault.detail, /has it in acmetmn, the management node/);
  assert.match(fault.remedy, /PUT \S+acmeiflmap\/roles\/ESBMessaging\.send\/users/);
});

test('a role that does not exist, or never can, is told as such', async () => {
  const other = await openRegistry(undefined, {
    trace: (path) => Promise.resolve(traces.get(path)),
  });
  await other.send('POST', '/clients', { client_id: 'app' });
  const roleOf = async (address: string): Promise<Check | undefined> => {
    const answer = await other.send('GET', `/clients/app/diagnosis?address=${address}`);
    const { checks } = answer.json() as unknown as { checks: Check[] };
    return checks.find(({ check }) => check === 'role_assigned');
  };
  const missing = await roleOf('/custom');
  assert.match(missing?.remedy ?? '', /^Make it with PUT \S+\/roles\/Orders\.send, then assign/);
  const impossible = await roleOf('/odd');
  assert.match(impossible?.detail ?? '', /No role can have that name/);
});

test('CSRF protection asks for a token where the method changes something', async () => {
  await register('csrf');
  await assign('oauth_client_csrf');
  for (const query of ['?address=/guarded', '?address=/guarded&method=put']) {
    const fault = await onlyFault('csrf', query);
    assert.equal(fault.check, 'csrf');
    assert.match(fault.remedy, /GET \/http\/guarded and the header X-CSRF-Token: fetch/);
  }
  const reading = await diagnose('csrf', '?address=/guarded&method=GET');
  assert.equal(reading.ok, true);
  assert.match(reading.checks.at(-1)?.detail ?? '', /a GET needs no token/);
});

test('what is no address, or no method, is 400 and says what is', async () => {
  for (const query of [
    '?address=',
    '?address=v1/test/hello',
    '?address=https://example.com/http/v1/test/hello',
    `?address=${HELLO}%3Fa=1`,
    '?address=/a%5Cb',
    '?address=/',
    `?address=/${'a'.repeat(2000)}`,
    `?address=${HELLO}&address=${HELLO}`,
    `?address=${HELLO}&method=BREW`,
    `?address=${HELLO}&method=`,
  ]) {
    const answer = await registry.send('GET', `/clients/good/diagnosis${query}`);
    assert.equal(answer.status, 400, query);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    assert.equal(answer.json()['reason'], 'invalid_query');
  }
});

test('whoever may read the registry may diagnose; nobody else, and nobody writes there', async () => {
  const as = (role: string, method = 'GET') =>
    registry.send(method, '/clients/x/diagnosis', undefined, { authorization: `Bearer ${role}` });
  for (const role of ['AuthGroup.ReadOnly', 'AuthGroup.IntegrationDeveloper']) {
    assert.equal((await as(role)).status, 200);
  }
  assert.equal((await as('ESBMessaging.send')).status, 403);
  assert.equal((await registry.send('POST', '/clients/x/diagnosis', {})).status, 405);
});

test('a diagnosis tells what another instance has just changed', async () => {
  await register('fresh');
  assert.equal((await onlyFault('fresh')).check, 'role_assigned');
  const other = registry.another();
  await other.send('PUT', `${users('ESBMessaging.send')}/oauth_client_fresh`);
  assert.equal((await diagnose('fresh')).ok, true);
  await other.send('PATCH', '/clients/fresh', { enabled: false }, { 'if-match': '*' });
  assert.equal((await onlyFault('fresh')).check, 'client_enabled');
});

test('an access policy is a finding with what it wants, and passes whoever it lets in', async () => {
  await register('guarded');
  await assign('oauth_client_guarded');
  const { accessPolicies: store } = registry;
  const protect = async (...roleNames: readonly string[]): Promise<void> => {
    const reference = {
      id: 9,
      name: 'r',
      description: '',
      type: 'INTEGRATION_FLOW' as const,
      attribute: 'Name' as const,
      condition: 'regularExpression' as const,
      value: 'Says .*',
    };
    const policies = roleNames.map((roleName, i) => {
      return { id: i, roleName, description: '', references: [reference] };
    });
    const { etag } = await store.read();
    assert.equal(await store.write({ nextId: 10, policies }, etag), true);
  };
  const accessOf = async (clientId: string): Promise<Check | undefined> =>
    (await diagnose(clientId)).checks.find(({ check }) => check === 'access_policy');

  await protect('Greeters', 'client:other');
  const missing = await onlyFault('guarded');
  assert.equal(missing.check, 'access_policy');
  assert.match(missing.detail, /let Greeters, client:other call the iFlow Hello/);
  assert.match(
    missing.remedy,
    /There is no role Greeters yet: make it with PUT \/registry\/v1\/subscriptions\/acmeiflmap\/roles\/Greeters, then assign it/,
  );
  const role = '/subscriptions/acmeiflmap/roles/Greeters';
  await admin('PUT', role, {});
  assert.match(
    (await onlyFault('guarded')).remedy,
    /^Assign it with PUT .*\/oauth_client_guarded\.$/,
  );
  await admin('PUT', `${role}/users/oauth_client_guarded`);
  assert.match((await accessOf('guarded'))?.detail ?? '', /has the role Greeters in acmeiflmap/);

  await protect('client:other');
  assert.match(
    (await onlyFault('guarded')).remedy,
    /POST \/api\/v1\/AccessPolicies, the RoleName client:guarded/,
  );
  await protect('client:other', 'client:guarded');
  assert.match((await accessOf('guarded'))?.detail ?? '', /names client:guarded/);
  await protect('Greeters');
  // Whose roles decide is not known.
  const query = { grant_types: ['authorization_code'], redirect_uris: ['https://app.example/cb'] };
  await register('for-others', query);
  assert.equal(await accessOf('for-others'), undefined);
  await protect();
});
