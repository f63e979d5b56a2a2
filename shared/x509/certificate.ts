import { hash, X509Certificate } from 'node:crypto';
import { type DerValue, readAll, readChildren, readOid } from './der.ts';
import { type DistinguishedName, nameOf } from './distinguished-name.ts';

/** What of a certificate (RFC 5280) node:crypto does not tell, or tells as text that has to be parsed. */
export interface Certificate {
  readonly x509: X509Certificate;
  /** SHA-256 of its DER, base64url (RFC 8705 section 3.1). */
  readonly thumbprint: string;
  /** Of the signature that its issuer made, dotted. */
  readonly signatureAlgorithm: string;
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  readonly alternativeNames: AlternativeNames;
  /** How many CA certificates may lie below this one; undefined for any number. */
  readonly pathLength: number | undefined;
  /** Extensions that are marked critical, and all of {@link CONSTRAINTS}, dotted. */
  readonly binding: readonly string[];
}

/** RFC 5280 section 4.2.1.6. */
export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
  /** 4 or 16 bytes. */
  readonly ip: readonly Buffer[];
}

const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
/** What else limits a CA: name and policy constraints, the inhibition of any policy. */
const CONSTRAINTS = ['2.5.29.30', '2.5.29.36', '2.5.29.54'];

const SEQUENCE = 0x30;

/** @returns undefined for what is no certificate. */
export function readCertificate(encoded: Buffer | string): Certificate | undefined {
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(encoded);
  } catch {
    return undefined;
  }
  return certificateOf(x509);
}

/** @returns undefined for one whose DER is not as RFC 5280 has it. */
export function certificateOf(x509: X509Certificate): Certificate | undefined {
  // RFC 5280 section 4.1: the certificate holds its body, the algorithm and the signature.
  const [body, algorithm] = readChildren(x509.raw, SEQUENCE) ?? [];
  const algorithmId = algorithm && readAll(algorithm.content)?.[0];
  const fields = body && readAll(body.content);
  if (fields === undefined || algorithmId === undefined) return undefined;
  // The version, [0], is left out of certificates of version 1.
  const [, , issuer, , subject] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields;
  const name = subject && nameOf(subject.bytes);
  const issuerName = issuer && nameOf(issuer.bytes);
  const extensions = readExtensions(fields.at(-1));
  if (name === undefined || issuerName === undefined || extensions === undefined) return undefined;
  const names = readAlternativeNames(extensions.get(SUBJECT_ALTERNATIVE_NAME)?.value);
  const pathLength = readPathLength(extensions.get(BASIC_CONSTRAINTS)?.value);
  if (names === undefined || pathLength === 'malformed') return undefined;
  return {
    x509,
    thumbprint: hash('sha256', x509.raw, 'base64url'),
    signatureAlgorithm: readOid(algorithmId.content),
    subject: name,
    issuer: issuerName,
    alternativeNames: names,
    pathLength,
    binding: [...extensions]
      .filter(([id, { critical }]) => critical || CONSTRAINTS.includes(id))
      .map(([id]) => id),
  };
}

interface Extension {
  readonly critical: boolean;
  readonly value: Buffer;
}

/** RFC 5280 section 4.1.2.9: the last field of the body, [3], if it is there. */
function readExtensions(last: DerValue | undefined): Map<string, Extension> | undefined {
  const extensions = new Map<string, Extension>();
  if (last?.tag !== 0xa3) return extensions;
  for (const each of readChildren(last.content, SEQUENCE) ?? []) {
    const [id, ...rest] = readAll(each.content) ?? [];
    const value = rest.at(-1);
    if (id === undefined || value?.tag !== 0x04) return undefined;
    const critical = rest.length === 2 && rest[0]?.content[0] === 0xff;
    extensions.set(readOid(id.content), { critical, value: value.content });
  }
  return extensions;
}

function readAlternativeNames(value: Buffer | undefined): AlternativeNames | undefined {
  const names = value === undefined ? [] : readChildren(value, SEQUENCE);
  if (names === undefined) return undefined;
  const tagged = (tag: number): Buffer[] =>
    names.filter((name) => name.tag === tag).map(({ content }) => content);
  const texts = (tag: number): string[] => tagged(tag).map((content) => content.toString('latin1'));
  return { email: texts(0x81), dns: texts(0x82), uri: texts(0x86), ip: tagged(0x87) };
}

/** RFC 5280 section 4.2.1.9: whether it is a CA, then the length. */
function readPathLength(value: Buffer | undefined): number | undefined | 'malformed' {
  if (value === undefined) return undefined;
  const members = readChildren(value, SEQUENCE);
  if (members === undefined) return 'malformed';
  const length = members.find(({ tag }) => tag === 0x02)?.content;
  if (length === undefined) return undefined;
  return length.length === 1 ? length.readInt8() : 'malformed';
}
