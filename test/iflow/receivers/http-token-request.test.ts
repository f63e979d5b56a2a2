import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OAuth2ClientCredentials } from '../../../shared/iflow/services/security-material.ts';
import { exchangeOf, NOW } from '../running.ts';
import { clientCredentials, failureOf } from './http-under-test.ts';
import { call, environmentFor, flowTo, issue, remote } from './token-endpoint.ts';

const shapes: readonly {
  readonly name: string;
  readonly material: Partial<OAuth2ClientCredentials>;
  readonly url?: string;
  readonly body: string;
  readonly authorization?: string;
  readonly tenant?: string;
}[] = [
  {
    name: 'credentials, scope, resource and audience in a form',
    material: { clientAuthentication: 'body', scope: 'a b', resource: 'urn:r', audience: 'x&y' },
    body: 'grant_type=client_credentials&client_id=the-client&client_secret=the-secret&scope=a+b&resource=urn%3Ar&audience=x%26y',
  },
  {
    name: 'credentials in JSON',
    material: { clientAuthentication: 'body', contentType: 'application/json', scope: 's' },
    body: '{"grant_type":"client_credentials","client_id":"the-client","client_secret":"the-secret","scope":"s"}',
  },
  {
    name: 'SAP’s own form, with the grant type in the URL and no body',
    material: { tokenServiceUrl: '/token?grant_type=client_credentials' },
    url: '/token?grant_type=client_credentials',
    body: '',
    authorization: 'the-client:the-secret',
  },
  {
    name: 'custom parameters in body, header and URL, which do not change who asks',
    material: {
      customParameters: [
        { key: 'tenant', value: 'a b', sendAs: 'body' },
        { key: 'X-Tenant', value: 't', sendAs: 'header' },
        { key: 'v', value: '1&2', sendAs: 'query' },
        { key: 'client_id', value: 'evil', sendAs: 'body' },
      ],
    },
    url: '/token?v=1%262',
    body: 'grant_type=client_credentials&tenant=a+b',
    authorization: 'the-client:the-secret',
  },
  {
    name: 'all values of a custom parameter that is there more than once (RFC 8707 section 2)',
    material: {
      customParameters: [
        { key: 'resource', value: 'urn:a', sendAs: 'body' },
        { key: 'resource', value: 'urn:b', sendAs: 'body' },
        { key: 'X-Tenant', value: 't', sendAs: 'header' },
        { key: 'x-tenant', value: 'u', sendAs: 'header' },
      ],
    },
    tenant: 't, u',
    body: 'grant_type=client_credentials&resource=urn%3Aa&resource=urn%3Ab',
    authorization: 'the-client:the-secret',
  },
  {
    name: 'an id of SAP’s as it is: what decoding leaves alone is not encoded (RFC 6749 section 2.3.1)',
    material: { clientId: 'sb-1!b2|it-rt!b3', clientSecret: 'a$b=c/d:e' },
    body: 'grant_type=client_credentials',
    authorization: 'sb-1!b2|it-rt!b3:a$b=c/d:e',
  },
];

for (const { name, material, url, body, authorization, tenant = 't' } of shapes) {
  test(`a token request has ${name}`, async (t) => {
    const { tokenUrl, address, tokenCalls } = await remote(t);
    const { origin } = new URL(tokenUrl);
    const { tokenServiceUrl = '/token', ...more } = material;
    const written = clientCredentials(origin + tokenServiceUrl, more);
    await call(
      flowTo(address),
      environmentFor(t, () => written),
    );
    const [only] = tokenCalls;
    assert.equal(only?.url, url ?? '/token');
    assert.equal(only.body, body);
    const sent = only.headers.authorization?.replace(/^Basic /, '');
    assert.equal(
      sent === undefined ? undefined : Buffer.from(sent, 'base64').toString(),
      authorization,
    );
    if (body === '') assert.equal(only.headers['content-type'], undefined);
    if (material.customParameters !== undefined) assert.equal(only.headers['x-tenant'], tenant);
  });
}

for (const decodes of [true, false]) {
  test(`id and secret reach an endpoint that ${decodes ? 'decodes' : 'does not decode'} them`, async (t) => {
    const id = 'client:one%20+ä';
    const secret = 's+%41 :ü';
    const { tokenUrl, address, tokenCalls } = await remote(t, {
      answer: (response, seen, count) => {
        const pair = Buffer.from((seen.headers.authorization ?? '').slice(6), 'base64').toString();
        const at = pair.indexOf(':');
        const form = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
        const isRight = decodes
          ? form(pair.slice(0, at)) === id && form(pair.slice(at + 1)) === secret
          : pair === `${id}:${secret}`;
        if (isRight) issue(response, seen, count);
        else response.writeHead(401).end('{"error":"invalid_client"}');
      },
    });
    const material = clientCredentials(tokenUrl, { clientId: id, clientSecret: secret });
    let now = NOW;
    const environment = environmentFor(
      t,
      () => material,
      () => now,
    );
    assert.equal(await call(flowTo(address), environment), 200);
    assert.equal(tokenCalls.length, decodes ? 1 : 2);
    // What the endpoint has understood is what it is asked next time.
    now += 150_000;
    assert.equal(await call(flowTo(address), environment), 200);
    assert.equal(tokenCalls.length, decodes ? 2 : 3);
  });
}

test('a custom parameter that is no header is refused, and nothing is sent', async (t) => {
  const { tokenUrl, address, tokenCalls } = await remote(t);
  for (const [key, value] of [
    ['X-A', 'a\r\nX-Evil: 1'],
    ['Host', 'evil.example'],
    ['Authorization', 'Basic x'],
    ['a b', 'c'],
  ] as const) {
    const customParameters = [{ key, value, sendAs: 'header' as const }];
    const material = clientCredentials(tokenUrl, { customParameters });
    const failure = await failureOf(
      flowTo(address),
      exchangeOf(),
      environmentFor(t, () => material),
    );
    assert.equal(failure.reason, 'credential');
  }
  assert.equal(tokenCalls.length, 0);
});
