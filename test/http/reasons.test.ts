import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { basic, fetchToken, type Management } from '../support/instance.ts';
import { openTarget, type Target } from '../support/target.ts';

export const REMOTE = true;

/*
 * Every reason of a refused call over HTTP, beside what the diagnosis says of the same client and
 * address: its first failed check is the reason of the refusal.
 */

const CLIENTS = '/registry/v1/clients';
const ANY = { 'if-match': '*' };

let target: Target;
let admin: Management;
let roles: string;
/** Addresses of the two flows. */
let hello: string;
let guarded: string;

const helloBundle = (id: string, address: string, more: object = {}): Uint8Array => {
  const source = 'function processData(message) { message.setBody("hello"); return message; }';
  const steps = [{ type: 'script' as const, name: 'Hello', fileName: 'script1.js', source }];
  return buildBundle({ id, name: id, address, steps, ...more });
};

before(async () => {
  target = await openTarget();
  ({ admin } = target);
  const { name } = target;
  roles = `/registry/v1/subscriptions/${target.subscriptions.iflmap}/roles`;
  hello = `/${name('v1')}/test/hello`;
  guarded = `/${name('guarded')}`;
  assert.equal(await admin.deploy(name('Hello'), helloBundle(name('Hello'), hello)), 'SUCCESS');
  const protectedBundle = helloBundle(name('Guarded'), guarded, { csrfProtected: true });
  assert.equal(await admin.deploy(name('Guarded'), protectedBundle), 'SUCCESS');
});

interface App {
  readonly id: string;
  readonly secret: string;
  readonly token: string;
}

async function registerApp(roles?: readonly string[]): Promise<App> {
  const client = await admin.registerClient(roles);
  return { ...client, token: await fetchToken(target.url, client.id, client.secret) };
}

const call = (path: string, authorization: string | undefined, init: RequestInit = {}) =>
  fetch(`${target.url}/http${path}`, {
    method: 'POST',
    body: 'order 17',
    headers: authorization === undefined ? {} : { authorization },
    ...init,
  });

/** Of both flows. */
async function messageCount(): Promise<string> {
  await target.logged();
  const counts = await Promise.all(
    ['Hello', 'Guarded'].map(async (flow) => {
      const filter = encodeURIComponent(`IntegrationArtifact/Id eq '${target.name(flow)}'`);
      const counted = await admin.send(
        'GET',
        `/api/v1/MessageProcessingLogs/$count?$filter=${filter}`,
      );
      assert.equal(counted.status, 200);
      return Number(await counted.text());
    }),
  );
  return String(counts.reduce((sum, count) => sum + count));
}

async function change(method: string, path: string, body?: unknown): Promise<void> {
  const response = await admin.send(method, path, body, ANY);
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.text()}`);
}

/** The first failed check; undefined if all are passed. */
async function firstFault(id: string, address: string): Promise<string | undefined> {
  const response = await admin.send('GET', `${CLIENTS}/${id}/diagnosis?address=${address}`);
  assert.equal(response.status, 200);
  const { ok, checks } = (await response.json()) as {
    ok: boolean;
    checks: { check: string; ok: boolean; detail: string; remedy?: string }[];
  };
  const failed = checks.find((check) => !check.ok);
  assert.equal(ok, failed === undefined);
  if (failed !== undefined) assert.match(failed.remedy ?? '', /^[A-Z].*\.$/);
  return failed?.check;
}

/** Refuses by the contract: status, challenge (RFC 6750 section 3), JSON; and nothing has run. */
async function assertRefused(response: Response, reason: string, status: 401 | 403) {
  assert.equal(response.status, status);
  const body = (await response.json()) as Record<string, string>;
  assert.deepEqual(Object.keys(body).sort(), ['error', 'error_description', 'reason']);
  assert.equal(body['reason'], reason);
  const error = status === 401 ? 'invalid_token' : 'insufficient_scope';
  assert.equal(body['error'], error);
  assert.match(body['error_description'] ?? '', /\.$/);
  const challenge = response.headers.get('www-authenticate') ?? '';
  // RFC 6750 section 3.1: no error code where no authentication information was sent.
  if (reason === 'missing_token') assert.equal(challenge, 'Bearer realm="flowgate"');
  else assert.ok(challenge.startsWith(`Bearer realm="flowgate", error="${error}", `), challenge);
  assert.equal(response.headers.get('set-cookie'), null);
  assert.equal(response.headers.get('sap_messageprocessinglogid'), null);
  assert.match(response.headers.get('x-invocation-id') ?? '', /^\S+$/);
}

test('missing_token: 401 with a challenge that names no error, and no message', async () => {
  const app = await registerApp();
  await assertRefused(await call(hello, undefined), 'missing_token', 401);
  await assertRefused(await call(hello, 'Basic YTpi'), 'missing_token', 401);
  const query = `${hello}?access_token=${app.token}`;
  await assertRefused(await call(query, undefined), 'missing_token', 401);
  assert.equal(await firstFault(app.id, hello), undefined, 'the client is not at fault');
  assert.equal(await messageCount(), '0');
});

test('invalid_token: 401 for a token that is malformed or forged, and no message', async () => {
  const app = await registerApp();
  const [header = '', payload = '', signature = ''] = app.token.split('.');
  const forged = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  for (const token of ['abc', `${header}.${payload}.${forged}`, `${header}.${payload}.`]) {
    const response = await call(hello, `Bearer ${token}`);
    await assertRefused(response, 'invalid_token', 401);
  }
  assert.equal(await messageCount(), '0');
});

test('wrong_subscription: 401 for a token of the management node, as the diagnosis says', async () => {
  const app = await admin.registerClient();
  await change('PATCH', `${CLIENTS}/${app.id}`, { subscription: target.subscriptions.tmn });
  const token = await fetchToken(target.url, app.id, app.secret);
  await assertRefused(await call(hello, `Bearer ${token}`), 'wrong_subscription', 401);
  assert.equal(await firstFault(app.id, hello), 'subscription');
  assert.equal(await messageCount(), '0');
});

test('client_disabled: 401 for tokens it has, none of its own, as the diagnosis says', async () => {
  const app = await registerApp();
  await change('PATCH', `${CLIENTS}/${app.id}`, { enabled: false });
  await target.eventually(async () =>
    assertRefused(await call(hello, `Bearer ${app.token}`), 'client_disabled', 401),
  );
  await target.eventually(() => assertNoToken(app));
  assert.equal(await firstFault(app.id, hello), 'client_enabled');
  assert.equal(await messageCount(), '0');
});

test('revoked: 401 for a token of a deleted client, as the diagnosis says', async () => {
  const app = await registerApp();
  await change('DELETE', `${CLIENTS}/${app.id}`);
  await target.eventually(async () =>
    assertRefused(await call(hello, `Bearer ${app.token}`), 'revoked', 401),
  );
  await target.eventually(() => assertNoToken(app));
  assert.equal(await firstFault(app.id, hello), 'client_exists');
  assert.equal(await messageCount(), '0');
});

test('a client without a good secret gets no token, as the diagnosis says', async () => {
  const app = await registerApp();
  const listed = await admin.send('GET', `${CLIENTS}/${app.id}/secrets`);
  const { items } = (await listed.json()) as { items: { secret_id: string }[] };
  await change('DELETE', `${CLIENTS}/${app.id}/secrets/${items[0]?.secret_id ?? ''}`);
  await target.eventually(() => assertNoToken(app));
  assert.equal(await firstFault(app.id, hello), 'secret_valid');
});

test('missing_role: 403 with the remedy for each mistake, as the diagnosis says', async () => {
  const app = await registerApp([]);
  const refuse = async (expected: RegExp): Promise<void> => {
    const response = await call(hello, `Bearer ${app.token}`);
    const shown = (await response.clone().json()) as { error_description: string };
    await assertRefused(response, 'missing_role', 403);
    assert.match(shown.error_description, expected);
    assert.equal(await firstFault(app.id, hello), 'role_assigned');
  };
  await refuse(/Assign it under \S+\/ESBMessaging\.send\/users\/oauth_client_/);
  await change('PUT', `${roles}/ESBMessaging.send/users/${app.id}`);
  await refuse(new RegExp(`assigned to ${app.id}, but the user of that client is`));
  await change('DELETE', `${roles}/ESBMessaging.send/users/${app.id}`);
  assert.equal(await messageCount(), '0');
});

test('csrf_required: 403 for a POST without the token, as the diagnosis says', async () => {
  const app = await registerApp();
  const response = await call(guarded, `Bearer ${app.token}`);
  assert.equal(response.headers.get('x-csrf-token'), 'required');
  await assertRefused(response, 'csrf_required', 403);
  assert.equal(await firstFault(app.id, guarded), 'csrf');
  assert.equal(await firstFault(app.id, `${guarded}&method=GET`), undefined);
  assert.equal(await messageCount(), '0');
});

test('an address that no iFlow serves is 404, and the diagnosis knows what was meant', async () => {
  const app = await registerApp();
  const { name } = target;
  const draftAddress = `/${name('draft')}/*`;
  const draft = helloBundle(name('Draft'), draftAddress);
  await change('POST', '/api/v1/IntegrationDesigntimeArtifacts', {
    Id: name('Draft'),
    Name: name('Draft'),
    PackageId: name('TestPackage'),
    ArtifactContent: Buffer.from(draft).toString('base64'),
  });
  const broken = helloBundle(name('Broken'), `/${name('broken')}`, {
    steps: [{ type: 'raw', name: 'Map it', cname: 'MessageMapping', properties: {} }],
  });
  assert.equal(await admin.deploy(name('Broken'), broken), 'FAIL');
  for (const [address, expected] of [
    [
      `/${name('draft')}/17`,
      new RegExp(
        `iFlow ${name('Draft')} has the address /${name('draft')}/\\*, but is not deployed`,
      ),
    ],
    [`/${name('broken')}`, new RegExp(`iFlow ${name('Broken')} .* is in ERROR: .*Map it`)],
    [`${hello}/extra`, new RegExp(`nearest address is ${hello}, which serves nothing below`)],
    [hello.replace('hello', 'helo'), new RegExp(`nearest address is ${hello}\\.`)],
    [`/${'another'.repeat(9)}`, /No iFlow has a sender channel of that address/],
  ] as const) {
    const response = await call(address, `Bearer ${app.token}`);
    assert.equal(response.status, 404);
    assert.equal(((await response.json()) as { reason: string }).reason, 'unknown_address');
    const diagnosed = await admin.send('GET', `${CLIENTS}/${app.id}/diagnosis?address=${address}`);
    const { checks } = (await diagnosed.json()) as {
      checks: { check: string; ok: boolean; detail: string }[];
    };
    const failed = checks.filter((check) => !check.ok);
    assert.deepEqual(
      failed.map(({ check }) => check),
      ['flow_deployed'],
    );
    assert.match(failed[0]?.detail ?? '', expected);
  }
  assert.equal(await messageCount(), '0');
});

test('a path that no call can have is no address to diagnose', async () => {
  for (const address of ['//a', '/a//b', '/a/../b', '/a%252', '/a%00']) {
    const response = await admin.send('GET', `${CLIENTS}/x/diagnosis?address=${address}`);
    assert.equal(response.status, 400, address);
  }
});

test('a client that every check passes can call', async () => {
  const app = await registerApp();
  assert.equal(await firstFault(app.id, hello), undefined);
  const response = await call(hello, `Bearer ${app.token}`);
  assert.equal(await response.text(), 'hello');
  assert.equal(await messageCount(), '1', 'of all calls here, only this one left a message');
});

async function assertNoToken({ id, secret }: App): Promise<void> {
  const response = await fetch(`${target.url}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization: basic(id, secret) },
  });
  assert.equal(response.status, 401);
  assert.equal(((await response.json()) as { error: string }).error, 'invalid_client');
}
