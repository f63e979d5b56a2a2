/** oidc-provider with JWT access tokens (RFC 9068) in memory. `node oidc-provider.js ALG` */
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { CLIENT, makeKeys, sayReady } from './common.js';

const [alg = 'ES256'] = process.argv.slice(2);
const jwk = {
  ...makeKeys(alg).privateKey.export({ format: 'jwk' }),
  kid: 'bench',
  use: 'sig',
  alg,
};
// It wants an RSA key for ID tokens, which nobody asks for here.
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  format: 'jwk',
});
const keys = alg === 'RS256' ? [jwk] : [jwk, { ...rsa, kid: 'rsa', use: 'sig', alg: 'RS256' }];

const provider = new Provider('http://localhost', {
  clients: [
    {
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  jwks: { keys },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://flowgate.example/api',
      getResourceServerInfo: () => ({
        scope: '',
        audience: 'flowgateiflmap',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 3600,
        jwt: { sign: { alg } },
      }),
    },
  },
});
const server = createServer(provider.callback());
server.listen(0, '127.0.0.1', () => sayReady(server));
