import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { before, test } from 'node:test';
import { decode, type Members } from '../conformance/deployment.ts';
import { es256, forgeToken } from '../support/forge-token.ts';
import { ADMIN, fetchToken } from '../support/instance.ts';
import { keysOf } from '../support/instance-keys.ts';
import { assertClear, deployOnTwo, type TwoInstances } from './two-instances.ts';

export const LOCAL_ONLY = 'forges tokens with the signing key out of storage';

let deployment: TwoInstances;
let adminToken: string;
let privateKey: KeyObject;
let publicKey: KeyObject;

before(async () => {
  deployment = await deployOnTwo();
  adminToken = await fetchToken(deployment.url, ADMIN.id, ADMIN.secret);
  const { signing, verification } = await keysOf(deployment.storage);
  ({ privateKey } = signing);
  ({ publicKey } = verification);
});

/** Makes hostile variants of a good token. */
type Forge = (header: Members, claims: Members, good: string) => readonly string[];

/**
 * Shows every variant of the client's token to the iFlow, and every variant of the administrator's
 * to the registry and the API, on both instances and twice, as an answer might be remembered. None
 * is let in, no message and no change is left, and the next good call works.
 */
async function refusedEverywhere(forge: Forge): Promise<void> {
  const before = await deployment.stored();
  const variants = (token: string): readonly string[] => {
    const { header, claims } = decode(token);
    return forge(header, claims, token);
  };
  const attacks = [
    ...variants(deployment.token).map((token) => ['POST', '/http/hello', token] as const),
    ...variants(adminToken).flatMap((token) => [
      ['POST', '/registry/v1/clients', token] as const,
      ['DELETE', "/api/v1/IntegrationRuntimeArtifacts('Hello')", token] as const,
    ]),
  ];
  for (const url of [...deployment.urls, ...deployment.urls]) {
    await Promise.all(
      attacks.map(async ([method, path, token]) => {
        const response = await fetch(url + path, {
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: '{}',
        });
        const text = await response.text();
        assert.equal(response.status, 401, `${path} ${token.slice(0, 100)} ${text}`);
        assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer realm="flowgate", e/);
        assertClear(response.status, text, token.slice(0, 100));
        assert.ok(token.length < 20 || !text.includes(token), 'the token is not repeated');
      }),
    );
  }
  assert.equal(await deployment.stored(), before);
  await deployment.works();
}

const now = (): number => Math.floor(Date.now() / 1000);
const signed = (header: Members, claims: Members): string =>
  forgeToken(header, claims, es256(privateKey));

test('alg none in any case, with our signature, without one, and with none of it', async () => {
  await refusedEverywhere((header, claims, good) =>
    ['none', 'None', 'NONE', 'nOnE'].flatMap((alg) => {
      const unsigned = forgeToken({ ...header, alg }, claims, () => Buffer.alloc(0));
      return [unsigned, unsigned.slice(0, -1), unsigned + (good.split('.')[2] ?? '')];
    }),
  );
});

test('HS256 under every text of our public key', async () => {
  const secrets = [
    publicKey.export({ format: 'pem', type: 'spki' }),
    publicKey.export({ format: 'der', type: 'spki' }),
    JSON.stringify(publicKey.export({ format: 'jwk' })),
    '',
  ];
  await refusedEverywhere((header, claims) =>
    secrets.map((secret) =>
      forgeToken({ ...header, alg: 'HS256' }, claims, (input) =>
        createHmac('sha256', secret).update(input).digest(),
      ),
    ),
  );
});

test('a kid that is a path, a quote, an object, a name of every object, or very long', async () => {
  const kids = [
    '../../../../dev/null',
    "x' or '1' eq '1",
    '"',
    { kid: 1 },
    ['x'],
    '__proto__',
    'constructor',
    'hasOwnProperty',
    '',
    null,
    true,
    'k'.repeat(4000),
    'a\u0000b',
    '😀',
  ];
  await refusedEverywhere((header, claims) =>
    kids.map((kid) => signed({ ...header, kid }, claims)),
  );
});

test('a key of their own, in jwk, behind jku or x5u, in x5c, under our kid or theirs', async () => {
  const theirs = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = theirs.publicKey.export({ format: 'jwk' });
  const headers = [
    {},
    { jwk },
    { jku: 'http://127.0.0.1:9/keys' },
    { x5u: 'file:///etc/passwd' },
    { x5c: ['AAAA'] },
    { kid: 'theirs', jwk: { ...jwk, kid: 'theirs' } },
  ];
  await refusedEverywhere((header, claims) =>
    headers.map((more) => forgeToken({ ...header, ...more }, claims, es256(theirs.privateKey))),
  );
});

test('a critical header, known or not, under our own signature', async () => {
  await refusedEverywhere((header, claims) =>
    [['exp'], ['b64'], ['x'], [], {}, null].map((crit) =>
      signed({ ...header, crit, b64: false, x: 1 }, claims),
    ),
  );
});

test('expired, from the future, without exp, and with an exp that is no time', async () => {
  await refusedEverywhere((header, claims) =>
    [
      { iat: now() - 3600, exp: now() - 1 },
      { iat: now() + 600, exp: now() + 3600 },
      { nbf: now() + 600 },
      { exp: undefined },
      { exp: null },
      { exp: `${now() + 3600}` },
      { exp: Number.MAX_VALUE },
      { exp: [now() + 3600] },
      { iat: undefined },
    ].map((changes) => signed(header, { ...claims, ...changes })),
  );
});

test('another audience, issuer, type or client under our own signature', async () => {
  await refusedEverywhere((header, claims) => [
    ...[
      { aud: 'other' },
      { aud: [claims['aud']] },
      { aud: { toString: 'x' } },
      { iss: 'https://evil.example' },
      { iss: [claims['iss']] },
      { client_id: 'nobody' },
      { client_id: '__proto__' },
      { client_id: 'a/b' },
      { client_id: ['x'] },
      { client_id: undefined },
      { sub: '' },
      { roles: 'AuthGroup.Administrator' },
      { scope: ['a'] },
    ].map((changes) => signed(header, { ...claims, ...changes })),
    ...['JWT', 'id_token', '', undefined, null].map((typ) => signed({ ...header, typ }, claims)),
  ]);
});

test('a psychic signature (zeros), one of the order of the curve, and DER', async () => {
  const order = Buffer.from(
    'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
    'hex',
  );
  await refusedEverywhere((header, claims) =>
    [
      () => Buffer.alloc(64),
      () => Buffer.concat([order, order]),
      () => Buffer.alloc(64, 0xff),
      es256(privateKey, 'der'),
    ].map((signer) => forgeToken(header, claims, signer)),
  );
});

test('another spelling of a good token: last character, padding, other alphabet, blanks, more parts', async () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  await refusedEverywhere((_header, _claims, good) => {
    const last = alphabet.indexOf(good.at(-1) ?? '');
    return [
      ...[1, 2, 4, 8, 15].map((bits) => good.slice(0, -1) + (alphabet[last ^ bits] ?? '')),
      `${good}=`,
      `${good}==`,
      `${good}A`,
      `${good}.`,
      `.${good}`,
      `${good}.${good}`,
      `${good} ${good}`,
      good.replaceAll('.', '..'),
      good.replace('.', '%2E'),
      `"${good}"`,
    ];
  });
});

test('truncated, empty, and no token at all', async () => {
  await refusedEverywhere((_header, _claims, good) => [
    ...[1, 2, 10, 43, 86, 87, 200].map((less) => good.slice(0, -less)),
    '.',
    '..',
    '...',
    'null',
    '{}',
    'e30.e30.e30',
    'bnVsbA.bnVsbA.bnVsbA',
  ]);
});

test('a token of 15 KB is looked at and refused; one of 100 KB does not reach us', async () => {
  await refusedEverywhere((header, claims) => {
    const { privateKey: theirs } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const padded = { ...claims, padding: 'x'.repeat(11_000) };
    return [forgeToken(header, padded, es256(theirs)), 'x'.repeat(15_000), '.'.repeat(15_000)];
  });
  for (const url of deployment.urls) {
    const response = await fetch(`${url}/http/hello`, {
      headers: { authorization: `Bearer ${'x'.repeat(100_000)}` },
    });
    assert.equal(response.status, 431);
  }
  await deployment.works();
});

test('header and payload that nest deep, name members twice, or are not UTF-8', async () => {
  const nested = `${'['.repeat(3000)}${']'.repeat(3000)}`;
  await refusedEverywhere((header, claims) => {
    const head = JSON.stringify(header);
    const body = JSON.stringify(claims);
    const sign = es256(privateKey);
    // Valid JSON but for a byte that UTF-8 has nowhere; a lenient reader takes U+FFFD for it.
    const notUtf8 = (members: Members): Buffer =>
      Buffer.from(JSON.stringify({ ...members, x: '\u00ff' }), 'latin1');
    assert.ok(notUtf8(claims).includes(0xff));
    return [
      forgeToken(notUtf8(header), claims, sign),
      forgeToken(header, notUtf8(claims), sign),
      forgeToken(`\ufeff${head}`, claims, sign),
      forgeToken(nested, claims, sign),
      forgeToken(header, nested, sign),
      forgeToken(
        head.replace('{', '{"__proto__":{"kid":"x"},"typ":"JWT",').replace('at+jwt', 'JWT'),
        claims,
        sign,
      ),
      forgeToken(header, body.replace(/\}$/, ',"exp":1}'), sign),
      forgeToken(header, body.replace(/\}$/, ',"client_id":"nobody"}'), sign),
      forgeToken(header, `\ufeff${body}`, sign),
      forgeToken(header, body.slice(0, -1), sign),
      forgeToken(header, '', sign),
    ];
  });
});

test('of all these tokens none has sent a message', async () => {
  await deployment.assertNoOtherMessage();
});
