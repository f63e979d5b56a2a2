import type { HttpCall } from '../http/call.ts';
import { type Certificate, readCertificate } from '../x509/certificate.ts';
import { readForwarded } from '../x509/forwarded.ts';

/** The certificate that the caller has shown to the front end; undefined where there is none. */
export type ReadClientCertificate = (call: HttpCall) => Certificate | undefined;

/** @param header that the front end puts the certificate in, and lets nobody else write. */
export function clientCertificates(header: string): ReadClientCertificate {
  return (call) => {
    const value = call.headers.get(header) ?? '';
    const encoded = value === '' ? undefined : readForwarded(value);
    return encoded === undefined ? undefined : readCertificate(encoded);
  };
}
