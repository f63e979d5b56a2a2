/**
 * Bare node:http servers that do the least work a token endpoint or a protected resource can do, with
 * nothing around it: the floors to hold the others against. `node bare.js KIND [ALG [JWK]]`: with the
 * public key of proofs.
 */
import { createPublicKey, sign } from 'node:crypto';
import { createServer } from 'node:http';
import jsonwebtoken from 'jsonwebtoken';
import { isRightSecret, makeClaims, makeKeys, sayReady, signToken } from './common.js';

const [kind, alg = 'ES256', jwk] = process.argv.slice(2);
const { privateKey, publicKey } = makeKeys(alg);
const GREETING = 'Hello world from IFlow';
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const header = base64url({ alg: 'ES256', typ: 'at+jwt', kid: 'bench' });

const answers = {
  /** What HTTP alone costs. */
  fixed: () => '{"access_token":"x","token_type":"Bearer","expires_in":3600}',

  /** The least that a token can cost: ES256 in one call, made by hand. */
  handmade(authorization) {
    authenticate(authorization);
    const input = `${header}.${base64url(makeClaims())}`;
    return tokenResponse(
      `${input}.${joseSignature(sign('sha256', Buffer.from(input), privateKey))}`,
    );
  },

  sign(authorization) {
    authenticate(authorization);
    return tokenResponse(signToken(alg, privateKey));
  },

  /** A client assertion in the body (RFC 7523). */
  assertion(_authorization, { body }) {
    verifyProof(new URLSearchParams(body).get('client_assertion'));
    return tokenResponse(signToken(alg, privateKey));
  },

  /** A secret and a DPoP proof (RFC 9449). */
  dpop(authorization, { headers }) {
    authenticate(authorization);
    verifyProof(headers.dpop);
    return tokenResponse(signToken(alg, privateKey));
  },

  /** A DPoP proof, and a token that is looked up. */
  'cached-dpop': (authorization, { headers }) => {
    verifyProof(headers.dpop);
    return answers.cached(authorization);
  },

  /** RFC 7662. */
  introspect(authorization, { body }) {
    authenticate(authorization);
    const token = new URLSearchParams(body).get('token');
    const claims = jsonwebtoken.verify(token, publicKey, { algorithms: [alg] });
    return JSON.stringify({ active: true, ...claims });
  },

  verify(authorization) {
    jsonwebtoken.verify(authorization.slice(7), publicKey, { algorithms: [alg] });
    return GREETING;
  },

  /** Verified once, then looked up; least recently used tokens go first. */
  cached(authorization) {
    const token = authorization.slice(7);
    let claims = cache.get(token);
    if (claims === undefined) {
      claims = jsonwebtoken.verify(token, publicKey, { algorithms: [alg] });
      if (cache.size === 10_000) cache.delete(cache.keys().next().value);
    } else cache.delete(token);
    cache.set(token, claims);
    if (claims.exp * 1000 < Date.now()) throw new Error('expired');
    return GREETING;
  },
};
const cache = new Map();
const proofKey = jwk && createPublicKey({ key: JSON.parse(jwk), format: 'jwk' });

function verifyProof(proof) {
  jsonwebtoken.verify(proof, proofKey, { algorithms: ['ES256'] });
}

function authenticate(authorization) {
  const text = Buffer.from(authorization.slice(6), 'base64').toString();
  if (!isRightSecret(text.slice(text.indexOf(':') + 1))) throw new Error('wrong secret');
}

function tokenResponse(token) {
  return JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 });
}

/** From DER to the two 32-byte numbers of RFC 7518 section 3.4: quicker than OpenSSL's own. */
function joseSignature(der) {
  const joined = Buffer.alloc(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1];
    const from = at + 2 + Math.max(0, length - 32);
    at += 2 + length;
    der.copy(joined, end - (at - from), from, at);
  }
  return joined.toString('base64url');
}

const answer = answers[kind];
const readsBody = kind === 'assertion' || kind === 'introspect';
const server = createServer((request, response) => {
  let sent = '';
  if (readsBody) request.on('data', (chunk) => (sent += chunk.toString('latin1')));
  else request.resume();
  request.on('end', () => {
    const { authorization = '' } = request.headers;
    const body = answer(authorization, { headers: request.headers, body: sent });
    response.writeHead(200, {
      'Content-Type': body === GREETING ? 'text/plain' : 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => {
  sayReady(server, { authorization: `Bearer ${signToken(alg, privateKey)}` });
});
