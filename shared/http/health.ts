import { type Handler, json } from './call.ts';
import { Fault } from './fault.ts';

const READING = ['GET', 'HEAD'];

/** `GET /health/live`: the process answers. Touches nothing else. */
export const healthLive: Handler = (call) => {
  if (!READING.includes(call.method)) throw Fault.methodNotAllowed(READING);
  return json(200, { status: 'live' }, { 'Cache-Control': 'no-store' });
};

/** One thing that has to work before calls are welcome. */
export interface ReadinessCheck {
  readonly name: string;
  /** Rejects when it does not work. */
  readonly run: () => Promise<unknown>;
}

/**
 * `GET /health/ready`: 200 when every check passes, 503 with the names of those that do not. The
 * whole story is for the log only; what an operator has to mend is named by its tag.
 */
export function createHealthReady(
  checks: readonly ReadinessCheck[],
  report: (check: string, error: unknown) => void,
): Handler {
  return async (call) => {
    if (!READING.includes(call.method)) throw Fault.methodNotAllowed(READING);
    const results: Record<string, string> = {};
    for (const check of checks) {
      try {
        await check.run();
        results[check.name] = 'ok';
      } catch (error) {
        report(check.name, error);
        results[check.name] = tagOf(error);
      }
    }
    const ready = Object.values(results).every((result) => result === 'ok');
    return json(
      ready ? 200 : 503,
      { status: ready ? 'ready' : 'not_ready', checks: results },
      { 'Cache-Control': 'no-store', ...(ready ? {} : { 'Retry-After': '5' }) },
    );
  };
}

/** Such as `master_key_mismatch`; `failed` for what nobody has foreseen, or may pass by itself. */
function tagOf(error: unknown): string {
  return error instanceof Fault && error.reason !== 'unavailable' ? error.reason : 'failed';
}
