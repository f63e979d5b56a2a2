import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ForeignAlgorithm } from '../../shared/jwt/public-keys.ts';
import type { IssuerDirectory, TrustedIssuer } from '../../shared/registry/issuers/issuer.ts';
import { forgeToken } from './forge-token.ts';

/** A key pair that another server signs with. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: ForeignAlgorithm;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
  /** A token with this header beside `alg` and `kid`. */
  sign(claims: unknown, header?: Readonly<Record<string, unknown>>): string;
}

export function makeIssuerKey(kid: string, alg: ForeignAlgorithm = 'ES256'): IssuerKey {
  const { publicKey, privateKey } = generate(alg);
  return {
    kid,
    alg,
    publicKey,
    privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
    sign: (claims, header = {}) =>
      forgeToken({ alg, kid, typ: 'JWT', ...header }, claims, signerOf(alg, privateKey)),
  };
}

function generate(alg: ForeignAlgorithm) {
  switch (alg) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'ES384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' });
    case 'ES512':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' });
    case 'EdDSA':
    case 'Ed25519':
      return generateKeyPairSync('ed25519');
    default:
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
  }
}

function signerOf(alg: ForeignAlgorithm, key: KeyObject): (input: string) => Buffer {
  const digest = key.asymmetricKeyType === 'ed25519' ? null : `sha${alg.slice(2)}`;
  const padding = alg.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  return (input) =>
    sign(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363', ...padding });
}

/** A server that publishes keys, and nothing else, on the loopback. */
export interface OtherIssuer {
  /** `iss` of its tokens: its address, unless told. */
  readonly issuer: string;
  readonly jwksUri: string;
  readonly discovery: string;
  /** What it publishes now. */
  keys: readonly unknown[];
  /** How often the keys have been fetched. */
  fetches: number;
  /** Closes its port; {@link open} opens the same one again. */
  close(): Promise<void>;
  open(): Promise<void>;
}

export async function startOtherIssuer(
  keys: readonly IssuerKey[],
  options: { readonly issuer?: string } = {},
): Promise<OtherIssuer> {
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json');
    if (request.url === '/jwks') {
      other.fetches += 1;
      response.end(JSON.stringify({ keys: other.keys }));
    } else if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: other.issuer, jwks_uri: other.jwksUri }));
    } else {
      response.writeHead(404).end('{}');
    }
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  server.unref();
  const url = `http://127.0.0.1:${port}`;
  const other: OtherIssuer = {
    issuer: options.issuer ?? url,
    jwksUri: `${url}/jwks`,
    discovery: `${url}/.well-known/openid-configuration`,
    keys: keys.map((key) => key.jwk),
    fetches: 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    open: async () => {
      await listen(port);
      server.unref();
    },
  };
  return other;
}

/** A trusted issuer as the registry would hold it. */
export function someIssuer(changes: Partial<TrustedIssuer> = {}): TrustedIssuer {
  return {
    issuerId: 'idp',
    issuer: 'https://idp.example',
    name: 'idp',
    description: '',
    discovery: undefined,
    jwksUri: 'https://idp.example/jwks',
    audience: ['api://flowgate'],
    subscription: 'flowgateiflmap',
    use: ['direct', 'exchange'],
    enabled: true,
    requireAtJwt: false,
    requiredClaims: [],
    clientRules: [],
    userClaim: 'sub',
    userPrefix: 'idp:',
    roleClaim: undefined,
    roleRules: [],
    createdAt: 0,
    updatedAt: 0,
    ...changes,
  };
}

export interface TestIssuers extends IssuerDirectory {
  /** Changes the first entry in storage, which is seen at once. */
  change(changes: Partial<TrustedIssuer>): void;
  /** What the instance remembers of it, which whoever takes an older answer gets. */
  remember(changes: Partial<TrustedIssuer>): void;
  lookups: number;
}

/** The registry's contract in memory, with a memory that can be older than what is stored. */
export function testIssuers(...entries: readonly TrustedIssuer[]): TestIssuers {
  let stored = entries;
  let remembered = entries;
  let version = 0;
  const changed = (changes: Partial<TrustedIssuer>): readonly TrustedIssuer[] => {
    version += 1;
    return stored.map((entry, i) =>
      i === 0 ? { ...entry, ...changes, updatedAt: version } : entry,
    );
  };
  return {
    lookups: 0,
    change(changes) {
      stored = changed(changes);
      remembered = stored;
    },
    remember(changes) {
      remembered = changed(changes);
    },
    of(iss, maxAgeMs) {
      this.lookups += 1;
      const old = maxAgeMs === undefined || maxAgeMs > 1000;
      const all = old ? remembered : stored;
      return Promise.resolve(all.filter((entry) => entry.enabled && entry.issuer === iss));
    },
  };
}
