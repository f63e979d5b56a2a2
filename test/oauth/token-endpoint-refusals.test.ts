import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../shared/http/fault.ts';
import { oauthSurface } from '../../shared/oauth/errors.ts';
import type { Client } from '../../shared/registry/client.ts';
import { makeCall } from '../support/call.ts';
import { basic, someClient } from '../support/oauth.ts';
import { FORM, good, PATH, SECRET, type Sent, tokenEndpoints } from './open-token-endpoint.ts';

const open = tokenEndpoints();
const grant = 'grant_type=client_credentials';
const encoded = encodeURIComponent(SECRET);
const body = (text: string, type: string | undefined = FORM): Sent => ({
  authorization: good,
  type,
  body: text,
});
const withHeader = (authorization: string): Sent => ({ ...body(grant), authorization });

interface Refusal {
  readonly sent: Sent;
  readonly error: string;
  readonly status?: number;
  /** What the description has to tell. */
  readonly tells: RegExp;
  readonly challenge?: boolean;
  readonly client?: Client;
  /** The request is refused before any secret is compared. */
  readonly early?: boolean;
}

const request = { error: 'invalid_request', early: true } as const;
const unreadable = { error: 'invalid_client', status: 401, challenge: true, early: true } as const;

const refusals: Record<string, Refusal> = {
  'a missing grant_type (RFC 6749 section 4.4.2)': {
    error: 'invalid_request',
    sent: body('scope='),
    tells: /grant_type is missing/,
  },
  'an empty grant_type, which counts as left out': {
    error: 'invalid_request',
    sent: body('grant_type='),
    tells: /grant_type is missing/,
  },
  'an unknown grant_type (RFC 6749 section 5.2)': {
    error: 'unsupported_grant_type',
    sent: body('grant_type=device'),
    tells: /no such grant_type\. It has client_credentials/,
  },
  'the grant password by name (RFC 9700 section 2.4)': {
    error: 'unsupported_grant_type',
    sent: body('grant_type=password&username=a'),
    tells: /password is not safe and not offered .* It has client_credentials/,
  },
  'the grant implicit by name (RFC 9700 section 2.1.2)': {
    error: 'unsupported_grant_type',
    sent: body('grant_type=implicit'),
    tells: /implicit is not safe and not offered .* It has client_credentials/,
  },
  'a grant_type of an object’s own name': {
    error: 'unsupported_grant_type',
    sent: body('grant_type=__proto__'),
    tells: /client_credentials/,
  },
  'a grant that the client is not registered for (RFC 6749 section 5.2)': {
    error: 'unauthorized_client',
    sent: body(grant),
    tells: /not registered for grant_type client_credentials/,
    client: someClient({ grantTypes: [] }),
  },
  'a scope that the client does not have, by its name': {
    error: 'invalid_scope',
    sent: body(`${grant}&scope=read+more+most`),
    tells: /not registered for: more most\./,
    client: someClient({ scopes: ['read'] }),
  },
  'a scope outside the grammar of RFC 6749 section 3.3, without quoting it': {
    error: 'invalid_scope',
    sent: body(`${grant}&scope=%22evil%22%0A`),
    tells: /^scope must be (?!.*evil)/,
  },
  'openid, which is no scope here': {
    error: 'invalid_scope',
    sent: body(`${grant}&scope=openid`),
    tells: /openid/,
  },
  'an opaque token_format': {
    error: 'invalid_request',
    sent: body(`${grant}&token_format=opaque`),
    tells: /jwt or jwtrfc/,
  },
  'a repeated parameter in the body (RFC 6749 section 3.2)': {
    ...request,
    sent: body(`${grant}&${grant}`),
    tells: /grant_type is repeated/,
  },
  'a repeated parameter in the query (RFC 6749 section 3.2)': {
    ...request,
    sent: { query: `?${grant}&scope=a&scope=b`, authorization: good },
    tells: /scope is repeated/,
  },
  'a repeated parameter that nobody knows': {
    ...request,
    sent: body(`${grant}&x=1&x=2`),
    tells: /x is repeated/,
  },
  'a repeated parameter whose name is not fit to be quoted': {
    ...request,
    sent: body(`${grant}&%22%3Cb%3E=1&%22%3Cb%3E=2`),
    tells: /^A parameter is repeated/,
  },
  'a parameter with other values in query and body': {
    ...request,
    sent: { ...body(`${grant}&scope=b`), query: '?scope=a' },
    tells: /scope has one value in the query and another in the body/,
  },
  'a client_secret in the query': {
    ...request,
    sent: { query: `?${grant}&client_id=app&client_secret=${encoded}` },
    tells: /client_secret must not be in the query/,
  },
  'a client_secret in the query beside good Basic credentials': {
    ...request,
    sent: { query: `?${grant}&client_secret=${encoded}`, authorization: good },
    tells: /client_secret must not be in the query/,
  },
  'a password in the query': {
    ...request,
    sent: { query: '?grant_type=password&password=x', authorization: good },
    tells: /password must not be in the query/,
  },
  'a JSON body': {
    ...request,
    sent: body(`{"grant_type":"client_credentials"}`, 'application/json'),
    tells: /Content-Type.*application\/x-www-form-urlencoded/,
  },
  'a body without a content type': {
    ...request,
    sent: { authorization: good, body: grant },
    tells: /no Content-Type.*application\/x-www-form-urlencoded/,
  },
  'a multipart body': {
    ...request,
    sent: body('--x', 'multipart/form-data; boundary=x'),
    tells: /application\/x-www-form-urlencoded/,
  },
  'a content type that only begins like a form’s': {
    ...request,
    sent: body(grant, `${FORM}x`),
    tells: /application\/x-www-form-urlencoded/,
  },
  'Basic credentials and a secret in the body (RFC 6749 section 2.3)': {
    ...request,
    sent: body(`${grant}&client_id=app&client_secret=${encoded}`),
    tells: /either in the Authorization header or in the body/,
  },
  'a client_id in the body that is not the Basic user': {
    ...request,
    sent: body(`${grant}&client_id=other`),
    tells: /another client/,
  },
  'a client_id in the query that is not the Basic user': {
    ...request,
    sent: { ...body(grant), query: '?client_id=App' },
    tells: /another client/,
  },
  'two Authorization headers, which the host joins': {
    ...request,
    sent: withHeader(`${good}, ${good}`),
    tells: /more than one Authorization/,
  },
  'Basic and Bearer in two Authorization headers': {
    ...request,
    sent: withHeader(`Bearer abc,${good}`),
    tells: /more than one Authorization/,
  },
  'no credentials at all': {
    ...unreadable,
    sent: { type: FORM, body: grant },
    tells: /authentication is missing/,
  },
  'a client_id without a secret': {
    ...unreadable,
    sent: { type: FORM, body: `${grant}&client_id=app` },
    tells: /authentication is missing/,
  },
  'a secret without a client_id': {
    ...unreadable,
    sent: { type: FORM, body: `${grant}&client_secret=x` },
    tells: /client_secret came without client_id/,
  },
  'a Bearer token instead of credentials': {
    ...unreadable,
    sent: withHeader('Bearer abc'),
    tells: /only Basic/,
  },
  'an empty Authorization header': { ...unreadable, sent: withHeader(''), tells: /only Basic/ },
  'a scheme that only begins with Basic': {
    ...unreadable,
    sent: withHeader(good.replace('Basic', 'Basically')),
    tells: /only Basic/,
  },
  'Basic without credentials': { ...unreadable, sent: withHeader('Basic'), tells: /malformed/ },
  'Basic with what is no base64': {
    ...unreadable,
    sent: withHeader('Basic app:secret'),
    tells: /malformed/,
  },
  'Basic without a colon': {
    ...unreadable,
    sent: withHeader(`Basic ${Buffer.from('app').toString('base64')}`),
    tells: /malformed/,
  },
  'Basic with what is no UTF-8': {
    ...unreadable,
    sent: withHeader(`Basic ${Buffer.from('app:\xfc', 'latin1').toString('base64')}`),
    tells: /malformed/,
  },
  'a client assertion where none are taken': {
    ...unreadable,
    sent: { type: FORM, body: `${grant}&client_assertion=x` },
    tells: /authentication is missing/,
  },
};

for (const [name, refusal] of Object.entries(refusals)) {
  test(`refuses ${name}`, async () => {
    const { send, secrets, waits } = open(refusal.client ?? someClient());
    const answer = await send(refusal.sent);
    assert.equal(answer.status, refusal.status ?? 400, answer.text);
    const { error, error_description: description, ...rest } = answer.json();
    assert.equal(error, refusal.error);
    assert.match(String(description), refusal.tells);
    assert.match(String(description), /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    assert.deepEqual(rest, {});
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.equal(answer.headers.get('pragma'), 'no-cache');
    assert.equal(
      answer.headers.get('www-authenticate'),
      refusal.challenge === true ? 'Basic realm="flowgate", charset="UTF-8"' : null,
    );
    if (refusal.early === true) assert.deepEqual(secrets.presented, []);
    assert.deepEqual(waits, []);
  });
}

const disabled = someClient({ clientId: 'disabled', enabled: false });
const failures = {
  unknown_client: ['nobody', SECRET],
  wrong_secret: ['app', 'wrong'],
  secret_expired: ['app', 'a-secret-that-has-expired'],
  client_disabled: ['disabled', SECRET],
} as const;

test('an unknown client, a wrong or expired secret and a disabled client look the same (RFC 6749 section 5.2)', async () => {
  for (const inHeader of [true, false]) {
    const seen = new Set<string>();
    for (const [id, secret] of Object.values(failures)) {
      const { send, waits } = open(someClient(), disabled);
      const answer = await send(
        inHeader
          ? withHeader(basic(id, secret))
          : { type: FORM, body: `${grant}&client_id=${id}&client_secret=${secret}` },
      );
      assert.equal(answer.status, 401);
      assert.deepEqual(waits, [100]);
      seen.add(JSON.stringify([answer.text, [...answer.headers]]));
    }
    assert.equal(seen.size, 1);
    const [only] = seen;
    assert.match(only ?? '', /invalid_client/);
    assert.equal(only?.includes('www-authenticate'), inHeader);
  }
});

test('an empty secret, an empty id, and an id that none can have fail like any other', async () => {
  const pairs = [
    ['app', ''],
    ['', ''],
    ['', SECRET],
    ['a/b', SECRET],
    ['x'.repeat(101), SECRET],
    ['__proto__', SECRET],
    ['ap\u0000p', SECRET],
  ] as const;
  for (const [id, secret] of pairs) {
    const { send, waits, secrets } = open();
    const answer = await send(withHeader(basic(id, secret)));
    assert.equal(answer.status, 401);
    assert.match(String(answer.json()['error_description']), /^Client authentication failed/);
    assert.deepEqual(waits, [100]);
    assert.ok(secrets.presented.length > 0);
  }
});

test('an id that none can have is neither looked up nor made', async () => {
  const { send, clients, prepared } = open();
  await send(withHeader(basic('a/b', SECRET)));
  assert.deepEqual(clients.lookups, []);
  assert.deepEqual(prepared, []);
});

test('a failure that has taken its 100 ms already is answered at once', async () => {
  const { send, waits, secrets, clock } = open();
  const verify = secrets.verify.bind(secrets);
  secrets.verify = (client, presented) => {
    clock.advance(150);
    return verify(client, presented);
  };
  assert.equal((await send(withHeader(basic('nobody', 'x')))).status, 401);
  assert.deepEqual(waits, []);
});

test('a secret, a client and its being enabled are read again before a refusal, so that they work at once', async () => {
  const { send, clients } = open();
  clients.remembered.set('app', someClient({ enabled: false, updatedAt: 0 }));
  clients.stored.set('app', someClient({ enabled: true, updatedAt: 1 }));
  assert.equal((await send(body(grant))).status, 200);
  assert.deepEqual(
    clients.lookups.map(({ maxAgeMs }) => maxAgeMs),
    [undefined, 100],
  );
});

test('a registration that has not changed is not compared a second time', async () => {
  const { send, secrets } = open();
  await send(withHeader(basic('app', 'wrong')));
  assert.equal(secrets.presented.length, 1);
});

for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
  test(`answers ${method} with 405 and Allow (RFC 6749 section 3.2: POST)`, async () => {
    const { send, secrets } = open();
    const answer = await send({ method, query: `?${grant}`, authorization: good });
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'POST, OPTIONS']);
    assert.equal(answer.json()['error'], 'invalid_request');
    assert.deepEqual(secrets.presented, []);
  });
}

test('a chunked body, which the host drops, is 411 and not taken for an empty one', async () => {
  const { send, secrets } = open();
  const answer = await send({
    query: `?${grant}`,
    authorization: good,
    headers: { 'transfer-encoding': 'chunked' },
  });
  assert.equal(answer.status, 411);
  assert.equal(answer.json()['error'], 'invalid_request');
  assert.deepEqual(secrets.presented, []);
});

test('faults of ours are server_error and temporarily_unavailable, in the characters of RFC 6749 section 5.2', () => {
  const call = makeCall({ path: PATH });
  const errorOf = (status: number): unknown => {
    const fault = new Fault(status, 'A "quoted" \\ text – here', { reason: 'x' });
    const reply = oauthSurface.toReply(fault, call);
    assert.equal(reply.status, status);
    assert.equal(reply.headers?.['Cache-Control'], 'no-store');
    return JSON.parse(String(reply.body));
  };
  const description = "A 'quoted' ' text ? here";
  assert.deepEqual(errorOf(500), { error: 'server_error', error_description: description });
  for (const status of [429, 503]) {
    assert.deepEqual(errorOf(status), {
      error: 'temporarily_unavailable',
      error_description: description,
    });
  }
});
