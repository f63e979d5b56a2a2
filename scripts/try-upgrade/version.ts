import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import type { TestStorage } from '../../test/support/azurite.ts';
import {
  fetchToken,
  type Instance,
  type Management,
  manage,
  startInstance,
} from '../../test/support/instance.ts';
import { NotThere } from './table.ts';

/** An instance of one version, and what the trial does with it. */
export interface Version {
  readonly instance: Instance;
  readonly admin: Management;
  token(client: { readonly id: string; readonly secret: string }): Promise<string>;
  /** Calls the flow at `/<name>`. @returns status and text. */
  call(name: string, token: string): Promise<string>;
  /** Deploys a flow at `/<name>` that answers `text`. */
  deploy(name: string, text: string): Promise<void>;
  /** @throws {NotThere} where this version has no such address. */
  read(path: string): Promise<unknown>;
  change(method: string, path: string, body?: unknown): Promise<unknown>;
}

export async function startVersion(storage: TestStorage, folder: string): Promise<Version> {
  const instance = await startInstance(storage, {}, { checkout: folder });
  const ready = await fetch(`${instance.url}/health/ready`);
  assert.equal(ready.status, 200, `/health/ready: ${await ready.text()}`);
  const admin = await manage(instance);
  const send = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await admin.send(method, path, body, { 'if-match': '*' });
    const text = await response.text();
    if (response.status === 404) throw new NotThere(`${method} ${path} is 404`);
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  return {
    instance,
    admin,
    token: ({ id, secret }) => fetchToken(instance.url, id, secret),
    async call(name, token) {
      const response = await fetch(`${instance.url}/http/${name}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return `${response.status} ${await response.text()}`;
    },
    async deploy(name, text) {
      assert.equal(await admin.deploy(name, bundleOf(name, text)), 'SUCCESS');
    },
    read: (path) => send('GET', path),
    change: send,
  };
}

export function bundleOf(name: string, text: string): Uint8Array {
  const source = `function processData(m) { m.setBody(${JSON.stringify(text)}); return m; }`;
  const steps = [{ type: 'script' as const, name: 'Say', fileName: 'script1.js', source }];
  return buildBundle({ id: name, name, address: `/${name}`, steps });
}

/** Another instance holds on to what it has read for 25 s at most (docs/limits.md). */
export async function within30Seconds(check: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(500);
    }
  }
}
