import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Host, startHost } from '../../local/host/start-host.ts';

let host: Host;
before(async () => {
  host = await startHost({ appRoot: join(import.meta.dirname, 'fixtures', 'hooks'), port: 0 });
});
after(() => host.stop());

test('hooks run around a call, share their data, and may change handler, result and error', async () => {
  const first = await fetch(`${host.url}/hooked`);
  assert.deepEqual(await first.json(), ['appStart', 'wrapped', 'after hooked: no error']);

  assert.equal((await fetch(`${host.url}/hooked?fail=broken`)).status, 500);
  const mended = await fetch(`${host.url}/hooked?fail=mend`);
  assert.equal(mended.status, 200);
  assert.equal(await mended.text(), 'mended');

  const last = await fetch(`${host.url}/hooked`);
  assert.deepEqual(await last.json(), [
    ...['appStart', 'wrapped', 'after hooked: no error'],
    ...['wrapped', 'after hooked: broken'],
    ...['wrapped', 'after hooked: mend'],
    ...['wrapped', 'after hooked: no error'],
  ]);
});
