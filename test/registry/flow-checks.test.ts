import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkClient } from '../../shared/registry/diagnosis/client-checks.ts';
import { checkFlow } from '../../shared/registry/diagnosis/flow-checks.ts';
import type { DesignedFlow } from '../../shared/registry/diagnosis/flow-trace.ts';
import { nearestAddress } from '../../shared/registry/diagnosis/nearest-address.ts';
import { someClient } from '../support/oauth.ts';

const unserved = (changes: { designed?: DesignedFlow; more?: boolean }) => ({
  served: undefined,
  addresses: [],
  designed: undefined,
  more: false,
  ...changes,
});

test('an iFlow that is designed for the address is told with how it stands', () => {
  const designed = { iflow: 'Hello', address: '/hello', faults: [] };
  const missing = checkFlow('/hello', unserved({ designed: { ...designed, status: undefined } }));
  assert.equal(missing.ok, false);
  assert.match(missing.detail, /Hello has the address \/hello, but is not deployed\.$/);
  assert.equal(
    missing.remedy,
    "Deploy it with POST /api/v1/DeployIntegrationDesigntimeArtifact?Id='Hello'&Version='active'.",
  );
  const broken = checkFlow(
    '/hello',
    unserved({ designed: { ...designed, status: 'ERROR', faults: ['Step "Map" is missing.'] } }),
  );
  assert.match(broken.detail, /its deployment is in ERROR: Step "Map" is missing\.$/);
  const older = checkFlow('/hello', unserved({ designed: { ...designed, status: 'STARTED' } }));
  assert.match(older.detail, /another version of it is deployed/);
});

test('the search for a designed iFlow does not claim more than it has looked at', () => {
  assert.match(checkFlow('/hello', unserved({})).detail, /No iFlow has a sender channel/);
  const partly = checkFlow('/hello', unserved({ more: true }));
  assert.match(partly.detail, /None of the iFlows changed last has/);
});

test('the nearest address tells what is wrong with a path', () => {
  const addresses = ['/v1/test/hello', '/orders/*', '/stock'];
  const hint = (path: string): string => nearestAddress(path, addresses)?.detail ?? '';
  assert.match(hint('/v1/test/hello/extra'), /\/v1\/test\/hello, which serves nothing below/);
  assert.match(hint('/V1/Test/Hello/extra'), /\/v1\/test\/hello, which serves nothing below/);
  assert.match(hint('/orders'), /\/orders\/\*, which serves only what is below/);
  assert.match(hint('/http/stock'), /what follows \/http: there is \/stock/);
  assert.match(hint('/v1/test/helo'), /nearest address is \/v1\/test\/hello\./);
  assert.match(hint('/v2/test/hello'), /nearest address is \/v1\/test\/hello\./);
  assert.equal(hint('/invoices'), '');
  assert.equal(nearestAddress('/a', []), undefined);
});

test('a client that may not use client_credentials is told so', () => {
  const checks = checkClient(someClient({ grantTypes: [] }), 0, []);
  const grant = checks.find(({ check }) => check === 'grant_allowed');
  assert.equal(grant?.ok, false);
  assert.match(grant.remedy ?? '', /PATCH \/registry\/v1\/clients\/app/);
});

test('a client of an authority is told that this server trusts none', () => {
  const client = someClient({ tokenEndpointAuthMethod: 'tls_client_auth' });
  const told = (methods: readonly string[]) =>
    checkClient(client, 0, methods).find(({ check }) => check === 'secret_valid');
  const lacking = told(['self_signed_tls_client_auth']);
  assert.match(lacking?.detail ?? '', /trusts no authority/);
  assert.match(lacking?.remedy ?? '', /FLOWGATE_MTLS_CAS /);
  assert.equal(told(['self_signed_tls_client_auth', 'tls_client_auth'])?.ok, true);
});
