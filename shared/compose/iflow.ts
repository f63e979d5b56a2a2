import { once } from '../cache/once.ts';
import { systemClock as clock } from '../config/clock.ts';
import { createRandomPool } from '../config/random.ts';
import { accessPolicies } from './access-policies.ts';
import { atEnd, config, deriveKey, meter, prepared } from './environment.ts';
import { certificates } from './client-proofs.ts';
import { deployments } from './deployments.ts';
import { flowServices } from './flow-services.ts';
import { audit, logAttachments, messageLog } from './logs.ts';
import { bearerGate } from './oauth.ts';
import type { CertificateReader } from '../iflow/dispatch/certificates.ts';
import { createCsrfTokens } from '../iflow/dispatch/csrf.ts';
import { createDispatchEndpoint } from '../iflow/dispatch/dispatch-endpoint.ts';
import { createFindAddress } from '../iflow/dispatch/routing.ts';
import { FlowCache } from '../iflow/flow-cache.ts';
import { createMessageProcessor } from '../iflow/process-message.ts';
import type { LogAttachment } from '../monitor/log-attachments.ts';
import { runFlow } from '../iflow/run.ts';
import { auditRefusals } from '../oauth/audit-refusals.ts';

const workerPool = once(async () => {
  const { createWorkerPool } = await import('../iflow/script/workers/pool.ts');
  const measured = await meter();
  const engine = createWorkerPool({
    workers: (await config()).script.workers,
    onReplaced: () => measured.count('flowgate.script_workers.replaced'),
  });
  atEnd(() => engine.close());
  return engine;
});

/** Compiled flows kept by one instance; most are a few kB and their scripts. */
const HELD_FLOWS = { maxFlows: 1000, maxCharacters: 64 * 1024 * 1024 };

export const flows = once(async () => {
  const { directory } = await deployments();
  return new FlowCache((revision) => directory.compiledFlow(revision), HELD_FLOWS);
});

/** What keeps attachments is loaded for the first script that attaches something. */
function attachToLog(attachment: LogAttachment): void {
  logAttachments().then(
    ({ writer }) => writer.add(attachment),
    (error: unknown) => console.error('An attachment of the message log is lost', error),
  );
}

/** What runs messages through flows, whichever function they have come to. */
export const messageProcessor = once(async () => {
  const { script, flowTimeoutMs } = await config();
  return createMessageProcessor({
    runFlow,
    environment: {
      scriptEngine: workerPool,
      tasks: async () => (await workerPool()).tasks,
      scriptLimits: { timeoutMs: script.timeoutMs, memoryBytes: script.memoryMb * 1024 * 1024 },
      taskTimeoutMs: script.timeoutMs,
      services: flowServices,
    },
    deployments: (await deployments()).directory,
    flows: await flows(),
    flowTimeoutMs,
    log: (await messageLog()).writer,
    logAttachments: { add: attachToLog },
    clock,
    randomBytes: createRandomPool(),
  });
});

/** Loaded when a caller shows a certificate and no token. */
const certificateReader: CertificateReader = {
  read: async (call) => (await loadCertificates()).read(call),
};

const loadCertificates = once(async () => {
  const shown = await certificates();
  if (shown === undefined) throw new Error('FLOWGATE_MTLS is off');
  const { createCertificateReader } = await import('../iflow/dispatch/certificates.ts');
  return createCertificateReader({ ...shown, clock });
});

export const dispatch = prepared(async ({ subscriptions, mtls }) => {
  const handle = createDispatchEndpoint({
    gate: await bearerGate(),
    subscription: subscriptions.iflmap,
    deployments: (await deployments()).directory,
    findAddress: createFindAddress(),
    flows: await flows(),
    processor: await messageProcessor(),
    accessPolicies: (await accessPolicies()).directory,
    csrf: createCsrfTokens(await deriveKey('csrf'), clock),
    certificates: mtls === undefined ? undefined : certificateReader,
  });
  return auditRefusals(handle, 'message.send', (await audit()).trail);
}, 'messages');
