import type { ProcessDirectSender } from '../flow.ts';
import type { SenderCompiler } from './compiler.ts';

/** SAP Help, ProcessDirect Sender Adapter: the address is unique on the tenant, and has no wildcard. */
export const compileProcessDirectSender: SenderCompiler<ProcessDirectSender> = (
  channel,
  { start, fault },
) => {
  const address = (channel.properties.get('address') ?? '').trim();
  if (!/^[^\s]{1,200}$/.test(address)) {
    fault(
      `has the address ${JSON.stringify(address.slice(0, 200))}; it is a text of 1 to 200 characters without spaces`,
      { property: 'address' },
    );
    return undefined;
  }
  return { channelId: channel.id, channelName: channel.name, address, ...start };
};
