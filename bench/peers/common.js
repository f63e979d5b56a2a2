import { createHash, generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import CLIENT from './client.json' with { type: 'json' };

export { CLIENT };

const secretHash = createHash('sha256').update(CLIENT.secret).digest();

export function isRightSecret(given) {
  return timingSafeEqual(createHash('sha256').update(given).digest(), secretHash);
}

/** @param alg ES256 or RS256 */
export function makeKeys(alg) {
  return alg === 'RS256'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** The claims of Flowgate's tokens, so that all tokens are about as long. */
export function makeClaims(issuer = 'http://localhost') {
  const iat = Math.floor(Date.now() / 1000);
  return {
    iss: issuer,
    sub: `oauth_client_${CLIENT.id}`,
    client_id: CLIENT.id,
    aud: 'flowgateiflmap',
    exp: iat + 3600,
    iat,
    jti: 'AZrMvV7Z4yHnEXdUcM1lS0mXy0aS2w',
    roles: ['ESBMessaging.send'],
  };
}

export function signToken(alg, privateKey, issuer) {
  return jsonwebtoken.sign(makeClaims(issuer), privateKey, { algorithm: alg, keyid: 'bench' });
}

/** The first line that the bench waits for. */
export function sayReady(server, more = {}) {
  const url = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ url, ...more }));
}

process.on('SIGTERM', () => process.exit());
