import type { X509Certificate } from 'node:crypto';
import { hash } from 'node:crypto';
import { escapeXml } from '../../../xml/write-xml.ts';
import { DIGESTS, DSIG, type Hash } from './algorithms.ts';
import { issuerName, serialNumber } from './key-info.ts';
import type { XadesValues } from './settings.ts';

/** The version of the namespace that knows each commitment. */
export const XADES_132 = 'http://uri.etsi.org/01903/v1.3.2#';

export interface XadesContext {
  readonly values: XadesValues;
  readonly certificates: readonly X509Certificate[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Minutes that the signing time is written ahead of UTC. */
  readonly offsetMinutes: number;
  readonly signatureId: string;
  readonly signedPropertiesId: string;
  readonly contentReferenceId: string;
  /** With its colon; '' where XML Signature is the default namespace. */
  readonly dsPrefix: string;
}

/** The QualifyingProperties of a signature (ETSI TS 101 903 V1.3.2 section 6.2). */
export function qualifyingProperties(context: XadesContext): string {
  const { values, signatureId, signedPropertiesId } = context;
  const x = values.prefix === '' ? '' : `${values.prefix}:`;
  const signature = [
    values.signingTime
      ? element(x, 'SigningTime', escapeXml(timeText(context.now, context.offsetMinutes)))
      : '',
    signingCertificate(context, x),
    policyIdentifier(context, x),
    productionPlace(values, x),
    signerRole(values, x),
  ].join('');
  const object = [dataObjectFormat(context, x), commitment(values, x)].join('');
  const signed = [
    signature === '' ? '' : element(x, 'SignedSignatureProperties', signature),
    object === '' ? '' : element(x, 'SignedDataObjectProperties', object),
  ].join('');
  const declared = `xmlns${values.prefix === '' ? '' : `:${values.prefix}`}="${escapeXml(values.namespace)}"`;
  return `<${x}QualifyingProperties ${declared} Target="#${signatureId}"><${x}SignedProperties Id="${signedPropertiesId}">${signed}</${x}SignedProperties></${x}QualifyingProperties>`;
}

function element(prefix: string, name: string, content: string): string {
  return `<${prefix}${name}>${content}</${prefix}${name}>`;
}

/** Left out where it is empty. */
function text(prefix: string, name: string, value: string): string {
  return value === '' ? '' : element(prefix, name, escapeXml(value));
}

/** ISO 8601 to the second, in UTC or ahead of it. */
function timeText(now: number, offsetMinutes: number): string {
  const local = new Date(now + offsetMinutes * 60_000).toISOString().slice(0, 19);
  if (offsetMinutes === 0) return `${local}Z`;
  const minutes = Math.abs(offsetMinutes);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function digested(ds: string, algorithm: Hash, value: string): string {
  return `<${ds}DigestMethod${namespaceOf(ds)} Algorithm="${DIGESTS[algorithm]}"/><${ds}DigestValue${namespaceOf(ds)}>${escapeXml(value)}</${ds}DigestValue>`;
}

/** Inside the properties the default namespace is another one. */
function namespaceOf(ds: string): string {
  return ds === '' ? ` xmlns="${DSIG}"` : '';
}

function signingCertificate(
  { values, certificates, dsPrefix: ds }: XadesContext,
  x: string,
): string {
  if (values.certificate === 'none') return '';
  const named = values.certificate === 'chain' ? certificates : certificates.slice(0, 1);
  const certs = named.map((certificate) => {
    const digest = hash(values.certificateDigest, certificate.raw, 'base64');
    const issuer = `<${ds}X509IssuerName${namespaceOf(ds)}>${escapeXml(issuerName(certificate))}</${ds}X509IssuerName><${ds}X509SerialNumber${namespaceOf(ds)}>${serialNumber(certificate)}</${ds}X509SerialNumber>`;
    return element(
      x,
      'Cert',
      element(x, 'CertDigest', digested(ds, values.certificateDigest, digest)) +
        element(x, 'IssuerSerial', issuer),
    );
  });
  return element(x, 'SigningCertificate', certs.join(''));
}

function policyIdentifier({ values: { policy }, dsPrefix: ds }: XadesContext, x: string): string {
  if (policy.kind !== 'explicit') {
    return policy.kind === 'none'
      ? ''
      : element(x, 'SignaturePolicyIdentifier', `<${x}SignaturePolicyImplied/>`);
  }
  const id = element(
    x,
    'SigPolicyId',
    identifier(x, policy.identifier, policy.qualifier) + text(x, 'Description', policy.description),
  );
  const digest = element(x, 'SigPolicyHash', digested(ds, policy.digest, policy.digestValue));
  return element(x, 'SignaturePolicyIdentifier', element(x, 'SignaturePolicyId', id + digest));
}

function identifier(x: string, value: string, qualifier: string): string {
  const qualified = qualifier === '' ? '' : ` Qualifier="${escapeXml(qualifier)}"`;
  return `<${x}Identifier${qualified}>${escapeXml(value)}</${x}Identifier>`;
}

function productionPlace({ place }: XadesValues, x: string): string {
  const parts = [
    text(x, 'City', place.city),
    text(x, 'StateOrProvince', place.state),
    text(x, 'PostalCode', place.postalCode),
    text(x, 'CountryName', place.country),
  ].join('');
  return parts === '' ? '' : element(x, 'SignatureProductionPlace', parts);
}

function signerRole({ claimedRoles }: XadesValues, x: string): string {
  if (claimedRoles.length === 0) return '';
  const roles = claimedRoles.map((role) => element(x, 'ClaimedRole', escapeXml(role))).join('');
  return element(x, 'SignerRole', element(x, 'ClaimedRoles', roles));
}

function dataObjectFormat({ values, contentReferenceId }: XadesContext, x: string): string {
  const {
    description,
    mimeType,
    identifier: name,
    qualifier,
    identifierDescription,
  } = values.dataFormat;
  const parts = [
    text(x, 'Description', description),
    name === ''
      ? ''
      : element(
          x,
          'ObjectIdentifier',
          identifier(x, name, qualifier) + text(x, 'Description', identifierDescription),
        ),
    text(x, 'MimeType', mimeType),
  ].join('');
  if (parts === '') return '';
  return `<${x}DataObjectFormat ObjectReference="#${contentReferenceId}">${parts}</${x}DataObjectFormat>`;
}

function commitment({ commitment: uri, commitmentDescription }: XadesValues, x: string): string {
  if (uri === '') return '';
  const id = identifier(x, uri, '') + text(x, 'Description', commitmentDescription);
  return element(
    x,
    'CommitmentTypeIndication',
    `${element(x, 'CommitmentTypeId', id)}<${x}AllSignedDataObjects/>`,
  );
}
