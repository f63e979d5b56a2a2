import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closedPort } from '../../support/loopback-server.ts';
import { exchangeOf, NOW } from '../running.ts';
import { clientCredentials, environmentWith, failureOf, httpService } from './http-under-test.ts';
import { call, environmentFor, flowTo, issue, remote } from './token-endpoint.ts';

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
