import { randomBytes } from 'node:crypto';
import type { TaskRunner } from '../../shared/iflow/tasks/task-runner.ts';
import type { Task, TaskEntry } from '../../shared/iflow/tasks/task.ts';
import { tasks } from '../../shared/iflow/tasks/tasks.ts';
import { buildBundle } from '../../shared/iflow/bundle/build.ts';
import type { BundleDescription } from '../../shared/iflow/bundle/bundle-description.ts';
import { compileBundle } from '../../shared/iflow/compile.ts';
import type { FlowEnvironment, FlowOutcome } from '../../shared/iflow/engine.ts';
import {
  type Body,
  type Exchange,
  HeaderMap,
  type PropertyValue,
  type Value,
} from '../../shared/iflow/exchange.ts';
import { type DeployFault, NotDeployable } from '../../shared/iflow/flow.ts';
import { runFlow } from '../../shared/iflow/run.ts';
import { ForwardedTrace } from '../../shared/telemetry/telemetry.ts';
import type { ScriptEngine, ScriptLogEntry } from '../../shared/iflow/script/engine.ts';
import type { FlowServices } from '../../shared/iflow/services/services.ts';
import { StepFailure } from '../../shared/iflow/steps/step-failure.ts';

/** 2026-01-02 13:04:05.006 UTC, a Friday. */
export const NOW = Date.UTC(2026, 0, 2, 13, 4, 5, 6);

export function exchangeOf(
  body: Body = '',
  headers: Readonly<Record<string, Value>> = {},
  properties: Readonly<Record<string, PropertyValue>> = {},
): Exchange {
  const map = new HeaderMap();
  for (const [name, value] of Object.entries(headers)) map.set(name, value);
  return {
    body,
    headers: map,
    properties: new Map(Object.entries(properties)),
    attachments: new Map(),
  };
}

const noScripts: ScriptEngine = {
  run: () => Promise.reject(new Error('This flow has no script.')),
  close: () => Promise.resolve(),
};

const none = (name: string) => () => Promise.reject(new Error(`This test has no ${name}.`));

/** A test gives the services that its flow uses: `{ ...noServices, numberRanges: … }`. */
export const noServices: FlowServices = {
  http: none('HTTP client'),
  securityMaterial: none('security material'),
  valueMappings: none('value mappings'),
  numberRanges: none('number ranges'),
  partnerDirectory: none('partner directory'),
  dataStores: none('data stores'),
  variables: none('variables'),
  processedMessages: none('processed messages'),
};

export function environmentOf(
  engine: ScriptEngine = noScripts,
  now: () => number = () => NOW,
): FlowEnvironment {
  return {
    now,
    scriptEngine: () => Promise.resolve(engine),
    randomBytes,
    tasks: () => Promise.resolve(onThisThread),
    scriptLimits: { timeoutMs: 5000, memoryBytes: 64 * 1024 * 1024 },
    taskTimeoutMs: 30_000,
    services: noServices,
    processDirect: (address) =>
      Promise.reject(new StepFailure('no_consumer', `Nothing is deployed at ${address}.`)),
    noteReceiver: () => undefined,
    trace: new ForwardedTrace(undefined),
    revision: 'revision-1',
  };
}

/** Tasks on this thread: what the worker threads add is tested with them. */
export const onThisThread: TaskRunner = {
  async run(name, input, { resource }) {
    const entry: TaskEntry<unknown> = tasks[name];
    const task = (await entry.load()) as Task<never, never, unknown>;
    const prepared = resource === undefined ? undefined : await task.prepare?.(resource);
    // What crosses to a worker is copied.
    return structuredClone(await task.run(structuredClone(input) as never, prepared));
  },
};

/** What keeps a bundle from running here; none where nothing does. */
export function faultsOf(zip: Uint8Array): readonly DeployFault[] {
  try {
    compileBundle(zip);
  } catch (error) {
    if (error instanceof NotDeployable) return error.details;
    throw error;
  }
  return [];
}

/** Compiles a bundle and runs it from its first sender; see test/support/flow-bundle.ts. */
export async function runBundle(
  zip: Uint8Array,
  exchange: Exchange,
  environment: FlowEnvironment = environmentOf(),
): Promise<FlowOutcome & { readonly log: readonly ScriptLogEntry[] }> {
  const { flow } = compileBundle(zip);
  // Deployments keep flows as JSON.
  const stored = JSON.parse(JSON.stringify(flow)) as typeof flow;
  const start = stored.senders[0] ?? stored.directSenders[0] ?? stored.timers[0];
  if (start === undefined) throw new Error('The flow has no start.');
  const log: ScriptLogEntry[] = [];
  const outcome = await runFlow(
    stored,
    start,
    exchange,
    environment,
    Math.max(NOW + 210_000, environment.now() + 1000),
    log,
  );
  return { ...outcome, log };
}

/** Builds, compiles and runs a flow on an exchange. */
export async function run(
  description: Omit<BundleDescription, 'id' | 'name' | 'address'>,
  exchange: Exchange,
  environment: FlowEnvironment = environmentOf(),
): ReturnType<typeof runBundle> {
  const bundle = { id: 'Tested', name: 'Tested', address: '/tested', ...description };
  return runBundle(buildBundle(bundle), exchange, environment);
}
