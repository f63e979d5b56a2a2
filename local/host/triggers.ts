import { randomUUID } from 'node:crypto';
import type { App } from './app.ts';
import { type HttpFunction, routeHttpFunctions, type Router } from './http-functions.ts';
import { type Invocable, invoke } from './invocation.ts';
import { describe } from './log.ts';
import { parseNcrontab } from './ncrontab.ts';
import type { QueueFunction } from './queues.ts';
import type { Binding, TypedData } from './rpc.ts';
import { traceContextOf } from './trace-context.ts';
import type { TimerFunction } from './timers.ts';

/** An app's functions by what sets them off. */
export interface Triggers {
  readonly router: Router;
  readonly timers: readonly TimerFunction[];
  readonly queues: readonly QueueFunction[];
  /** By name in lower case: what `POST /admin/functions/NAME` runs; never rejects. */
  readonly onDemand: ReadonlyMap<string, (input: string) => Promise<void>>;
  /** Functions that Azure would refuse, or this host cannot run, each with the reason. */
  readonly faults: readonly string[];
}

/** A function that Azure would refuse is left out and logged; the others are served. */
export function sortTriggers(app: App): Triggers {
  const http: HttpFunction[] = [];
  const timers: TimerFunction[] = [];
  const queues: QueueFunction[] = [];
  const onDemand = new Map<string, (input: string) => Promise<void>>();
  const faults: string[] = [];
  const names = new Set<string>();
  const reject = (name: string, reason: string): void => {
    const fault = `Function "${name}" is left out: ${reason}`;
    faults.push(fault);
    app.log('error', 'system', fault);
  };
  for (const fn of app.functions) {
    const { name } = fn.metadata;
    const key = name.toLowerCase();
    try {
      checkName(name);
      if (names.has(key)) throw new Error('Another function has its name.');
      names.add(key);
      const [trigger, binding] = triggerOf(fn);
      switch (binding.type) {
        case 'httpTrigger':
          http.push({ ...fn, trigger });
          break;
        case 'timerTrigger': {
          const timer = timerOf(app, fn, trigger, binding);
          timers.push(timer);
          onDemand.set(key, () => timer.run(unscheduled(timer.schedule)));
          break;
        }
        case 'queueTrigger': {
          const queue = queueOf(app, fn, trigger, binding);
          queues.push(queue);
          onDemand.set(key, (input) =>
            queue.run(input, {}).catch((error: unknown) => {
              app.log('error', 'system', `${name} failed: ${describe(error)}`);
            }),
          );
          break;
        }
        default:
          throw new Error(`The local host does not know its trigger "${binding.type}".`);
      }
    } catch (error) {
      reject(name, error instanceof Error ? error.message : String(error));
    }
  }
  const router = routeHttpFunctions(http, app.settings.routePrefix, reject);
  return { router, timers, queues, onDemand, faults };
}

function checkName(name: string): void {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,127}$/.test(name)) {
    throw new Error('Its name must match ^[A-Za-z][A-Za-z0-9_-]{0,127}$.');
  }
}

function triggerOf({ metadata }: Invocable): [string, Binding] {
  const entries = Object.entries(metadata.bindings);
  const found = entries.find(([, { type }]) => /Trigger$/i.test(type));
  if (found === undefined) throw new Error('It has no trigger.');
  const other = entries.find(
    ([name, { type }]) => name !== found[0] && !(name === '$return' && type === 'http'),
  );
  if (other !== undefined) {
    throw new Error(`The local host does not know its binding "${other[1].type}".`);
  }
  if (metadata.retryOptions !== undefined) {
    throw new Error('The local host does not know retry policies.');
  }
  return found;
}

function timerOf(app: App, fn: Invocable, trigger: string, binding: Binding): TimerFunction {
  const { name } = fn.metadata;
  const schedule = resolveSetting(textOf(binding['schedule']));
  parseNcrontab(schedule);
  return {
    name,
    schedule,
    runOnStartup: binding['runOnStartup'] === true,
    useMonitor: binding['useMonitor'] !== false,
    async run(input) {
      try {
        await invokeWith(app, fn, trigger, { json: JSON.stringify(input) });
      } catch (error) {
        app.log('error', 'system', `${name} failed: ${describe(error)}`);
      }
    },
  };
}

function queueOf(app: App, fn: Invocable, trigger: string, binding: Binding): QueueFunction {
  return {
    name: fn.metadata.name,
    queueName: resolveSetting(textOf(binding['queueName'])),
    connection: textOf(binding['connection']),
    run: (text, metadata) => invokeWith(app, fn, trigger, { string: text }, metadata),
  };
}

async function invokeWith(
  app: App,
  fn: Invocable,
  trigger: string,
  data: TypedData,
  triggerMetadata: Record<string, TypedData> = {},
): Promise<void> {
  const inputData = [{ name: trigger, data }];
  await invoke(
    fn,
    { invocationId: randomUUID(), inputData, traceContext: traceContextOf(), triggerMetadata },
    app,
  );
}

/** `%NAME%` in a binding stands for that setting. */
function resolveSetting(text: string): string {
  return text.replace(/%([A-Za-z0-9_]+)%/g, (_, name: string) => {
    const value = process.env[name];
    if (value === undefined)
      throw new Error(`Its binding names the setting ${name}, which is not set.`);
    return value;
  });
}

function unscheduled(schedule: string): Parameters<TimerFunction['run']>[0] {
  const now = new Date().toISOString();
  const next = new Date(parseNcrontab(schedule).next(Date.now())).toISOString();
  return {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: now, Next: next, LastUpdated: now },
    IsPastDue: false,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
