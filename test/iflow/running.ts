import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import type { BundleDescription } from '../../shared/iflow/bundle/bundle-description.ts';
import { compileBundle } from '../../shared/iflow/compile.ts';
import type { FlowEnvironment, FlowOutcome } from '../../shared/iflow/engine.ts';
import { type Body, type Exchange, HeaderMap, type Value } from '../../shared/iflow/exchange.ts';
import { evaluateQueries } from '../../shared/iflow/expressions/xpath-engine.ts';
import { runFlow } from '../../shared/iflow/run.ts';
import { ForwardedTrace } from '../../shared/telemetry/telemetry.ts';
import type { ScriptEngine } from '../../shared/iflow/script/engine.ts';

/** 2026-01-02 13:04:05.006 UTC, a Friday. */
export const NOW = Date.UTC(2026, 0, 2, 13, 4, 5, 6);

export function exchangeOf(
  body: Body = '',
  headers: Readonly<Record<string, Value>> = {},
  properties: Readonly<Record<string, Value>> = {},
): Exchange {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) map.set(name, value);
  return { body, headers: map, properties: new Map(Object.entries(properties)) };
}

const noScripts: ScriptEngine = {
  run: () => Promise.reject(new Error('This flow has no script.')),
  close: () => Promise.resolve(),
};

export function environmentOf(
  engine: ScriptEngine = noScripts,
  now: () => number = () => NOW,
): FlowEnvironment {
  return {
    now,
    scriptEngine: () => Promise.resolve(engine),
    // On this thread: what the worker threads add is tested with them.
    xpathEngine: () =>
      Promise.resolve({ evaluate: (call) => Promise.resolve().then(() => evaluateQueries(call)) }),
    scriptLimits: { timeoutMs: 5000, memoryBytes: 64 * 1024 * 1024 },
    trace: new ForwardedTrace(undefined),
    revision: 'revision-1',
  };
}

/** Builds, compiles and runs a flow on an exchange. */
export async function run(
  description: Omit<BundleDescription, 'id' | 'name' | 'address'>,
  exchange: Exchange,
  environment: FlowEnvironment = environmentOf(),
): Promise<FlowOutcome> {
  const { flow } = compileBundle(
    buildBundle({ id: 'Tested', name: 'Tested', address: '/tested', ...description }),
  );
  // Deployments keep flows as JSON.
  const stored = JSON.parse(JSON.stringify(flow)) as typeof flow;
  const [sender] = stored.senders;
  if (sender === undefined) throw new Error('The flow has no sender.');
  return runFlow(stored, sender, exchange, environment, NOW + 210_000);
}
