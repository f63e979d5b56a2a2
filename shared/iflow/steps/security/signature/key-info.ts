import type { X509Certificate } from 'node:crypto';
import { TaskFailure } from '../../../tasks/task.ts';
import { escapeXml } from '../../../xml/write-xml.ts';
import type { KeyInfoContent } from './settings.ts';

/** The KeyInfo element of a signature (XML Signature section 4.5); '' where it would be empty. */
export function keyInfo(
  content: KeyInfoContent,
  certificates: readonly X509Certificate[],
  ds: string,
  id: string,
): string {
  const [own] = certificates;
  if (own === undefined) return '';
  const shown = content.chain ? certificates : content.certificate ? [own] : [];
  const data = [
    content.issuerSerial
      ? `<${ds}X509IssuerSerial><${ds}X509IssuerName>${escapeXml(issuerName(own))}</${ds}X509IssuerName><${ds}X509SerialNumber>${serialNumber(own)}</${ds}X509SerialNumber></${ds}X509IssuerSerial>`
      : '',
    ...shown.map(
      ({ raw }) => `<${ds}X509Certificate>${raw.toString('base64')}</${ds}X509Certificate>`,
    ),
  ].join('');
  const parts = [
    content.keyValue ? `<${ds}KeyValue>${keyValue(own, ds)}</${ds}KeyValue>` : '',
    data === '' ? '' : `<${ds}X509Data>${data}</${ds}X509Data>`,
  ].join('');
  return parts === '' ? '' : `<${ds}KeyInfo Id="${id}">${parts}</${ds}KeyInfo>`;
}

/** RFC 4514: the last relative name first. */
export function issuerName({ issuer }: X509Certificate): string {
  return issuer.split('\n').reverse().join(',');
}

/** Decimal, as XML Schema's integer. */
export function serialNumber({ serialNumber: hexadecimal }: X509Certificate): string {
  return BigInt(`0x${hexadecimal}`).toString();
}

function keyValue({ publicKey }: X509Certificate, ds: string): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
  const name = details?.namedCurve ?? '';
  const curve = Object.hasOwn(CURVES, name) ? CURVES[name] : undefined;
  if (type !== 'rsa' && curve === undefined) {
    const text = `The public key, ${name || (type ?? 'of an unknown type')}, has no KeyValue here. Leave it out of Key Info Content.`;
    throw new TaskFailure('key', text);
  }
  const jwk = publicKey.export({ format: 'jwk' });
  const base64 = (value = ''): string => Buffer.from(value, 'base64url').toString('base64');
  if (jwk.kty === 'RSA') {
    return `<${ds}RSAKeyValue><${ds}Modulus>${base64(jwk.n)}</${ds}Modulus><${ds}Exponent>${base64(jwk.e)}</${ds}Exponent></${ds}RSAKeyValue>`;
  }
  const point = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(jwk.x ?? '', 'base64url'),
    Buffer.from(jwk.y ?? '', 'base64url'),
  ]);
  return `<dsig11:ECKeyValue xmlns:dsig11="http://www.w3.org/2009/xmldsig11#"><dsig11:NamedCurve URI="urn:oid:${curve ?? ''}"/><dsig11:PublicKey>${point.toString('base64')}</dsig11:PublicKey></dsig11:ECKeyValue>`;
}

/** Object identifiers by the names that `node:crypto` has. */
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: '1.2.840.10045.3.1.7',
  secp384r1: '1.3.132.0.34',
  secp521r1: '1.3.132.0.35',
};
