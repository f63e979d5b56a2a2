import { X509Certificate } from 'node:crypto';

/** How client certificates come in; see docs/client-authentication.md. */
export interface MtlsSettings {
  /** In which the front end hands over the client's certificate; lower case. */
  readonly header: string;
  /** DER; empty where no authority's certificates are taken. */
  readonly authorities: readonly Buffer[];
}

/** App Service's. */
const DEFAULT_HEADER = 'x-arr-clientcert';

/** @returns the header's name, lower case; undefined for off. */
export function readCertificateHeader(setting: string): string | undefined {
  if (/^(off|false|no|0)$/i.test(setting)) return undefined;
  return /^(on|true|yes|1)$/i.test(setting) ? DEFAULT_HEADER : setting.toLowerCase();
}

/**
 * Certificates in PEM, one after the other; line breaks may have become spaces or `\n` on the way.
 * @returns undefined unless there is one and all are those of certification authorities.
 */
export function readAuthorities(setting: string): readonly Buffer[] | undefined {
  const found = [...setting.replaceAll('\\n', '\n').matchAll(PEM_CERTIFICATE)];
  const authorities = found.map(([, base64 = '']) => Buffer.from(base64, 'base64'));
  return authorities.length > 0 && authorities.every(isAuthority) ? authorities : undefined;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g;

function isAuthority(der: Buffer): boolean {
  try {
    return new X509Certificate(der).ca;
  } catch {
    return false;
  }
}
