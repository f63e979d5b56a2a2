import { createHash, createPrivateKey, createPublicKey, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import jsonwebtoken from 'jsonwebtoken';

/**
 * Bare node:http servers that do the least work a token endpoint or a protected resource can do,
 * with nothing around it: the figures to hold Flowgate's against.
 */
const [kind, pem, secret] = process.argv.slice(2);
const privateKey = createPrivateKey(pem ?? '');
const publicKey = createPublicKey(privateKey);
const secretHash = createHash('sha256')
  .update(secret ?? '')
  .digest();

function fixed(): string {
  return '{"access_token":"x","token_type":"Bearer","expires_in":3600}';
}

/** Basic credentials compared by SHA-256, a token signed with ES256. */
function sign(authorization: string): string {
  const [id = '', given = ''] = Buffer.from(authorization.slice(6), 'base64').toString().split(':');
  if (!timingSafeEqual(createHash('sha256').update(given).digest(), secretHash)) throw new Error();
  const claims = { sub: `oauth_client_${id}`, client_id: id, aud: 'x', scope: '', roles: ['r'] };
  const token = jsonwebtoken.sign(claims, privateKey, {
    algorithm: 'ES256',
    expiresIn: 3600,
    issuer: 'http://localhost',
    keyid: 'bench',
    jwtid: 'bench',
  });
  return JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 });
}

function verify(authorization: string): string {
  jsonwebtoken.verify(authorization.slice(7), publicKey, { algorithms: ['ES256'] });
  return 'Hello world from IFlow';
}

const answers: Record<string, (authorization: string) => string> = { fixed, sign, verify };
const answer = answers[kind ?? ''] ?? fixed;
const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const body = answer(request.headers.authorization ?? '');
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }));
});
process.on('SIGTERM', () => process.exit());
