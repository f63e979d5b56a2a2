import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadApp } from '../../local/host/app.ts';

const root = join(import.meta.dirname, '..', '..');
const EVERY = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Name → route, in the order in which the host tries them. */
const ROUTES = {
  account: 'oauth2/api/v1/account/{*part}',
  authorize: 'oauth2/api/v1/authorize',
  dispatch: 'http/{*address}',
  'health-live': 'health/live',
  'health-ready': 'health/ready',
  introspect: 'oauth2/api/v1/introspect',
  jwks: 'oauth2/api/v1/jwks',
  'jwks-alias': 'token_keys',
  metadata: '.well-known/oauth-authorization-server',
  'metadata-openid': '.well-known/openid-configuration',
  odata: 'api/v1/{*path}',
  par: 'oauth2/api/v1/par',
  register: 'oauth2/api/v1/register',
  'register-client': 'oauth2/api/v1/register/{client_id}',
  registry: 'registry/v1/{*path}',
  revoke: 'oauth2/api/v1/revoke',
  'sign-in': 'oauth2/api/v1/sign-in/{*step}',
  'sign-out': 'oauth2/api/v1/sign-out',
  token: 'oauth2/api/v1/token',
  'token-alias': 'oauth/token',
  'zz-not-found': '{*path}',
};

const TIMERS = {
  'delete-expired-grants': '0 53 3 * * *',
  'delete-expired-logs': '0 43 3 * * *',
  'delete-expired-state': '0 33 3 * * *',
  'rotate-signing-keys': '0 17 3 * * *',
  'run-scheduled-flows': '*/10 * * * * *',
  'warn-of-expiring-secrets': '0 29 * * * *',
};

/** What of a trigger matters here. */
interface Binding {
  readonly type: string;
  readonly route?: string;
  readonly methods?: readonly string[];
  readonly authLevel?: string;
  readonly schedule?: string;
}

test('the built app registers these functions, each with every method, and no other', async () => {
  const app = await loadApp(root, () => undefined);
  const bindings = app.functions
    .map(({ metadata }) => ({
      ...(Object.values(metadata.bindings)[0] as Binding),
      name: metadata.name,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const http = bindings.filter(({ type }) => type === 'httpTrigger');
  assert.deepEqual(
    http.map(({ name, route }) => [name, route]),
    Object.entries(ROUTES),
  );
  for (const { name, methods, authLevel } of http) {
    assert.deepEqual([methods, authLevel], [EVERY, 'anonymous'], name);
  }
  const timers = bindings.filter(({ type }) => type === 'timerTrigger');
  assert.deepEqual(
    Object.fromEntries(timers.map(({ name, schedule }) => [name, schedule])),
    TIMERS,
  );
  assert.equal(http.length + timers.length, bindings.length);
});

test('each file of functions/ registers one function of its own name, the end of the app or its mode', () => {
  const files = readdirSync(join(root, 'functions')).map((file) => file.replace(/\.ts$/, ''));
  assert.deepEqual(
    files.sort(),
    [...Object.keys(ROUTES), ...Object.keys(TIMERS), 'app-terminate', 'http-streaming'].sort(),
  );
});
