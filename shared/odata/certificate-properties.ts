import { X509Certificate } from 'node:crypto';
import { certificateOf } from '../x509/certificate.ts';
import type { Entity, EntityType } from './model.ts';

/** What the keystore's entities tell of a certificate. */
export const certificateProperties: EntityType['properties'] = {
  KeyType: 'Edm.String',
  KeySize: 'Edm.Int32',
  ValidNotBefore: 'Edm.DateTime',
  ValidNotAfter: 'Edm.DateTime',
  SerialNumber: 'Edm.String',
  SignatureAlgorithm: 'Edm.String',
  EllipticCurve: 'Edm.String',
  Validity: 'Edm.String',
  SubjectDN: 'Edm.String',
  IssuerDN: 'Edm.String',
  FingerprintSha1: 'Edm.String',
  FingerprintSha256: 'Edm.String',
  FingerprintSha512: 'Edm.String',
};

const SIGNATURES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.5': 'SHA1/RSA',
  '1.2.840.113549.1.1.10': 'RSASSA-PSS',
  '1.2.840.113549.1.1.11': 'SHA256/RSA',
  '1.2.840.113549.1.1.12': 'SHA384/RSA',
  '1.2.840.113549.1.1.13': 'SHA512/RSA',
  '1.2.840.10045.4.1': 'SHA1/ECDSA',
  '1.2.840.10045.4.3.2': 'SHA256/ECDSA',
  '1.2.840.10045.4.3.3': 'SHA384/ECDSA',
  '1.2.840.10045.4.3.4': 'SHA512/ECDSA',
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
};

/** Bits of the curves that keys are made on, by the name that OpenSSL has for them. */
const CURVES: Readonly<Record<string, number>> = {
  prime256v1: 256,
  secp256k1: 256,
  secp384r1: 384,
  secp521r1: 521,
};

/** @param pem of one certificate that was read before. */
export function describeCertificate(pem: string, now: number): Entity {
  const x509 = new X509Certificate(pem);
  const { asymmetricKeyType = '', asymmetricKeyDetails: details } = x509.publicKey;
  const [from, until] = [x509.validFromDate.getTime(), x509.validToDate.getTime()];
  const signature = certificateOf(x509)?.signatureAlgorithm ?? '';
  return {
    KeyType: asymmetricKeyType.toUpperCase(),
    KeySize: details?.modulusLength ?? CURVES[details?.namedCurve ?? ''] ?? null,
    ValidNotBefore: from,
    ValidNotAfter: until,
    SerialNumber: x509.serialNumber,
    SignatureAlgorithm: SIGNATURES[signature] ?? signature,
    EllipticCurve: details?.namedCurve ?? null,
    Validity: now < from ? 'Not Yet Valid' : now > until ? 'Expired' : 'Valid',
    SubjectDN: nameOf(x509.subject),
    IssuerDN: nameOf(x509.issuer),
    FingerprintSha1: x509.fingerprint,
    FingerprintSha256: x509.fingerprint256,
    FingerprintSha512: x509.fingerprint512,
  };
}

/** RFC 4514: from the last relative name to the first, which node:crypto has a line each for. */
const nameOf = (lines: string): string => lines.split('\n').reverse().join(',');
