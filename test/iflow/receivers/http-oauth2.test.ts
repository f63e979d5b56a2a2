import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { test, type TestContext } from 'node:test';
import type { FlowEnvironment } from '../../../shared/iflow/engine.ts';
import type { OAuth2ClientCredentials } from '../../../shared/iflow/services/security-material.ts';
import { closedPort, serve } from '../../support/loopback-server.ts';
import { exchangeOf, NOW, runBundle } from '../running.ts';
import {
  bodyOf,
  callingFlow,
  clientCredentials,
  environmentWith,
  failureOf,
  httpService,
} from './http-under-test.ts';

interface TokenCall {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type AnswerToken = (response: ServerResponse, call: TokenCall, count: number) => void;

const issue: AnswerToken = (response, _call, count) => {
  const token = { access_token: `token-${count}`, token_type: 'bearer', expires_in: 100 };
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(token));
};

/** A token endpoint and a receiver that takes the tokens which `isGood` says are good. */
async function remote(
  t: TestContext,
  {
    answer = issue,
    isGood = () => true,
  }: { answer?: AnswerToken; isGood?: (token: string) => boolean } = {},
) {
  const tokenCalls: TokenCall[] = [];
  const calls: string[] = [];
  const tokenUrl = await serve(t, (request, response) => {
    void bodyOf(request).then((body) => {
      const call = { url: request.url ?? '', headers: request.headers, body };
      tokenCalls.push(call);
      answer(response, call, tokenCalls.length);
    });
  });
  const address = await serve(t, (request, response) => {
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    calls.push(token);
    request.resume().on('end', () => {
      response.statusCode = isGood(token) ? 200 : 401;
      response.end();
    });
  });
  return { tokenUrl: `${tokenUrl}/token`, address, tokenCalls, calls };
}

const flowTo = (address: string): Uint8Array =>
  callingFlow({
    httpAddressWithoutQuery: address,
    authenticationMethod: 'OAuth2 Client Credentials',
    credentialName: 'Remote',
  });

function environmentFor(
  t: TestContext,
  material: () => OAuth2ClientCredentials | undefined,
  now: () => number = () => NOW,
): FlowEnvironment {
  const found = (name: string): Promise<OAuth2ClientCredentials | undefined> =>
    Promise.resolve(name === 'Remote' ? material() : undefined);
  return environmentWith(httpService(t, { now }), { oauth2ClientCredentials: found });
}

async function call(zip: Uint8Array, environment: FlowEnvironment): Promise<number> {
  const exchange = exchangeOf('x');
  await runBundle(zip, exchange, environment);
  return exchange.headers.get('CamelHttpResponseCode') as number;
}

test('a token is fetched, attached, and used for later messages', async (t) => {
  const { tokenUrl, address, tokenCalls, calls } = await remote(t);
  const environment = environmentFor(t, () => clientCredentials(tokenUrl));
  for (let i = 0; i < 3; i++) assert.equal(await call(flowTo(address), environment), 200);
  assert.deepEqual(calls, ['token-1', 'token-1', 'token-1']);
  assert.equal(tokenCalls.length, 1);
  assert.equal(tokenCalls[0]?.body, 'grant_type=client_credentials');
  assert.equal(
    tokenCalls[0].headers.authorization,
    `Basic ${Buffer.from('the-client:the-secret').toString('base64')}`,
  );
});

test('200 messages at a time fetch one token', async (t) => {
  const { tokenUrl, address, tokenCalls, calls } = await remote(t, {
    answer: (response, ...rest) => void setTimeout(() => issue(response, ...rest), 50),
  });
  const environment = environmentFor(t, () => clientCredentials(tokenUrl));
  const zip = flowTo(address);
  const statuses = await Promise.all(Array.from({ length: 200 }, () => call(zip, environment)));
  assert.deepEqual(new Set(statuses), new Set([200]));
  assert.equal(calls.length, 200);
  assert.equal(tokenCalls.length, 1);
});

test('a token is renewed shortly before it expires, and where the endpoint is down the old one lasts', async (t) => {
  let now = NOW;
  let isUp = true;
  const { tokenUrl, address, tokenCalls, calls } = await remote(t, {
    answer: (response, ...rest) => {
      if (isUp) issue(response, ...rest);
      else response.writeHead(503).end();
    },
  });
  const environment = environmentFor(
    t,
    () => clientCredentials(tokenUrl),
    () => now,
  );
  const zip = flowTo(address);
  await call(zip, environment);
  now = NOW + 89_000;
  await call(zip, environment);
  assert.equal(tokenCalls.length, 1);
  now = NOW + 91_000;
  isUp = false;
  await call(zip, environment);
  assert.equal(tokenCalls.length, 2);
  now = NOW + 97_000;
  isUp = true;
  await call(zip, environment);
  assert.deepEqual(calls, ['token-1', 'token-1', 'token-1', 'token-3']);
});

for (const [expiresIn, freshFor] of [
  [undefined, 3_539],
  [0, 3_539],
  [-5, 3_539],
  ['1800', 1_739],
  [20, 17],
  [10 ** 12, 43_139],
  ['soon', 3_539],
] as const) {
  test(`a token with expires_in ${JSON.stringify(expiresIn)} is used for ${freshFor} s`, async (t) => {
    let now = NOW;
    const { tokenUrl, address, tokenCalls } = await remote(t, {
      answer: (response) =>
        void response.end(JSON.stringify({ access_token: 'a', expires_in: expiresIn })),
    });
    const environment = environmentFor(
      t,
      () => clientCredentials(tokenUrl),
      () => now,
    );
    const zip = flowTo(address);
    await call(zip, environment);
    now = NOW + freshFor * 1000;
    await call(zip, environment);
    assert.equal(tokenCalls.length, 1);
    now += 2000;
    await call(zip, environment);
    assert.equal(tokenCalls.length, 2);
  });
}

test('a kept token that the receiver refuses is renewed once, for all messages that it is refused for', async (t) => {
  let good = 'token-1';
  const { tokenUrl, address, tokenCalls, calls } = await remote(t, {
    isGood: (token) => token === good,
  });
  const environment = environmentFor(t, () => clientCredentials(tokenUrl));
  const zip = flowTo(address);
  await call(zip, environment);
  good = 'token-2';
  const statuses = await Promise.all(Array.from({ length: 50 }, () => call(zip, environment)));
  assert.deepEqual(new Set(statuses), new Set([200]));
  assert.equal(tokenCalls.length, 2);
  assert.ok(calls.filter((token) => token === 'token-2').length === 50);
});

test('a token that was fetched for the message is not renewed when it is refused', async (t) => {
  const { tokenUrl, address, tokenCalls, calls } = await remote(t, { isGood: () => false });
  const environment = environmentFor(t, () => clientCredentials(tokenUrl));
  const failure = await failureOf(flowTo(address), exchangeOf(), environment);
  assert.equal(failure.caught.statusCode, 401);
  assert.equal(tokenCalls.length, 1);
  assert.deepEqual(calls, ['token-1']);
});

test('a receiver that refuses every token does not have the endpoint asked for each message', async (t) => {
  let now = NOW;
  const { tokenUrl, address, tokenCalls, calls } = await remote(t, { isGood: () => false });
  const environment = environmentFor(
    t,
    () => clientCredentials(tokenUrl),
    () => now,
  );
  const zip = flowTo(address);
  for (let i = 0; i < 10; i++) {
    const failure = await failureOf(zip, exchangeOf(), environment);
    assert.equal(failure.caught.statusCode, 401);
  }
  assert.equal(tokenCalls.length, 2);
  assert.equal(calls.length, 11);
  now += 31_000;
  await failureOf(zip, exchangeOf(), environment);
  assert.equal(tokenCalls.length, 3);
});

test('material that has been changed has its token fetched anew', async (t) => {
  const { tokenUrl, address, tokenCalls } = await remote(t);
  let material = clientCredentials(tokenUrl);
  const environment = environmentFor(t, () => material);
  await call(flowTo(address), environment);
  material = { ...material, clientSecret: 'another', version: '2' };
  await call(flowTo(address), environment);
  assert.equal(tokenCalls.length, 2);
});

test('material that is not there is named, with what to do', async (t) => {
  const { address, calls } = await remote(t);
  const environment = environmentFor(t, () => undefined);
  const failure = await failureOf(flowTo(address), exchangeOf(), environment);
  assert.equal(failure.reason, 'credential');
  assert.equal(
    failure.message,
    'There is no security material with OAuth2 client credentials of the name "Remote". Add it, or change the name in the receiver channel.',
  );
  assert.equal(calls.length, 0);
});

test('the endpoint’s own error is handed on, its secrets are not, and it is left alone for a while', async (t) => {
  let now = NOW;
  const said = {
    error: 'invalid_client',
    error_description: 'Unknown client\r\n"X"',
    client_secret: 'the-secret',
  };
  const { tokenUrl, address, tokenCalls, calls } = await remote(t, {
    answer: (response) => void response.writeHead(401, 'Unauthorized').end(JSON.stringify(said)),
  });
  const environment = environmentFor(
    t,
    () => clientCredentials(`${tokenUrl}?key=hidden`),
    () => now,
  );
  const failures = await Promise.all(
    Array.from({ length: 5 }, () => failureOf(flowTo(address), exchangeOf(), environment)),
  );
  for (const failure of failures) {
    assert.equal(failure.reason, 'token_endpoint');
    assert.equal(
      failure.message,
      `The token endpoint ${tokenUrl} answers the OAuth2 credential "Remote" with status 401: invalid_client (Unknown client   X).`,
    );
    assert.equal(failure.caught.statusCode, 401);
    assert.deepEqual(JSON.parse(failure.caught.responseBody ?? ''), {
      error: 'invalid_client',
      error_description: 'Unknown client   X',
    });
  }
  assert.equal(tokenCalls.length, 1);
  assert.equal(calls.length, 0);
  now += 5001;
  await failureOf(flowTo(address), exchangeOf(), environment);
  assert.equal(tokenCalls.length, 2);
});

test('an endpoint that asks for a pause has it, up to a minute', async (t) => {
  let now = NOW;
  const { tokenUrl, address, tokenCalls } = await remote(t, {
    answer: (response) => void response.writeHead(429, { 'Retry-After': '3600' }).end(),
  });
  const environment = environmentFor(
    t,
    () => clientCredentials(tokenUrl),
    () => now,
  );
  for (const [pass, expected] of [
    [0, 1],
    [59_000, 1],
    [2000, 2],
  ] as const) {
    now += pass;
    const failure = await failureOf(flowTo(address), exchangeOf(), environment);
    assert.equal(failure.caught.statusCode, 429);
    assert.equal(tokenCalls.length, expected);
  }
});

test('an error that quotes the secret is not handed on', async (t) => {
  const { tokenUrl, address } = await remote(t, {
    answer: (response) =>
      void response
        .writeHead(400)
        .end('{"error":"the-secret","error_description":"wrong secret: the-secret"}'),
  });
  const environment = environmentFor(t, () => clientCredentials(tokenUrl));
  const failure = await failureOf(flowTo(address), exchangeOf(), environment);
  assert.match(failure.message, /with status 400\.$/);
  assert.equal(failure.caught.responseBody, '{}');
});

for (const [how, quote] of [
  ['form-encoded', 'client_secret=S%2B%26+x%21 is wrong'],
  ['percent-encoded', 'S%2B%26%20x! is wrong'],
  ['as Basic authentication', `${Buffer.from('the-client:S+& x!').toString('base64')} is wrong`],
] as const) {
  test(`an error that quotes the secret ${how} is not handed on`, async (t) => {
    const { tokenUrl, address } = await remote(t, {
      answer: (response) => {
        response.writeHead(400, quote);
        response.end(JSON.stringify({ error: 'invalid_request', error_description: quote }));
      },
    });
    const material = clientCredentials(tokenUrl, { clientSecret: 'S+& x!' });
    const environment = environmentFor(t, () => material);
    const { message, caught } = await failureOf(flowTo(address), exchangeOf(), environment);
    assert.match(message, /with status 400: invalid_request\.$/);
    assert.equal(caught.responseBody, '{"error":"invalid_request"}');
    assert.equal(caught.statusText, '');
  });
}

test('an endpoint that does not answer keeps nobody from using the token that still lives', async (t) => {
  let now = NOW;
  const { tokenUrl, address, tokenCalls, calls } = await remote(t, {
    answer: (response, call, count) => {
      if (count === 1) issue(response, call, count);
    },
  });
  const clock = (): number => now;
  const environment = environmentFor(t, () => clientCredentials(tokenUrl), clock);
  const zip = flowTo(address);
  await call(zip, environment);
  now = NOW + 91_000;
  const begun = performance.now();
  assert.equal(await call(zip, environment), 200);
  assert.ok(performance.now() - begun < 5000);
  assert.equal(tokenCalls.length, 2);
  assert.deepEqual(calls, ['token-1', 'token-1']);
});

for (const [name, body] of [
  ['no JSON', '<html>'],
  ['a list', '["access_token"]'],
  ['no token', '{}'],
  ['a token that is no text', '{"access_token":1}'],
  ['a token with a line break', '{"access_token":"a\\r\\nX: 1"}'],
  ['a token that is too long', JSON.stringify({ access_token: 'a'.repeat(20_000) })],
  ['another type of token', '{"access_token":"a","token_type":"mac"}'],
  ['a huge answer', `{"access_token":"a","x":"${'x'.repeat(300 * 1024)}"}`],
] as const) {
  test(`an endpoint that answers with ${name} gives no token, and nothing is called`, async (t) => {
    const { tokenUrl, address, calls } = await remote(t, {
      answer: (response) => void response.end(body),
    });
    const environment = environmentFor(t, () => clientCredentials(tokenUrl));
    const failure = await failureOf(flowTo(address), exchangeOf(), environment);
    assert.equal(failure.reason, 'token_endpoint');
    assert.doesNotMatch(failure.message, /html|X: 1|aaaa|the-secret/);
    assert.equal(calls.length, 0);
  });
}

test('an endpoint that redirects is not followed, one that is down is told of', async (t) => {
  const { tokenUrl, address, tokenCalls, calls } = await remote(t, {
    answer: (response) => void response.writeHead(307, { Location: '/elsewhere' }).end(),
  });
  const environment = environmentFor(t, () => clientCredentials(tokenUrl));
  const failure = await failureOf(flowTo(address), exchangeOf(), environment);
  assert.match(failure.message, /with status 307\.$/);
  assert.equal(tokenCalls.length, 1);
  const down = `http://127.0.0.1:${await closedPort()}/token`;
  const other = environmentFor(t, () => clientCredentials(down));
  const refused = await failureOf(flowTo(address), exchangeOf(), other);
  assert.match(
    refused.message,
    /^No access token for the OAuth2 credential "Remote": http:\/\/127\.0\.0\.1:\d+\/token cannot be reached \(ECONNREFUSED\)\.$/,
  );
  assert.equal(calls.length, 0);
});

test('a message whose time ends leaves the fetch to the others', async (t) => {
  let release: (() => void) | undefined;
  const { tokenUrl, address, tokenCalls } = await remote(t, {
    answer: (...args) => {
      release = () => issue(...args);
    },
  });
  const material = { oauth2ClientCredentials: () => Promise.resolve(clientCredentials(tokenUrl)) };
  const http = httpService(t);
  const hasty = http.tokens.get(clientCredentials(tokenUrl), NOW + 100);
  await assert.rejects(hasty, /did not come in time/);
  const patient = call(flowTo(address), environmentWith(http, material));
  while (release === undefined) await new Promise(setImmediate);
  release();
  assert.equal(await patient, 200);
  assert.equal(tokenCalls.length, 1);
});

test('a token endpoint inside, or without TLS, is refused unless a setting names it', async (t) => {
  const { tokenUrl, address, tokenCalls, calls } = await remote(t);
  const { port } = new URL(address);
  const material = clientCredentials(tokenUrl);
  const environment = environmentWith(httpService(t, { inside: `127.0.0.1:${port}` }), {
    oauth2ClientCredentials: () => Promise.resolve(material),
  });
  const failure = await failureOf(flowTo(address), exchangeOf(), environment);
  assert.match(failure.message, /FLOWGATE_PRIVATE_HOSTS/);
  assert.equal(tokenCalls.length, 0);
  assert.equal(calls.length, 0);
});

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
