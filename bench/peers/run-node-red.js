/** Node-RED without its editor. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import RED from 'node-red';
import { sayReady } from './common.js';

// A node without a place on the canvas would pass for a configuration.
const place = { z: 'tab', x: 0, y: 0 };

/**
 * Runs flows, each of nodes in a line from an `http in` to an `http response`.
 * @param lines of nodes
 * @param global what function nodes get by `global.get`
 * @param ready what is said besides the address
 */
export async function runNodeRed(lines, { global, ready = {} }) {
  const nodes = lines.flatMap((line, l) =>
    line.map((node, n) => ({
      id: `n${l}-${n}`,
      ...place,
      ...node,
      wires: n + 1 < line.length ? [[`n${l}-${n + 1}`]] : [],
    })),
  );
  const userDir = mkdtempSync(join(tmpdir(), 'flowgate-bench-'));
  process.on('exit', () => rmSync(userDir, { recursive: true, force: true }));
  const flows = [{ id: 'tab', type: 'tab', label: 'Bench' }, ...nodes];
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows));
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
    functionGlobalContext: global,
    logging: { console: { level: 'off' } },
    telemetry: { enabled: false },
    externalModules: { autoInstall: false },
  });
  app.use('/', RED.httpNode);
  RED.events.once('flows:started', () => {
    server.listen(0, '127.0.0.1', () => sayReady(server, ready));
  });
  await RED.start();
}

export const httpIn = (method, url) => ({ type: 'http in', method, url });

export const functionNode = (func) => ({ type: 'function', func, outputs: 1, libs: [] });

export const httpResponse = (headers = {}) => ({
  type: 'http response',
  statusCode: '200',
  headers,
});
