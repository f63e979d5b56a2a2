import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { compileBundle } from '../../shared/iflow/compile.ts';
import type { Deployment, DeploymentDirectory } from '../../shared/iflow/deployment/deployment.ts';
import { UnknownRevision } from '../../shared/iflow/deployment/directory.ts';
import type { FlowEnvironment } from '../../shared/iflow/engine.ts';
import type { Exchange } from '../../shared/iflow/exchange.ts';
import { FlowCache } from '../../shared/iflow/flow-cache.ts';
import type { CompiledFlow } from '../../shared/iflow/flow.ts';
import { createMessageProcessor } from '../../shared/iflow/process-message.ts';
import { runFlow } from '../../shared/iflow/run.ts';
import type { MessageLogEntry } from '../../shared/monitor/message-log.ts';
import { ForwardedTrace } from '../../shared/telemetry/telemetry.ts';
import { testClock } from '../support/clock.ts';
import { environmentOf, exchangeOf } from './running.ts';

export const deploymentOf = (flow: CompiledFlow): Deployment => ({
  id: flow.id,
  name: flow.name,
  version: '1.0.0',
  packageId: 'P',
  packageName: 'P',
  status: 'STARTED',
  deployedBy: 'd',
  deployedOn: 0,
  revision: flow.id,
  addresses: [],
  directAddresses: flow.directSenders.map(({ address }) => address),
  faults: [],
});

/** The deployments of some flows, which stay as they are. */
export function directoryOf(flows: readonly CompiledFlow[]): DeploymentDirectory {
  return {
    current: () => Promise.resolve({ generation: '1', deployments: flows.map(deploymentOf) }),
    compiledFlow(revision) {
      const flow = flows.find(({ id }) => id === revision);
      return flow ? Promise.resolve(flow) : Promise.reject(new UnknownRevision(revision));
    },
  };
}

interface Processing {
  readonly exchange?: Exchange;
  readonly user?: string;
  readonly sender?: string;
  readonly environment?: FlowEnvironment;
  readonly deployments?: (flows: readonly CompiledFlow[]) => DeploymentDirectory;
  readonly flowTimeoutMs?: number;
}

/** Sends a message to the first of some deployed flows. @returns what became of it, and the log */
export async function processed(
  bundles: readonly Uint8Array[],
  {
    exchange = exchangeOf('x'),
    user = 'oauth_client_a',
    sender = user,
    environment = environmentOf(),
    deployments = directoryOf,
    flowTimeoutMs = 10_000,
  }: Processing = {},
) {
  const flows = bundles.map((zip) => compileBundle(zip).flow);
  const [first] = flows;
  const start = first?.senders[0];
  assert.ok(first && start);
  const log: MessageLogEntry[] = [];
  const directory = deployments(flows);
  const processor = createMessageProcessor({
    runFlow,
    environment,
    deployments: directory,
    flows: new FlowCache((revision) => directory.compiledFlow(revision), {
      maxFlows: 10,
      maxCharacters: 1_000_000,
    }),
    flowTimeoutMs,
    log: { add: (entry) => void log.push(entry), flush: () => Promise.resolve(), held: () => 0 },
    logAttachments: { add: () => undefined },
    clock: testClock(),
    randomBytes,
  });
  const message = {
    ...processor.newIds(),
    user,
    sender,
    deployment: deploymentOf(first),
    flow: first,
    start,
    exchange,
    trace: new ForwardedTrace(undefined),
  };
  const outcome = await processor.process(message, ({ body }) => body);
  return {
    outcome,
    entries: log,
    log: log.map(({ flowId, status, errorText }) => [flowId, status, errorText]),
  };
}
