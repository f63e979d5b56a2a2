import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import jsonwebtoken from 'jsonwebtoken';
import { Fault } from '../../../shared/http/fault.ts';
import type { ForeignClaims } from '../../../shared/jwt/foreign-token.ts';
import { createRemoteKeys } from '../../../shared/jwt/remote-keys.ts';
import { createJsonClient } from '../../../shared/net/json-client.ts';
import {
  createUpstreamProvider,
  type UpstreamProvider,
} from '../../../shared/oauth/upstream/provider.ts';
import { testClock } from '../../support/clock.ts';

/** What the provider says; each test changes it. */
let metadata: Record<string, unknown>;
let idToken: string;
let userinfo: unknown;
let tokenStatus: number;
let received: { authorization: string | undefined; form: URLSearchParams }[];
let issuer: string;

const ours = generateKeyPairSync('rsa', { modulusLength: 2048 });
const others = generateKeyPairSync('rsa', { modulusLength: 2048 });
const clock = testClock(Date.now());
const now = (): number => Math.floor(clock.now() / 1000);

const answer: RequestListener = (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const json = (value: unknown, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    if (request.url === '/.well-known/openid-configuration') json(metadata);
    else if (request.url === '/jwks') {
      json({ keys: [{ ...ours.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256' }] });
    } else if (request.url === '/userinfo') {
      json(request.headers.authorization === 'Bearer at' ? userinfo : {});
    } else if (request.url === '/token') {
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      received.push({ authorization: request.headers.authorization, form });
      const good = { access_token: 'at', token_type: 'Bearer', id_token: idToken };
      json(tokenStatus === 200 ? good : { error: 'invalid_grant' }, tokenStatus);
    } else json({}, 404);
  });
};

const server = createServer(answer);
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

/** A provider that is as it should be, known anew. */
function open(
  claim = 'preferred_username',
  clientSecret: string | undefined = 's: %',
): UpstreamProvider {
  metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    userinfo_endpoint: `${issuer}/userinfo`,
    id_token_signing_alg_values_supported: ['RS256'],
  };
  idToken = sign(good());
  userinfo = { sub: 's-1', preferred_username: 'from-userinfo' };
  tokenStatus = 200;
  received = [];
  const client = createJsonClient({ privateHosts: new Set(['127.0.0.1']) });
  const keys = createRemoteKeys({ client, clock, onFault: () => undefined });
  const settings = { issuer, clientId: 'flow gate', clientSecret, claim };
  return createUpstreamProvider(settings, { client, keys, clock });
}

const good = () => ({
  iss: issuer,
  aud: 'flow gate',
  sub: 's-1',
  iat: now(),
  exp: now() + 300,
  nonce: 'n',
  preferred_username: 'anna',
});

/** Members that are undefined are left out. */
function sign(claims: object, { key = ours.privateKey, alg = 'RS256', kid = 'k' }: Options = {}) {
  const sent = JSON.parse(JSON.stringify(claims)) as object;
  const options = { algorithm: alg, keyid: kid, noTimestamp: !('iat' in sent) };
  return jsonwebtoken.sign(sent, key, options);
}

interface Options {
  readonly key?: KeyObject | string;
  readonly alg?: jsonwebtoken.Algorithm;
  readonly kid?: string;
}

const redeem = (provider: UpstreamProvider): Promise<ForeignClaims> =>
  provider.redeem({ code: 'c', verifier: 'v', nonce: 'n', redirectUri: 'https://f.example/cb' });

async function refusalOf(work: Promise<unknown>): Promise<Fault> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Fault);
  return error;
}

test('a code is exchanged with verifier and secret, form-encoded for Basic (RFC 6749 section 2.3.1)', async () => {
  const claims = await redeem(open());
  assert.equal(claims['preferred_username'], 'anna');
  const [sent] = received;
  const basic = Buffer.from('flow+gate:s%3A+%25').toString('base64');
  assert.ok(sent);
  assert.equal(sent.authorization, `Basic ${basic}`);
  assert.deepEqual(Object.fromEntries(sent.form), {
    grant_type: 'authorization_code',
    code: 'c',
    redirect_uri: 'https://f.example/cb',
    code_verifier: 'v',
  });
});

test('the secret goes into the body where the provider takes it there alone, and a public client has none', async () => {
  const posting = open();
  metadata['token_endpoint_auth_methods_supported'] = ['client_secret_post'];
  await redeem(posting);
  assert.equal(received[0]?.authorization, undefined);
  assert.equal(received[0]?.form.get('client_secret'), 's: %');
  const client = createJsonClient({ privateHosts: new Set(['127.0.0.1']) });
  const keys = createRemoteKeys({ client, clock, onFault: () => undefined });
  const settings = { issuer, clientId: 'flow gate', clientSecret: undefined, claim: 'sub' };
  await redeem(createUpstreamProvider(settings, { client, keys, clock }));
  const sent = received.at(-1);
  assert.ok(sent);
  assert.equal(sent.authorization, undefined);
  assert.equal(sent.form.get('client_id'), 'flow gate');
  assert.equal(sent.form.has('client_secret'), false);
});

test('an ID token is refused for every fault of Core section 3.1.3.7, in one text that tells none of them', async () => {
  const texts = new Set<string>();
  const faults: Record<string, () => string> = {
    id_token_iss: () => sign({ ...good(), iss: 'https://evil.example' }),
    id_token_aud: () => sign({ ...good(), aud: 'another' }),
    id_token_azp: () => sign({ ...good(), azp: 'another' }),
    'id_token_azp (several audiences)': () => sign({ ...good(), aud: ['flow gate', 'b'] }),
    id_token_exp: () => sign({ ...good(), exp: now() - 60 }),
    id_token_iat: () => sign({ ...good(), iat: undefined }),
    'id_token_iat (ahead)': () => sign({ ...good(), iat: now() + 3600 }),
    id_token_nonce: () => sign({ ...good(), nonce: 'of another browser' }),
    'id_token_nonce (none)': () => sign({ ...good(), nonce: undefined }),
    id_token_sub: () => sign({ ...good(), sub: '' }),
    id_token_signature: () => sign(good(), { key: others.privateKey }),
    id_token_kid: () => sign(good(), { kid: 'unknown' }),
    id_token_alg: () => sign(good(), { alg: 'PS256' }),
    'id_token_encoding (alg none has no signature)': () =>
      jsonwebtoken.sign(good(), '', { algorithm: 'none' }),
    // The public key in the place of a shared secret (RFC 8725 section 2.1).
    'id_token_alg (HS256)': () =>
      sign(good(), {
        key: ours.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        alg: 'HS256',
      }),
    id_token_form: () => 'not a token',
    id_token_typ: () =>
      jsonwebtoken.sign(good(), ours.privateKey, {
        algorithm: 'RS256',
        header: { alg: 'RS256', kid: 'k', typ: 'at+jwt' },
      }),
  };
  for (const [name, make] of Object.entries(faults)) {
    const provider = open();
    idToken = make();
    const fault = await refusalOf(redeem(provider));
    assert.deepEqual([fault.status, fault.reason], [502, name.split(' ')[0]], name);
    texts.add(fault.message);
  }
  assert.equal(texts.size, 1);
});

test('a refusal of the token endpoint, and an answer without ID token, sign nobody in', async () => {
  const refusing = open();
  tokenStatus = 400;
  assert.equal((await refusalOf(redeem(refusing))).reason, 'token_endpoint');
  const provider = open();
  idToken = undefined as unknown as string;
  assert.equal((await refusalOf(redeem(provider))).reason, 'token_endpoint');
});

test('metadata of another issuer, or without an address that is needed, is not used', async () => {
  for (const change of [
    { issuer: 'https://evil.example' },
    { token_endpoint: undefined },
    { jwks_uri: 'no address' },
    { authorization_endpoint: 'javascript:alert(1)' },
  ]) {
    const provider = open();
    Object.assign(metadata, change);
    const fault = await refusalOf(provider.metadata());
    assert.equal(fault.status, 503, JSON.stringify(change));
    assert.doesNotMatch(fault.message, /evil/);
  }
});

test('a claim that is not in the ID token comes from UserInfo, of the same sub alone (Core section 5.3.2)', async () => {
  const provider = open();
  idToken = sign({ ...good(), preferred_username: undefined });
  assert.equal((await redeem(provider))['preferred_username'], 'from-userinfo');
  const wrong = open();
  idToken = sign({ ...good(), preferred_username: undefined });
  userinfo = { sub: 's-2', preferred_username: 'somebody-else' };
  assert.equal((await refusalOf(redeem(wrong))).reason, 'userinfo_sub');
  // Nothing there takes the place of what was signed.
  const both = open('email');
  userinfo = { sub: 's-1', email: 'a@b.c', preferred_username: 'another', iss: 'x' };
  const claims = await redeem(both);
  assert.deepEqual([claims['preferred_username'], claims['iss']], ['anna', issuer]);
});

test('a provider that is away is 503 without its name, and what it said last holds meanwhile', async () => {
  const client = createJsonClient({ privateHosts: new Set() });
  const keys = createRemoteKeys({ client, clock, onFault: () => undefined });
  const settings = { issuer, clientId: 'c', clientSecret: undefined, claim: 'sub' };
  const unreachable = createUpstreamProvider(settings, { client, keys, clock });
  const fault = await refusalOf(unreachable.metadata());
  assert.equal(fault.status, 503);
  assert.doesNotMatch(fault.message, /127/);
  const provider = open();
  await provider.metadata();
  metadata = {};
  clock.advance(3_600_000);
  assert.equal((await provider.metadata()).jwksUri, `${issuer}/jwks`);
});
