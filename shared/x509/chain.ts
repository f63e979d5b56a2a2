import type { Certificate } from './certificate.ts';

/** CA certificates between a certificate and the end of its chain, at most. */
const MOST_AUTHORITIES = 6;

/** RFC 5280 section 4.2.1.12: id-kp-clientAuth. */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/**
 * Critical extensions that are heeded here: key usage (by node's `checkIssued`), alternative names,
 * basic constraints, policies (which are not asked for) and extended key usage.
 */
const HEEDED = ['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.32', '2.5.29.37'];

/** SHA-256 and longer with RSA (PSS too) and ECDSA, and Ed25519: nobody forges those. */
const STRONG_SIGNATURES = [
  '1.2.840.113549.1.1.10',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.3.101.112',
];

/** What is wrong with a client's certificate; a tag for the log. */
export type CertificateFault = 'expired' | 'authority' | 'usage' | 'extension' | 'chain';

/** @param now milliseconds since the epoch. */
export function isInTime({ x509 }: Certificate, now: number): boolean {
  return Date.parse(x509.validFrom) <= now && now <= Date.parse(x509.validTo);
}

/**
 * Whether a certificate is a client's, issued under one of the authorities (RFC 5280 section 6), as
 * the TLS server would find if it looked: the front end does not. Its extended key usage has to name
 * clientAuth. Revocation lists are not asked.
 * @param authorities those trusted; a chain ends at one that has signed itself, or whose issuer is not
 *   among them.
 * @returns undefined for one that is good.
 */
export function findFaultInCertificate(
  certificate: Certificate,
  authorities: readonly Certificate[],
  now: number,
): CertificateFault | undefined {
  if (!isInTime(certificate, now)) return 'expired';
  if (certificate.x509.ca) return 'authority';
  // node has the extended key usage under this name; undefined for a certificate without.
  const usage = certificate.x509.keyUsage as readonly string[] | undefined;
  if (usage?.includes(CLIENT_AUTH) !== true) return 'usage';
  if (!isHeeded(certificate)) return 'extension';
  return hasChain(certificate, authorities, now, 0) ? undefined : 'chain';
}

const isHeeded = ({ binding }: Certificate): boolean => binding.every((id) => HEEDED.includes(id));

/** @param below CA certificates between the client's and the one that is issued here. */
function hasChain(
  issued: Certificate,
  authorities: readonly Certificate[],
  now: number,
  below: number,
): boolean {
  if (below > MOST_AUTHORITIES || !STRONG_SIGNATURES.includes(issued.signatureAlgorithm)) {
    return false;
  }
  return authorities.some((authority) => {
    if (!isIssuer(authority, issued)) return false;
    if (!isInTime(authority, now) || !authority.x509.ca || !isHeeded(authority)) return false;
    if (authority.pathLength !== undefined && authority.pathLength < below) return false;
    const isLast =
      isIssuer(authority, authority) || !authorities.some((other) => isIssuer(other, authority));
    return isLast || hasChain(authority, authorities, now, below + 1);
  });
}

/** By name, key identifiers, key usage and signature. */
function isIssuer(authority: Certificate, issued: Certificate): boolean {
  return issued.x509.checkIssued(authority.x509) && issued.x509.verify(authority.x509.publicKey);
}
