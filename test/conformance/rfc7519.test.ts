import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import { before, test } from 'node:test';
import { es256, forgeToken } from '../support/forge-token.ts';
import { fetchToken, ISSUER } from '../support/instance.ts';
import type { OwnTarget } from '../support/target.ts';
import { keysOf } from '../support/instance-keys.ts';
import { decode, deployOwn, type Deployment, type Members, membersOf } from './deployment.ts';

export const LOCAL_ONLY = 'forges tokens with the signing key out of storage';

let deployment: Deployment & OwnTarget;
let publicKey: KeyObject;
let sign: (input: string) => Buffer;
let signDer: (input: string) => Buffer;
let header: Members;
let claims: Members;

before(async () => {
  deployment = await deployOwn();
  const { signing, verification } = await keysOf(deployment.storage);
  publicKey = verification.publicKey;
  sign = es256(signing.privateKey);
  signDer = es256(signing.privateKey, 'der');
  ({ header, claims } = decode(deployment.token));
});

const now = (): number => Math.floor(Date.now() / 1000);

/** What the iFlow's address answers to a token, and that the flow has run only when it is good. */
async function verdict(token: string): Promise<string> {
  const before = await deployment.messages();
  const response = await deployment.call({ authorization: `Bearer ${token}` });
  const { status } = response;
  if (status === 200) return 'accepted';
  const body = await membersOf(response);
  assert.equal(status, 401, JSON.stringify(body));
  assert.match(response.headers.get('www-authenticate') ?? '', /error="invalid_token"/);
  assert.equal(await deployment.messages(), before);
  return String(body['reason']);
}

const withClaims = (changes: Members): string =>
  forgeToken(header, { ...claims, ...changes }, sign);
const withHeader = (changes: Members): string =>
  forgeToken({ ...header, ...changes }, claims, sign);

test('RFC 7519 section 7.2: what is signed like our tokens and holds the same is accepted', async () => {
  // The forger of this file makes good tokens: what it makes differently is what the rest refuses.
  assert.equal(await verdict(forgeToken(header, claims, sign)), 'accepted');
});

test('RFC 7519 section 4: of a claim that is there twice the last one counts, or the token is refused', async () => {
  const text = JSON.stringify(claims);
  const last = text.replace('{', `{"aud":"flowgatetmn",`);
  assert.equal(await verdict(forgeToken(header, last, sign)), 'accepted');
  const first = text.replace(/\}$/, ',"aud":"flowgatetmn"}');
  assert.equal(await verdict(forgeToken(header, first, sign)), 'wrong_subscription');
});

test('RFC 7519 section 4.1.1: another issuer is refused, compared as a case-sensitive string', async () => {
  for (const iss of ['https://evil.example', `${ISSUER}/`, ISSUER.toUpperCase(), '', [ISSUER]]) {
    assert.equal(await verdict(withClaims({ iss })), 'invalid_token', JSON.stringify(iss));
  }
});

test('RFC 7519 section 4.1.3: a token whose audience does not name this subscription is refused', async () => {
  for (const aud of ['flowgatetmn', 'FLOWGATEIFLMAP', 'other']) {
    assert.equal(await verdict(withClaims({ aud })), 'wrong_subscription');
  }
  for (const aud of [undefined, '', [], {}]) {
    assert.equal(await verdict(withClaims({ aud })), 'invalid_token', JSON.stringify(aud));
  }
});

test('RFC 7519 section 4.1.4: a token is refused from the second of exp on', async () => {
  assert.equal(await verdict(withClaims({ iat: now() - 60, exp: now() })), 'expired');
  assert.equal(await verdict(withClaims({ iat: now() - 7200, exp: now() - 3600 })), 'expired');
  for (const exp of [undefined, null, '9999999999', 1e300, -1.5]) {
    assert.equal(await verdict(withClaims({ exp })), 'invalid_token', JSON.stringify(exp));
  }
});

test('RFC 7519 section 4.1.5: a token that is not good yet is refused', async () => {
  assert.equal(await verdict(withClaims({ nbf: now() + 3600 })), 'invalid_token');
});

test('RFC 7519 section 4.1.6: a token from the future is refused', async () => {
  const later = { iat: now() + 3600, exp: now() + 7200 };
  assert.equal(await verdict(withClaims(later)), 'invalid_token');
});

test('RFC 7519 section 4.1.7: every token has a jti of its own', async () => {
  const { id, secret } = deployment.client;
  const tokens = await Promise.all(
    Array.from({ length: 20 }, () => fetchToken(deployment.url, id, secret)),
  );
  const ids = tokens.map((token) => decode(token).claims['jti']);
  assert.equal(new Set(ids).size, 20);
  for (const jti of ids) assert.ok(Buffer.from(String(jti), 'base64url').length >= 16);
});

test('RFC 7519 section 6: an unsecured token is refused, however none is written', async () => {
  for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
    const unsigned = forgeToken({ ...header, alg }, claims, () => Buffer.alloc(0));
    assert.equal(await verdict(unsigned), 'invalid_token', alg);
    assert.equal(await verdict(withHeader({ alg })), 'invalid_token', alg);
  }
});

test('RFC 7519 section 7.2: three parts, base64url without padding, UTF-8, JSON objects: all else is refused', async () => {
  const [first = '', second = '', third = ''] = deployment.token.split('.');
  const notUtf8 = (members: Members): Buffer =>
    Buffer.from(JSON.stringify({ ...members, x: '\u00ff' }), 'latin1');
  const malformed = [
    'x',
    '..',
    `${first}.${second}`,
    `${first}.${second}.`,
    `${first}..${third}`,
    `${first}.${second}.${third}.${third}`,
    `${first}.${second}.${third}=`,
    `${first}=.${second}.${third}`,
    forgeToken('[]', claims, sign),
    forgeToken('null', claims, sign),
    forgeToken('{"alg"', claims, sign),
    forgeToken(header, '[]', sign),
    forgeToken(header, '"text"', sign),
    forgeToken(header, 'no json', sign),
    forgeToken(notUtf8(header), claims, sign),
    forgeToken(header, notUtf8(claims), sign),
  ];
  for (const token of malformed) assert.equal(await verdict(token), 'invalid_token', token);
});

test('RFC 7515 section 4.1.11: a critical extension that nobody knows is refused', async () => {
  for (const crit of [['exp'], ['b64'], [], 'x', null]) {
    assert.equal(await verdict(withHeader({ crit, b64: true })), 'invalid_token');
  }
});

test('RFC 7515 section 5.2: a token with any character of its signature changed is refused', async () => {
  const { token } = deployment;
  const start = token.lastIndexOf('.') + 1;
  for (let at = start; at < token.length; at += 7) {
    const other = token[at] === 'A' ? 'B' : 'A';
    const altered = token.slice(0, at) + other + token.slice(at + 1);
    assert.equal(await verdict(altered), 'invalid_token', `character ${at - start}`);
  }
});

test('RFC 7519 section 7.2: another spelling of a good signature is refused (RFC 4648 section 3.5)', async () => {
  const { token } = deployment;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.at(-1) ?? '');
  // 64 bytes leave four unused bits in the last character.
  for (const stray of [1, 5, 15]) {
    const respelt = token.slice(0, -1) + (alphabet[last ^ stray] ?? '');
    assert.equal(await verdict(respelt), 'invalid_token');
  }
});

test('RFC 7518 section 3.4: an ES256 signature has 64 bytes: DER, more, less and zeros are refused', async () => {
  const signers = [
    signDer,
    (input: string) => Buffer.concat([sign(input), Buffer.alloc(1)]),
    (input: string) => sign(input).subarray(0, 63),
    () => Buffer.alloc(64),
    () => Buffer.alloc(0),
  ];
  for (const signer of signers) {
    assert.equal(await verdict(forgeToken(header, claims, signer)), 'invalid_token');
  }
});

test('RFC 8725 section 2.1: HS256 under our public key is refused', async () => {
  const secrets = [
    publicKey.export({ format: 'pem', type: 'spki' }),
    publicKey.export({ format: 'der', type: 'spki' }),
    JSON.stringify(publicKey.export({ format: 'jwk' })),
    '',
  ];
  for (const secret of secrets) {
    const hmac = (input: string): Buffer => createHmac('sha256', secret).update(input).digest();
    const token = forgeToken({ ...header, alg: 'HS256' }, claims, hmac);
    assert.equal(await verdict(token), 'invalid_token');
  }
});

test('RFC 8725 section 3.1: a key is used with its one algorithm and no other', async () => {
  for (const alg of ['RS256', 'PS256', 'ES384', 'ES512', 'EdDSA', 'es256', 1, null, ['ES256']]) {
    assert.equal(await verdict(withHeader({ alg })), 'invalid_token', JSON.stringify(alg));
  }
});

test('RFC 8725 section 3.8: a token is bound to our keys: another key of the same kind is refused', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  assert.equal(await verdict(forgeToken(header, claims, es256(privateKey))), 'invalid_token');
});

test('RFC 8725 section 3.9: a token for the management node calls no iFlow, and the other way round', async () => {
  const token = withClaims({ aud: 'flowgatetmn' });
  assert.equal(await verdict(token), 'wrong_subscription');
  const response = await fetch(`${deployment.url}/registry/v1/clients`, {
    headers: { authorization: `Bearer ${deployment.token}` },
  });
  assert.equal((await membersOf(response))['reason'], 'wrong_subscription');
});

test('RFC 8725 section 3.10: kid selects among our keys and does nothing else', async () => {
  const kids = [
    '../../../dev/null',
    '/dev/null',
    "' or 1 eq 1",
    '__proto__',
    'constructor',
    'toString',
    '',
    'x'.repeat(5000),
    1,
    {},
    ['a'],
    null,
    undefined,
  ];
  for (const kid of kids) {
    assert.equal(await verdict(withHeader({ kid })), 'invalid_token', JSON.stringify(kid));
  }
});

test('RFC 8725 section 3.10: keys that a token brings along or points to are not used', async () => {
  const { privateKey, publicKey: theirs } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = theirs.export({ format: 'jwk' });
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(JSON.stringify({ keys: [{ ...jwk, kid: header['kid'], alg: 'ES256' }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const url = `http://127.0.0.1:${address.port}/keys`;
  try {
    for (const more of [{ jwk }, { jku: url }, { x5u: url }, { x5c: ['MIIB'] }, { x5t: 'a' }]) {
      const token = forgeToken({ ...header, ...more }, claims, es256(privateKey));
      assert.equal(await verdict(token), 'invalid_token', Object.keys(more)[0]);
    }
    assert.deepEqual(asked, []);
  } finally {
    server.close();
  }
});

test('RFC 8725 section 3.11: a token of another type is refused, whoever has signed it', async () => {
  for (const typ of ['JWT', 'jwt', 'id_token+jwt', 'logout+jwt', '', undefined, null, 1]) {
    assert.equal(await verdict(withHeader({ typ })), 'invalid_token', JSON.stringify(typ));
  }
});
