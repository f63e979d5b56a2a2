/**
 * Node-RED without its editor: HTTP in, a function, HTTP response. `node node-red.js [verify]`; with
 * `verify` the function checks an ES256 token by jsonwebtoken first.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsonwebtoken from 'jsonwebtoken';
import RED from 'node-red';
import { makeKeys, sayReady, signToken } from './common.js';

const [kind = 'plain'] = process.argv.slice(2);
const { privateKey, publicKey } = makeKeys('ES256');
const verify = `const { jsonwebtoken, publicKey } = global.get('bench');
const token = msg.req.headers.authorization.slice(7);
jsonwebtoken.verify(token, publicKey, { algorithms: ['ES256'] });
`;
const greet = "msg.payload = 'Hello world from IFlow'; return msg;";
// A node without a place on the canvas would pass for a configuration.
const place = { z: 'tab', x: 0, y: 0 };
const flow = [
  { id: 'tab', type: 'tab', label: 'Bench' },
  { id: 'n1', type: 'http in', ...place, url: '/', method: 'get', wires: [['n2']] },
  {
    id: 'n2',
    type: 'function',
    ...place,
    func: kind === 'verify' ? verify + greet : greet,
    outputs: 1,
    libs: [],
    wires: [['n3']],
  },
  { id: 'n3', type: 'http response', ...place, statusCode: '200', wires: [] },
];

const userDir = mkdtempSync(join(tmpdir(), 'flowgate-bench-'));
process.on('exit', () => rmSync(userDir, { recursive: true, force: true }));
writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow));
// Its nodes want the Express 4 that it comes with.
const require = createRequire(createRequire(import.meta.url).resolve('node-red'));
const app = require('express')();
const server = createServer(app);
RED.init(server, {
  userDir,
  flowFile: 'flows.json',
  credentialSecret: false,
  httpAdminRoot: false,
  httpNodeRoot: '/',
  functionGlobalContext: { bench: { jsonwebtoken, publicKey } },
  logging: { console: { level: 'off' } },
  telemetry: { enabled: false },
  externalModules: { autoInstall: false },
});
app.use('/', RED.httpNode);
RED.events.once('flows:started', () => {
  server.listen(0, '127.0.0.1', () => {
    sayReady(server, { authorization: `Bearer ${signToken('ES256', privateKey)}` });
  });
});
await RED.start();
