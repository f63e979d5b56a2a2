import type { Clock } from '../../config/clock.ts';
import { isInTime } from '../../x509/chain.ts';
import type { ReadClientCertificate } from '../client-certificate.ts';
import type { Proof } from './client-id-alone.ts';
import type { ClientKeys } from './client-keys.ts';

/**
 * A certificate of the client's own making, whose key is one of those in its registration (RFC 8705
 * section 2.2): whatever else it says of its owner does not count.
 */
export function selfSignedTlsClientAuth(deps: {
  readonly readCertificate: ReadClientCertificate;
  readonly keys: ClientKeys;
  readonly clock: Clock;
}): Proof {
  const { readCertificate, keys, clock } = deps;
  return async (call, client) => {
    const certificate = readCertificate(call);
    if (certificate === undefined) return 'no_certificate';
    const isKnown = await keys.has(client, certificate.x509.publicKey);
    if (isKnown && isInTime(certificate, clock.now())) return 'accepted';
    call.annotate({ certificate_check: isKnown ? 'expired' : 'key' });
    return 'wrong_certificate';
  };
}
