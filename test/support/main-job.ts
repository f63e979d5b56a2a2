import assert from 'node:assert/strict';
import { helloWorldBundle } from '../../shared/iflow/design/hello-world.ts';
import { fetchToken, type Instance, manage } from './instance.ts';

/**
 * The main job from beginning to end: iFlow, deployment, client, role, token, call. Fails where any
 * of it does not work.
 */
export async function runMainJob(instance: Pick<Instance, 'url'>): Promise<void> {
  const admin = await manage(instance);
  assert.equal(await admin.deploy('HelloWorld', helloWorldBundle()), 'SUCCESS');
  const client = await admin.registerClient();
  const token = await fetchToken(instance.url, client.id, client.secret);
  const response = await fetch(`${instance.url}/http/v1/test/hello`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(response.status, 200, await response.clone().text());
  assert.equal(await response.text(), 'Hello world from IFlow');
}
