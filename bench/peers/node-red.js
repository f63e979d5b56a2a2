/**
 * HTTP in, a function, HTTP response. `node node-red.js [verify]`; with `verify` the function checks an
 * ES256 token by jsonwebtoken first.
 */
import jsonwebtoken from 'jsonwebtoken';
import { makeKeys, signToken } from './common.js';
import { functionNode, httpIn, httpResponse, runNodeRed } from './run-node-red.js';

const [kind = 'plain'] = process.argv.slice(2);
const { privateKey, publicKey } = makeKeys('ES256');
const verify = `const { jsonwebtoken, publicKey } = global.get('bench');
const token = msg.req.headers.authorization.slice(7);
jsonwebtoken.verify(token, publicKey, { algorithms: ['ES256'] });
`;
const greet = "msg.payload = 'Hello world from IFlow'; return msg;";
await runNodeRed(
  [[httpIn('get', '/'), functionNode(kind === 'verify' ? verify + greet : greet), httpResponse()]],
  {
    global: { bench: { jsonwebtoken, publicKey } },
    ready: { authorization: `Bearer ${signToken('ES256', privateKey)}` },
  },
);
