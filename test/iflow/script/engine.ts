import { after } from 'node:test';
import type { Attachment, Body, PropertyValue, Value } from '../../../shared/iflow/exchange.ts';
import { ScriptFailure } from '../../../shared/iflow/script/engine.ts';
import type {
  ScriptCall,
  ScriptEngine,
  ScriptResult,
} from '../../../shared/iflow/script/engine.ts';
import { createWorkerPool } from '../../../shared/iflow/script/workers/pool.ts';
import type { FlowServices } from '../../../shared/iflow/services/services.ts';
import { noServices } from '../running.ts';

export const WALK_THROUGH = `function processData(message) {
  var body = message.getBody();
  message.setBody("Hello world from IFlow");
  return message;
}`;

export interface Given {
  readonly body?: Body;
  readonly headers?: readonly (readonly [string, Value])[];
  readonly properties?: readonly (readonly [string, PropertyValue])[];
  readonly attachments?: readonly (readonly [string, Attachment])[];
  readonly services?: FlowServices;
  readonly functionName?: string;
  readonly key?: string;
  readonly timeoutMs?: number;
  readonly memoryBytes?: number;
}

/** A call of a script; the same source has the same key. */
export function scriptCall(source: string, given: Given = {}): ScriptCall {
  const { body = '', headers = [], properties = [], attachments = [] } = given;
  return {
    key: given.key ?? source,
    fileName: 'script.js',
    source,
    functionName: given.functionName ?? 'processData',
    message: { body, headers, properties, attachments },
    services: given.services ?? noServices,
    limits: {
      timeoutMs: given.timeoutMs ?? 5000,
      memoryBytes: given.memoryBytes ?? 64 * 1024 * 1024,
    },
  };
}

/** An engine of the test file's own, closed after its tests. */
export function startEngine(
  workers = 2,
  queueLength?: number,
): ReturnType<typeof createWorkerPool> {
  const engine = createWorkerPool(
    queueLength === undefined ? { workers } : { workers, queueLength },
  );
  after(() => engine.close());
  return engine;
}

/** Runs the body of `processData(message)`. */
export function process(engine: ScriptEngine, body: string, given?: Given): Promise<ScriptResult> {
  return engine.run(
    scriptCall(`function processData(message) { ${body}\nreturn message; }`, given),
  );
}

/** What a run that must fail fails with. */
export async function failureOf(run: Promise<ScriptResult>): Promise<ScriptFailure> {
  try {
    await run;
  } catch (error) {
    if (error instanceof ScriptFailure) return error;
    throw error;
  }
  throw new Error('The script was expected to fail.');
}
