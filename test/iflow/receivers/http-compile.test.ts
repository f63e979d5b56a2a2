import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, faultsOf } from './http-under-test.ts';

const address = { httpAddressWithoutQuery: 'https://api.example/orders' };

test('a channel with an address alone is a POST without authentication that fails on errors', () => {
  assert.deepEqual(configOf(address), {
    address: ['https://api.example/orders'],
    query: [],
    method: 'POST',
    sendBody: false,
    authentication: { method: 'None' },
    timeoutMs: 60_000,
    throwOnFailure: true,
    requestHeaders: { all: true },
    responseHeaders: { all: true },
    retry: null,
  });
});

test('every setting of a channel is compiled as it is written (SAP Help, HTTP Receiver Adapter)', () => {
  const config = configOf({
    httpAddressWithoutQuery: 'https://${property.host}/orders',
    httpAddressQuery: '$format=json&id=${header.id}',
    httpMethod: 'Dynamic',
    methodSourceExpression: '${header.method}',
    httpShouldSendBody: 'true',
    authenticationMethod: 'OAuth2 Client Credentials',
    credentialName: '${property.credential}',
    httpRequestTimeout: '120000',
    throwExceptionOnFailure: 'false',
    allowedRequestHeaders: 'Accept|X-Key, x-csrf-token|*',
    allowedResponseHeaders: '${property.headers}',
    retryOnConnectionFailure: 'true',
    httpErrorResponseCodes: '500,503',
    retryOnException: 'true',
    retryOnExceptionsTable:
      "<row><cell id='Name'>java.net.ConnectException</cell><cell id='Description'>down</cell></row>",
    retryIteration: '3',
    retryInterval: '60',
    proxyType: 'Internet',
    enableMPLAttachments: 'true',
    streaming: 'false',
    locationID: '<Cloud Connector Location ID>',
  });
  assert.deepEqual(config, {
    address: ['https://', { token: 'property', name: 'host', calls: [] }, '/orders'],
    query: ['$format=json&id=', { token: 'header', name: 'id', calls: [] }],
    method: { expression: [{ token: 'header', name: 'method', calls: [] }] },
    sendBody: true,
    authentication: {
      method: 'OAuth2 Client Credentials',
      credential: [{ token: 'property', name: 'credential', calls: [] }],
    },
    timeoutMs: 120_000,
    throwOnFailure: false,
    requestHeaders: { names: ['accept', 'x-key', 'x-csrf-token'] },
    responseHeaders: { expression: [{ token: 'property', name: 'headers', calls: [] }] },
    retry: {
      statuses: [500, 503],
      connection: true,
      exceptions: ['java.net.ConnectException'],
      iterations: 3,
      intervalMs: 60_000,
    },
  });
  assert.deepEqual(JSON.parse(JSON.stringify(config)), config);
});

test('an empty list of request headers sends none, one that is not there sends all', () => {
  assert.deepEqual(configOf({ ...address, allowedRequestHeaders: '' }).requestHeaders, {
    names: [],
  });
  assert.deepEqual(configOf({ ...address, allowedRequestHeaders: '*' }).requestHeaders, {
    all: true,
  });
  assert.deepEqual(configOf({ ...address, allowedResponseHeaders: '' }).responseHeaders, {
    all: true,
  });
});

for (const [name, properties, capability] of [
  ['the SAP Cloud Connector', { proxyType: 'sapcc' }, 'receiver HTTP with proxy type On-Premise'],
  ['a proxy of its own', { proxyType: 'Manual' }, 'receiver HTTP with proxy type Manual'],
  [
    'SAML',
    { authenticationMethod: 'OAuth2 SAML Bearer Assertion' },
    'receiver HTTP with authentication OAuth2 SAML Bearer Assertion',
  ],
  [
    'principal propagation',
    { authenticationMethod: 'Principal Propagation' },
    'receiver HTTP with authentication Principal Propagation',
  ],
  ['an API provider', { providerName: 'Orders' }, 'receiver HTTP with an API provider'],
] as const) {
  test(`a channel with ${name} is refused by name`, () => {
    const [fault, ...more] = faultsOf({ ...address, ...properties });
    assert.equal(more.length, 0);
    assert.equal(fault?.kind, 'missing');
    assert.equal(fault.capability, capability);
    assert.match(fault.text, /^Receiver channel "HTTP" \(HTTP\) .* is not available yet\.$/);
  });
}

for (const [name, properties, text] of [
  ['no address', {}, /has no address/],
  ['a placeholder', { httpAddressWithoutQuery: 'FILLED_BY_CUSTOMER' }, /a URL such as/],
  ['a path', { httpAddressWithoutQuery: '/${property.id}/bids' }, /a URL such as/],
  ['another scheme', { httpAddressWithoutQuery: 'ftp://host.example' }, /a URL such as/],
  ['a host that is none', { httpAddressWithoutQuery: 'https://<your host>/a' }, /a URL such as/],
  ['a port that is none', { httpAddressWithoutQuery: 'http://host:port/a' }, /a URL such as/],
  ['no host', { httpAddressWithoutQuery: 'https:///a' }, /a URL such as/],
  ['a user', { httpAddressWithoutQuery: 'https://me:pw@host.example/' }, /has a user name/],
  ['an unknown token', { httpAddressWithoutQuery: '${nothing}' }, /cannot use its httpAddress/],
  ['an unknown query', { ...address, httpAddressQuery: '${random(5)}' }, /cannot use its httpAdd/],
  ['an unknown method', { ...address, httpMethod: 'FETCH' }, /has the method "FETCH"/],
  ['a time limit of none', { ...address, httpRequestTimeout: '0' }, /as httpRequestTimeout/],
  ['a time limit in words', { ...address, httpRequestTimeout: 'long' }, /as httpRequestTimeout/],
  ['an unclear choice', { ...address, throwExceptionOnFailure: 'maybe' }, /true or false/],
  [
    'no credential',
    { ...address, authenticationMethod: 'Basic', credentialName: ' ' },
    /Basic and no credential name/,
  ],
  ['no key', { ...address, authenticationMethod: 'Client Certificate' }, /no private key alias/],
  [
    'a certificate over http',
    {
      httpAddressWithoutQuery: 'http://host.example/',
      authenticationMethod: 'Client Certificate',
      privateKeyAlias: 'key',
    },
    /shown over https/,
  ],
  [
    'too many tries',
    { ...address, retryOnConnectionFailure: 'true', retryIteration: '4' },
    /from 1 to 3/,
  ],
  [
    'too long a pause',
    { ...address, retryOnConnectionFailure: 'true', retryInterval: '10000' },
    /from 0 to 60/,
  ],
  [
    'codes that are none',
    { ...address, retryOnConnectionFailure: 'true', httpErrorResponseCodes: '500,abc' },
    /has "abc" in httpErrorResponseCodes/,
  ],
  [
    'too many headers',
    { ...address, allowedRequestHeaders: Array.from({ length: 201 }, (_, i) => `h${i}`).join('|') },
    /more than 200 headers/,
  ],
] as const) {
  test(`a channel with ${name} is refused and says why`, () => {
    const [fault, ...more] = faultsOf(properties);
    assert.equal(more.length, 0);
    assert.equal(fault?.kind, 'design');
    assert.match(fault.text, text);
  });
}

test('a value that an externalised parameter has filled is that parameter’s fault', () => {
  const parameters = { Host: '<host>', Proxy: 'sapcc', Codes: 'all' };
  const properties = {
    httpAddressWithoutQuery: '{{Host}}/a',
    proxyType: '{{Proxy}}',
    retryOnConnectionFailure: 'true',
    httpErrorResponseCodes: '{{Codes}}',
  };
  const kinds = faultsOf(properties, { parameters }).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['parameter', 'parameter', 'parameter']);
});

test('a parameter without a value is told of once, whatever property it fills', () => {
  for (const property of [
    'httpAddressWithoutQuery',
    'httpMethod',
    'authenticationMethod',
    'httpRequestTimeout',
    'throwExceptionOnFailure',
  ]) {
    const faults = faultsOf({ ...address, [property]: '{{Open}}' });
    assert.deepEqual(faults, [
      { text: 'The parameter "Open" has no value.', kind: 'parameter', capability: '' },
    ]);
  }
});
