import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LoadPlan, LoadResult } from './load.ts';
import type { Bench, Core } from './machine.ts';

export type LoadOrder =
  | { readonly id: number; readonly plan: LoadPlan }
  | { readonly id: number; readonly milliseconds: number };

export type LoadAnswer = { readonly result: LoadResult | undefined } | { readonly error: string };

export interface LoadGenerator {
  /** Hands over a plan. @returns what runs it: one at a time, each from where the last has ended. */
  open(plan: LoadPlan): Promise<(milliseconds: number) => Promise<LoadResult>>;
  stop(): void;
}

export function startLoadGenerator(bench: Bench, core: Core = 'load'): LoadGenerator {
  const [command, ...args] = bench.onCore(core, [
    process.execPath,
    join(import.meta.dirname, 'load-process.ts'),
  ]);
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  let plans = 0;
  const ask = async (order: LoadOrder): Promise<LoadResult | undefined> => {
    child.send(order);
    const [answer] = (await once(child, 'message')) as [LoadAnswer];
    if ('error' in answer) throw new Error(answer.error);
    return answer.result;
  };
  return {
    async open(plan) {
      const id = plans++;
      await ask({ id, plan });
      return async (milliseconds) => {
        const result = await ask({ id, milliseconds });
        if (result === undefined) throw new Error('The load generator does not know the plan.');
        return result;
      };
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
