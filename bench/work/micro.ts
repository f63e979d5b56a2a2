import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Context } from '../context.ts';
import type { MicroAnswer, MicroOrder } from './micro-process.ts';
import { openDeployment, MODIFIER_STEP, SCRIPT_STEP } from '../deployment.ts';
import { NODE_OPTIONS } from '../measure/server.ts';
import type { Results } from '../report/results.ts';

/** Pieces of the work without host and network, in one process alone on the server's core. */
export async function measureMicro(context: Context): Promise<Results> {
  const { bench, options } = context;
  const deployment = await openDeployment(await context.storage());
  const [one] = await deployment.addClients(1, 1);
  if (one === undefined) throw new Error('No client was registered.');
  await deployment.deploy({ modifier: [MODIFIER_STEP], script: [SCRIPT_STEP] });
  const [token = ''] = await deployment.makeTokens(one.client, 1);
  const order: MicroOrder = {
    clientId: one.client.clientId,
    secret: one.secret,
    token,
    operations: options.quick ? 200 : 5000,
    passes: options.passes,
  };
  const [command, ...args] = bench.onCore('server', [
    process.execPath,
    ...NODE_OPTIONS,
    join(import.meta.dirname, 'micro-process.ts'),
  ]);
  const child = spawn(command, args, {
    env: { ...process.env, ...deployment.env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.send(order);
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`micro-process.ts ended with ${String(code)}`);
  });
  const [rows] = (await Promise.race([once(child, 'message'), failed])) as [MicroAnswer];
  failed.catch(() => undefined);
  child.kill('SIGTERM');
  const how = `one process on the server's core, 16 operations in flight, ${order.passes} passes of ${order.operations} operations each, medians`;
  return { micro: { rows, run: context.describe(how) } };
}
