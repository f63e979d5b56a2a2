/** oauth2-mock-server, which checks no secret. `node oauth2-mock-server.js ALG` */
import { OAuth2Server } from 'oauth2-mock-server';
import './common.js';

const [alg = 'ES256'] = process.argv.slice(2);
const server = new OAuth2Server();
await server.issuer.keys.generate(alg);
await server.start(0, '127.0.0.1');
console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
