import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { createRandomPool } from '../config/random.ts';
import { atEnd, config, deriveKey, meter, prepared } from './environment.ts';
import { audit, messageLog } from './logs.ts';
import { bearerGate } from './oauth.ts';
import { tables } from './storage.ts';
import { createDeploymentDirectory } from '../iflow/deployment/directory.ts';
import { createCsrfTokens } from '../iflow/dispatch/csrf.ts';
import { createDispatchEndpoint } from '../iflow/dispatch/dispatch-endpoint.ts';
import { createFindAddress } from '../iflow/dispatch/routing.ts';
import { runFlow } from '../iflow/run.ts';
import { auditRefusals } from '../oauth/audit-refusals.ts';
import { openDeploymentStore } from '../storage/deployments.ts';
import { openDesignStore } from '../storage/design.ts';

export const deployments = once(async () => {
  const store = openDeploymentStore(await tables());
  return { store, directory: createDeploymentDirectory(store, clock) };
});

export const design = once(async () => {
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
