import { isIP } from 'node:net';
import type { Clock } from '../../config/clock.ts';
import type { CertificateSubject } from '../../registry/client.ts';
import type { Certificate } from '../../x509/certificate.ts';
import { findFaultInCertificate } from '../../x509/chain.ts';
import { isSameName, parseName } from '../../x509/distinguished-name.ts';
import type { ReadClientCertificate } from '../client-certificate.ts';
import type { Proof } from './client-id-alone.ts';

/**
 * A certificate that a trusted authority has issued to the client (RFC 8705 section 2.1). What stands
 * in front of us has seen that the caller has its key and nothing else, so the chain is verified here.
 */
export function tlsClientAuth(deps: {
  readonly readCertificate: ReadClientCertificate;
  readonly authorities: readonly Certificate[];
  readonly clock: Clock;
}): Proof {
  const { readCertificate, authorities, clock } = deps;
  return (call, client) => {
    const certificate = readCertificate(call);
    if (certificate === undefined) return 'no_certificate';
    const { tlsClientAuth: subject } = client;
    if (subject === undefined || !hasSubject(certificate, subject)) {
      call.annotate({ certificate_check: 'subject' });
      return 'wrong_certificate';
    }
    const fault = findFaultInCertificate(certificate, authorities, clock.now());
    if (fault === undefined) return 'accepted';
    call.annotate({ certificate_check: fault });
    return 'wrong_certificate';
  };
}

/** RFC 8705 section 2.1.2: the one name that is registered is among those of the certificate. */
export function hasSubject(
  { subject, alternativeNames: names }: Certificate,
  { kind, value }: CertificateSubject,
): boolean {
  switch (kind) {
    case 'subject_dn': {
      const registered = parseName(value);
      return registered !== undefined && isSameName(registered, subject);
    }
    case 'san_dns':
      return names.dns.some((name) => name.toLowerCase() === value.toLowerCase());
    case 'san_uri':
      return names.uri.includes(value);
    case 'san_email':
      return names.email.includes(value);
    case 'san_ip':
      return (
        isIP(value) !== 0 &&
        names.ip.some((name) => oneSpelling(textOf(name)) === oneSpelling(value))
      );
  }
}

/** RFC 5280 section 4.2.1.6: 4 bytes, or 16 for IPv6. */
function textOf(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  return bytes.toString('hex').replace(/(.{4})(?=.)/g, '$1:');
}

/** The URL parser writes one IPv6 address in one way (RFC 5952). */
function oneSpelling(address: string): string {
  const url = `http://[${address}]`;
  return URL.canParse(url) ? new URL(url).hostname : address;
}
