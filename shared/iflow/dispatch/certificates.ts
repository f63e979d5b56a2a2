import type { Clock } from '../../config/clock.ts';
import type { HttpCall } from '../../http/call.ts';
import type { ReadClientCertificate } from '../../oauth/client-certificate.ts';
import type { Certificate } from '../../x509/certificate.ts';
import { findFaultInCertificate } from '../../x509/chain.ts';
import { isSameName, parseName } from '../../x509/distinguished-name.ts';
import type { CertificateNames } from '../flow.ts';

/** Reads the client certificates that callers of HTTPS senders show. */
export interface CertificateReader {
  /** Undefined for none, and for one that no trusted authority has issued. */
  read(call: HttpCall): Promise<SenderCertificate | undefined>;
}

export interface SenderCertificate {
  /** For the log: its subject on one line. */
  readonly subject: string;
  /** Its whole subject as RFC 4514 writes it. */
  readonly name: string;
  /** Its DER in base64. */
  readonly encoded: string;
  isNamedBy(names: readonly CertificateNames[]): boolean;
}

/** SAP Help, Client Certificate Authentication (inbound): subject and issuer name the certificate. */
export function createCertificateReader(deps: {
  readonly readCertificate: ReadClientCertificate;
  readonly authorities: readonly Certificate[];
  readonly clock: Clock;
}): CertificateReader {
  return {
    read(call) {
      const certificate = deps.readCertificate(call);
      if (certificate === undefined) return Promise.resolve(undefined);
      const fault = findFaultInCertificate(certificate, deps.authorities, deps.clock.now());
      if (fault !== undefined) {
        call.annotate({ certificate_check: fault });
        return Promise.resolve(undefined);
      }
      const { x509 } = certificate;
      return Promise.resolve({
        subject: x509.subject.replaceAll('\n', ', ').slice(0, 200),
        // Node escapes as RFC 4514 does, and writes a relative name to a line, the last one last.
        name: x509.subject.split('\n').reverse().join(','),
        encoded: x509.raw.toString('base64'),
        isNamedBy: (names) =>
          names.some(
            ({ subject, issuer }) =>
              isNamed(certificate.subject, subject) && isNamed(certificate.issuer, issuer),
          ),
      });
    },
  };
}

function isNamed(name: Certificate['subject'], written: string): boolean {
  const parsed = parseName(written);
  return parsed !== undefined && isSameName(parsed, name);
}
