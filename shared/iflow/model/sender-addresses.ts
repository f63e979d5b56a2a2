import { readBundle } from '../bundle/bundle.ts';
import { BundleFault } from '../bundle/fault.ts';
import { readFlow } from './read-flow.ts';

/**
 * The addresses of a bundle's HTTPS senders as they stand in its design, whether it can be deployed
 * or not; none for a bundle that cannot be read.
 */
export function readSenderAddresses(zip: Uint8Array): readonly string[] {
  try {
    return readFlow(readBundle(zip))
      .channels.filter((one) => one.adapter === 'HTTPS' && one.direction === 'Sender')
      .map((channel) => (channel.properties.get('urlPath') ?? '').trim());
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    return [];
  }
}
