/** express with express-oauth2-jwt-bearer before a fixed answer. `node express-jwt-bearer.js ALG` */
import { createServer } from 'node:http';
import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { makeKeys, sayReady, signToken } from './common.js';

const [alg = 'ES256'] = process.argv.slice(2);
const { privateKey, publicKey } = makeKeys(alg);
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg }] };

const app = express();
app.get('/jwks', (_, response) => void response.json(jwks));
const server = createServer(app);
server.listen(0, '127.0.0.1', () => {
  const issuer = 'http://localhost';
  const jwksUri = `http://127.0.0.1:${server.address().port}/jwks`;
  const check = auth({ issuer, audience: 'flowgateiflmap', jwksUri, tokenSigningAlg: alg });
  app.get('/', check, (_, response) => void response.send('Hello world from IFlow'));
  sayReady(server, { authorization: `Bearer ${signToken(alg, privateKey, issuer)}` });
});
