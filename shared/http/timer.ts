import type { InvocationContext, TimerHandler } from '@azure/functions';
import { once } from '../cache/once.ts';
import {
  type Attributes,
  ForwardedTrace,
  type Telemetry,
  type Trace,
} from '../telemetry/telemetry.ts';

export interface PreparedTask {
  /** @returns what its log event tells; undefined where there is nothing to tell. */
  readonly run: (trace: Trace) => Promise<Attributes | undefined>;
  /** Off where there is none. */
  readonly telemetry: Telemetry | undefined;
}

/**
 * Joins a timer's function to the room that does the work, with one log event and one trace for each
 * run. A run that fails is thrown on: the host counts it as failed.
 */
export function timerTask(load: () => Promise<PreparedTask>): TimerHandler {
  const prepare = once(load);
  return async (_timer: unknown, context: InvocationContext): Promise<void> => {
    const startedAt = Date.now();
    const { run, telemetry } = await prepare();
    const open = telemetry?.startCall(context.functionName, context.traceContext, startedAt);
    const attributes = {
      'faas.name': context.functionName,
      'faas.invocation_id': context.invocationId,
    };
    let error: string | undefined = 'unexpected';
    try {
      const outcome =
        open === undefined
          ? await run(new ForwardedTrace(context.traceContext))
          : await open.run(() => run(open.trace));
      error = undefined;
      if (outcome === undefined) return;
      const trace = open === undefined ? {} : { trace: open.trace.traceId };
      context.info(JSON.stringify({ event: context.functionName, ...trace, ...outcome }));
    } finally {
      open?.end({ attributes, error });
      const status = error === undefined ? 'ok' : 'failed';
      const duration = Date.now() - startedAt;
      telemetry?.record('flowgate.call.duration', duration, {
        function: context.functionName,
        status,
      });
    }
  };
}
