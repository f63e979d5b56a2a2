/**
 * CPU microseconds (all threads, user and system) of one run of the walk-through's script, the hop
 * to the worker and back included, with 1 and 16 runs in flight. Goal: under 120 with 16 in flight.
 */
import type { ScriptCall } from '../shared/iflow/script/engine.ts';
import { createJavaScriptEngine } from '../shared/iflow/script/javascript/pool.ts';

const call: ScriptCall = {
  key: 'walk-through',
  fileName: 'script1.js',
  source: `function processData(message) {
  var body = message.getBody();
  message.setBody("Hello world from IFlow");
  return message;
}`,
  functionName: 'processData',
  message: {
    body: new Uint8Array(),
    headers: [
      ['CamelHttpMethod', 'GET'],
      ['CamelHttpUrl', 'http://localhost:7071/http/v1/test/hello'],
      ['CamelServletContextPath', '/v1/test/hello'],
      ['SapAuthenticatedUserName', 'oauth_client_apimconnectivity'],
      ['SAP_MessageProcessingLogID', 'AFq478Bblxi4wCjBcDb_G0vAGGZG'],
    ],
    properties: [['SAP_MessageProcessingLogID', 'AFq478Bblxi4wCjBcDb_G0vAGGZG']],
  },
  limits: { timeoutMs: 5000, memoryBytes: 64 * 1024 * 1024 },
};
const readsAndWrites: ScriptCall = {
  ...call,
  key: 'reads and writes',
  source: `function processData(message) {
  var headers = message.getHeaders();
  message.setProperty("url", headers.get("CamelHttpUrl"));
  message.setHeader("Content-Type", "application/json");
  message.setBody(JSON.stringify({ user: headers.get("SapAuthenticatedUserName") }));
  return message;
}`,
};
const RUNS = 10_000;
const PASSES = 5;

const engine = createJavaScriptEngine({ workers: 2 });
const begun = performance.now();
await engine.run(call);
console.log(`first run after ${(performance.now() - begun).toFixed(0)} ms`);
for (const [name, script] of [
  ['walk-through', call],
  ['reads headers, writes a header, a property and JSON', readsAndWrites],
] as const) {
  for (const inFlight of [1, 16]) {
    await measure(script, inFlight);
    const passes: { cpu: number; wall: number }[] = [];
    for (let pass = 0; pass < PASSES; pass++) passes.push(await measure(script, inFlight));
    passes.sort((a, b) => a.cpu - b.cpu);
    const median = passes[Math.floor(PASSES / 2)];
    console.log(
      `${name}, ${inFlight} in flight: ${median?.cpu.toFixed(1)} µs CPU, ${median?.wall.toFixed(1)} µs wall per run (median of ${PASSES} passes of ${RUNS})`,
    );
  }
}
await engine.close();

async function measure(
  script: ScriptCall,
  inFlight: number,
): Promise<{ cpu: number; wall: number }> {
  let left = RUNS;
  const start = performance.now();
  const before = process.cpuUsage();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await engine.run(script);
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / RUNS, wall: ((performance.now() - start) * 1000) / RUNS };
}
