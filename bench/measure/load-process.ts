/** The load generator as a process of its own, told over IPC what to send; see `load-client.ts`. */
import { type Load, openLoad } from './load.ts';
import type { LoadAnswer, LoadOrder } from './load-client.ts';

const loads = new Map<number, Load>();

process.on('message', (order: LoadOrder) => {
  void answer(order).then((message) => process.send?.(message));
});
process.once('disconnect', () => process.exit());

async function answer(order: LoadOrder): Promise<LoadAnswer> {
  try {
    if ('plan' in order) {
      loads.set(order.id, openLoad(order.plan));
      return { result: undefined };
    }
    return { result: await loads.get(order.id)?.run(order.milliseconds) };
  } catch (error) {
    return { error: String(error) };
  }
}
