import type { Context } from '../context.ts';
import type { Contender } from '../measure/contest.ts';
import type { LoadPlan } from '../measure/load.ts';
import type { Ready } from '../measure/server.ts';

/** A server of `peers/`, by the name of its script and its arguments. */
export function startPeer(
  context: Context,
  role: Contender['role'],
  name: string,
  [script, ...args]: readonly [string, ...string[]],
  plan: (ready: Ready) => Omit<LoadPlan, 'ports' | 'connections'>,
): Contender {
  return {
    name,
    role,
    start: async () => {
      const server = await context.startPeer({ script, args });
      return { servers: [server], plan: plan(server.ready) };
    },
  };
}
