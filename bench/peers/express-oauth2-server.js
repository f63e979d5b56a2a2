/** express with @node-oauth/oauth2-server, tokens by jsonwebtoken. `node express-oauth2-server.js` */
import OAuth2Server from '@node-oauth/oauth2-server';
import express from 'express';
import { CLIENT, isRightSecret, makeKeys, sayReady, signToken } from './common.js';

const { privateKey } = makeKeys('ES256');
const oauth = new OAuth2Server({
  accessTokenLifetime: 3600,
  model: {
    getClient: (id, secret) =>
      id === CLIENT.id && isRightSecret(secret) ? { id, grants: ['client_credentials'] } : false,
    getUserFromClient: (client) => ({ id: `oauth_client_${client.id}` }),
    validateScope: () => [],
    generateAccessToken: () => signToken('ES256', privateKey),
    saveToken: (token, client, user) => ({ ...token, client, user }),
  },
});

const app = express();
app.use(express.urlencoded({ extended: false }));
app.post('/token', async (request, response) => {
  const answer = new OAuth2Server.Response(response);
  await oauth.token(new OAuth2Server.Request(request), answer);
  response.status(answer.status).set(answer.headers).json(answer.body);
});
const server = app.listen(0, '127.0.0.1', () => sayReady(server));
