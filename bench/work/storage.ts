import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '../context.ts';
import {
  type Deployment,
  flowgateTokenHead,
  messageHead,
  MODIFIER_STEP,
  openDeployment,
  TOKEN_BODY,
} from '../deployment.ts';
import { startCountingProxy } from '../measure/counting-proxy.ts';
import type { LoadPlan } from '../measure/load.ts';
import type { Results, StorageRow } from '../report/results.ts';

/** A run that ends before its first answer: one request. */
const A_MOMENT_MS = 0.001;

/**
 * How often storage is asked, counted at a proxy before the table service: with as many requests as
 * come, with one every second, and with none.
 */
export async function measureStorage(context: Context): Promise<Results> {
  const { quick } = context.options;
  const proxy = await startCountingProxy(await context.storage());
  try {
    const deployment = await openDeployment(proxy.connectionString);
    const [one] = await deployment.addClients(1, 1);
    if (one === undefined) throw new Error('No client was registered.');
    await deployment.deploy({ modifier: [MODIFIER_STEP] });
    const [token = ''] = await deployment.makeTokens(one.client, 1);
    const server = await context.startFlowgate(deployment);
    const openPlan = (head: string, body: string, connections: number) => {
      const plan: LoadPlan = { ports: [server.port], heads: [head], body, connections };
      return context.load.open(plan);
    };
    const rows: StorageRow[] = [];
    const count = async (
      work: StorageRow['work'],
      pace: StorageRow['pace'],
      seconds: number,
      send: () => Promise<number>,
    ): Promise<void> => {
      // What an earlier row has left to be written behind.
      await delay(1500);
      proxy.reset();
      const startedAt = performance.now();
      const requests = await send();
      await delay(Math.max(0, startedAt + 1000 * seconds - performance.now()));
      // The last entries are written half a second after they came.
      await delay(1000);
      const byOperation = proxy.counts();
      const calls = Object.values(byOperation).reduce((sum, n) => sum + n, 0);
      rows.push({ work, pace, requests, seconds, calls, byOperation });
    };
    for (const [work, head, body] of [
      ['token', flowgateTokenHead(one), TOKEN_BODY],
      ['message', messageHead('modifier', token), ''],
    ] as const) {
      const busy = await openPlan(head, body, context.options.connections);
      const single = await openPlan(head, body, 1);
      const seconds = quick ? 1 : 20;
      await busy(500);
      await count(work, 'busy', seconds, async () => (await busy(1000 * seconds)).requests);
      await count(work, 'sparse', seconds, async () => {
        let requests = 0;
        for (let second = 0; second < seconds; second += 1) {
          requests += (await single(A_MOMENT_MS)).requests;
          await delay(1000);
        }
        return requests;
      });
    }
    await count('idle', 'idle', quick ? 1 : 60, () => Promise.resolve(0));
    await server.stop();
    const logBytes = await measureLogBytes(context, deployment, {
      token: { head: flowgateTokenHead(one), body: TOKEN_BODY },
      message: { head: messageHead('modifier', token), body: '' },
    });
    return {
      storage: {
        rows,
        logBytes,
        run: context.describe('requests to the table service, counted at a proxy before Azurite'),
      },
    };
  } finally {
    proxy.stop();
  }
}

/** The JSON event that the app writes for each request. */
async function measureLogBytes(
  context: Context,
  deployment: Deployment,
  requests: Readonly<Record<'token' | 'message', { head: string; body: string }>>,
): Promise<{ readonly token: number; readonly message: number }> {
  let text = '';
  const args = ['--app', await context.app(), '--verbose'];
  const onStderr = (more: string): void => void (text += more);
  const server = await context.startFlowgate(deployment, { args, onStderr });
  for (const { head, body } of Object.values(requests)) {
    const plan = { ports: [server.port], heads: [head], body, connections: 1 };
    await (
      await context.load.open(plan)
    )(A_MOMENT_MS);
  }
  await server.stop();
  const bytesOf = (event: string): number => {
    const line = new RegExp(`\\{"event":"${event}".*\\}`).exec(text)?.[0];
    if (line === undefined) throw new Error(`There is no event "${event}" in the log.`);
    return Buffer.byteLength(line);
  };
  return { token: bytesOf('token'), message: bytesOf('dispatch') };
}
