import type {
  Callback,
  CoreInvocationContext,
  FunctionMetadata,
  Hook,
  HookName,
  InvocationRequest,
  InvocationResponse,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './rpc.ts';
import type { Log } from './log.ts';

export interface Invocable {
  readonly metadata: FunctionMetadata;
  readonly callback: Callback;
}

export interface Surroundings {
  readonly model: ProgrammingModel;
  readonly hooks: Readonly<Record<HookName, readonly Hook[]>>;
  readonly log: Log;
}

/**
 * Runs a function as the Functions worker does: arguments by the library, the app's hooks around
 * the call, the library's answer.
 * @throws what the function or a hook has thrown.
 */
export async function invoke(
  { metadata, callback }: Invocable,
  request: InvocationRequest,
  { model, hooks, log }: Surroundings,
): Promise<InvocationResponse> {
  let invocationContext: unknown = undefined;
  const core: CoreInvocationContext = {
    invocationId: request.invocationId,
    request,
    metadata,
    state: undefined,
    log: (level, category, message) => {
      const event = { level, category, message };
      if (hooks.log.length > 0) runLogHooks(hooks.log, event, invocationContext);
      log(event.level, event.category, `[${metadata.name}] ${event.message}`);
    },
  };
  const invocation = await model.getInvocationModel(core);
  const given = await invocation.getArguments();
  invocationContext = given.context;
  if (hooks.preInvocation.length === 0 && hooks.postInvocation.length === 0) {
    const result = await invocation.invokeFunction(given.context, given.inputs, callback);
    return invocation.getResponse(given.context, result);
  }
  const shared = { hookData: {}, invocationContext };
  const before = { ...shared, inputs: given.inputs, functionCallback: callback };
  await inState(core, 'preInvocationHooks', () => runHooks(hooks.preInvocation, before));
  const after: typeof shared & { inputs: unknown[]; result: unknown; error: unknown } = {
    ...shared,
    inputs: before.inputs,
    result: null,
    error: null,
  };
  await inState(core, 'invocation', async () => {
    try {
      after.result = await invocation.invokeFunction(
        given.context,
        before.inputs,
        before.functionCallback,
      );
    } catch (error) {
      after.error = error ?? new Error('The function threw nothing.');
    }
  });
  await inState(core, 'postInvocationHooks', () => runHooks(hooks.postInvocation, after));
  if (after.error instanceof Error) throw after.error;
  if (after.error) throw new Error(`The function threw ${typeof after.error}, not an Error.`);
  return invocation.getResponse(given.context, after.result);
}

/** Hooks run one after the other, in the order of their registration, on one context. */
export async function runHooks(hooks: readonly Hook[], context: object): Promise<void> {
  for (const hook of hooks) await hook(context);
}

function runLogHooks(
  hooks: readonly Hook[],
  event: { level: LogLevel; category: LogCategory; message: string },
  invocationContext: unknown,
): void {
  const context = Object.assign(event, { hookData: {}, invocationContext });
  for (const hook of hooks) hook(context);
}

async function inState(
  core: CoreInvocationContext,
  state: NonNullable<CoreInvocationContext['state']>,
  work: () => Promise<void>,
): Promise<void> {
  core.state = state;
  try {
    await work();
  } finally {
    core.state = undefined;
  }
}
