import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import { testStorage } from '../support/azurite.ts';
import {
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../support/instance.ts';

export const LOCAL_ONLY = 'fills the script threads that other callers wait for';

let instance: Instance;
let admin: Management;
let token: string;

const script = (source: string) => [
  { type: 'script' as const, name: 'Script', fileName: 'script1.js', source },
];

before(async () => {
  instance = await startInstance(await testStorage(), { FLOWGATE_SCRIPT_TIMEOUT_MS: '2000' });
  admin = await manage(instance);
  const client = await admin.registerClient();
  token = await fetchToken(instance.url, client.id, client.secret);
});

const call = (path: string): Promise<Response> =>
  fetch(`${instance.url}/http${path}`, { headers: { authorization: `Bearer ${token}` } });

test('a script that runs wild ends in its time and disturbs neither other flows nor health', async () => {
  const wild = buildBundle({
    id: 'Wild',
    name: 'Wild',
    address: '/wild',
    steps: script(
      'function processData(message) { new Array(2e8).join("x").length; return message; }',
    ),
  });
  const calm = buildBundle({
    id: 'Calm',
    name: 'Calm',
    address: '/calm',
    steps: script('function processData(message) { message.setBody("calm"); return message; }'),
  });
  assert.equal(await admin.deploy('Wild', wild), 'SUCCESS');
  assert.equal(await admin.deploy('Calm', calm), 'SUCCESS');
  await call('/calm');
  const raging = new AbortController();
  const storm = Promise.all([1, 2, 3].map(() => call('/wild'))).finally(() => raging.abort());
  const waits: number[] = [];
  while (!raging.signal.aborted) {
    const startedAt = performance.now();
    const responses = await Promise.all([call('/calm'), fetch(`${instance.url}/health/live`)]);
    for (const response of responses) assert.equal(response.status, 200);
    waits.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(
    (await storm).map((response) => response.status),
    [500, 500, 500],
  );
  // Nobody waits for a wild script to end, however busy the machine is with other tests.
  assert.ok(Math.max(...waits) < 2000, `a calm flow waited ${Math.max(...waits)} ms`);
});
