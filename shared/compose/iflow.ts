import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { createRandomPool } from '../config/random.ts';
import { atEnd, config, deriveKey, meter, prepared } from './environment.ts';
import { audit, messageLog } from './logs.ts';
import { bearerGate } from './oauth.ts';
import { tables } from './storage.ts';

export const deployments = once(async () => {
  const { openDeploymentStore } = await import('../storage/deployments.ts');
  const { createDeploymentDirectory } = await import('../iflow/deployment/directory.ts');
  const store = openDeploymentStore(await tables());
  return { store, directory: createDeploymentDirectory(store, clock) };
});

export const design = once(async () => {
  const { openDesignStore } = await import('../storage/design.ts');
  return openDesignStore(await tables());
});

const javaScriptEngine = once(async () => {
  const { createJavaScriptEngine } = await import('../iflow/script/javascript/pool.ts');
  const measured = await meter();
  const engine = createJavaScriptEngine({
    workers: (await config()).script.workers,
    onReplaced: () => measured.count('flowgate.script_workers.replaced'),
  });
  atEnd(() => engine.close());
  return engine;
});

export const dispatch = prepared(async ({ subscriptions, script, flowTimeoutMs }) => {
  const { createDispatchEndpoint } = await import('../iflow/dispatch/dispatch-endpoint.ts');
  const { createFindAddress } = await import('../iflow/dispatch/routing.ts');
  const { createCsrfTokens } = await import('../iflow/dispatch/csrf.ts');
  const { runFlow } = await import('../iflow/run.ts');
  const { auditRefusals } = await import('../oauth/audit-refusals.ts');
  const handle = createDispatchEndpoint({
    gate: await bearerGate(),
    subscription: subscriptions.iflmap,
    deployments: (await deployments()).directory,
    findAddress: createFindAddress(),
    runFlow,
    environment: {
      scriptEngine: javaScriptEngine,
      xpathEngine: javaScriptEngine,
      scriptLimits: { timeoutMs: script.timeoutMs, memoryBytes: script.memoryMb * 1024 * 1024 },
    },
    flowTimeoutMs,
    csrf: createCsrfTokens(await deriveKey('csrf'), clock),
    log: (await messageLog()).writer,
    clock,
    randomBytes: createRandomPool(),
  });
  return auditRefusals(handle, 'message.send', (await audit()).trail);
}, 'messages');
