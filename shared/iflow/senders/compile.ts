import type { DeployFault, HttpsSender, ProcessDirectSender } from '../flow.ts';
import type { Channel, FlowModel } from '../model/flow-model.ts';
import { faultOf } from '../compile-fault.ts';
import type { FaultSubject } from '../steps/compiler.ts';
import type { SenderCompileContext } from './compiler.ts';
import { compileHttpsSender, repeatedAddresses } from './https.compile.ts';
import { compileProcessDirectSender } from './process-direct.compile.ts';

export interface CompiledSenders {
  readonly senders: HttpsSender[];
  readonly directSenders: ProcessDirectSender[];
}

/**
 * Compiles what starts the flow. A flow that nothing could ever start is refused: Cloud Integration
 * would deploy it, and leave whoever calls it to find out.
 */
export function compileSenders(
  model: FlowModel,
  report: (fault: DeployFault) => void,
): CompiledSenders {
  const compiled: CompiledSenders = { senders: [], directSenders: [] };
  let begins = false;
  for (const channel of model.channels.filter(({ direction }) => direction === 'Sender')) {
    begins = true;
    const fault = (clause: string, about?: FaultSubject): void =>
      report(faultOf(channelName(channel), clause, about, channel));
    const start = startOf(channel, model);
    if (channel.adapter !== 'HTTPS' && channel.adapter !== 'ProcessDirect') {
      const capability = `sender ${channel.adapter || 'without adapter'}`;
      fault('is not available yet', { kind: 'missing', capability });
      continue;
    }
    if (start === undefined) fault('is not connected to the start of a process');
    const context: SenderCompileContext = { start: start ?? { processId: '', startId: '' }, fault };
    if (channel.adapter === 'HTTPS') push(compiled.senders, compileHttpsSender(channel, context));
    else push(compiled.directSenders, compileProcessDirectSender(channel, context));
  }
  for (const text of repeatedAddresses(compiled.senders)) {
    report({ text, kind: 'design', capability: '' });
  }
  const timed = model.processes.some((p) => p.nodes.some((n) => n.cname === 'intermediatetimer'));
  if (!begins && !timed) {
    const text =
      'The iFlow has no sender channel and no timer: nothing could ever start it. Add an HTTPS sender.';
    report({ text, kind: 'design', capability: '' });
  }
  return compiled;
}

function startOf(channel: Channel, model: FlowModel): SenderCompileContext['start'] | undefined {
  for (const process of model.processes) {
    const node = process.nodes.find(({ id }) => id === channel.targetId);
    if (node !== undefined) {
      return node.element === 'startEvent'
        ? { processId: process.id, startId: node.id }
        : undefined;
    }
  }
  return undefined;
}

function push<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}

export function channelName({ direction, id, name, adapter }: Channel): string {
  const shown = JSON.stringify((name || id).slice(0, 200));
  return `${direction} channel ${shown} (${adapter.slice(0, 100) || 'no adapter'})`;
}
