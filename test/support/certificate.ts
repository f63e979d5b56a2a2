import {
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';

/** Distinguished encoding (X.690) of one value. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
const sequence = (...contents: readonly Uint8Array[]): Buffer => der(0x30, ...contents);
const bits = (content: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content);
const integer = (...bytes: readonly number[]): Buffer => der(0x02, Buffer.from(bytes));
const yes = der(0x01, Buffer.from([0xff]));
/** YYMMDDHHMMSSZ */
const time = (at: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((number) => {
    const sevens = [number & 0x7f];
    for (let left = number >> 7; left > 0; left >>= 7) sevens.unshift((left & 0x7f) | 0x80);
    return sevens;
  });
  return der(0x06, Buffer.from(bytes));
}

/** A relative name of one attribute, such as `['2.5.4.3', 'partner']`; the text as UTF8String unless told. */
export type Attribute = readonly [type: string, value: string, tag?: number];

export const commonName = (value: string): readonly Attribute[] => [['2.5.4.3', value]];

/** From the first relative name to the last, as DER has them. */
export function encodeName(attributes: readonly Attribute[]): Buffer {
  return sequence(
    ...attributes.map(([type, value, tag = 0x0c]) =>
      der(0x31, sequence(oid(type), der(tag, Buffer.from(value)))),
    ),
  );
}

export interface CertificateOptions {
  readonly subject?: readonly Attribute[];
  /** Dotted, with the content. */
  readonly extensions?: readonly (readonly [id: string, value: Buffer, critical?: boolean])[];
  readonly from?: number;
  readonly until?: number;
  readonly digest?: 'sha256' | 'sha1';
  readonly keys?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
}

export interface Issued {
  /** PEM */
  readonly cert: string;
  readonly x509: X509Certificate;
  readonly name: readonly Attribute[];
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const HOUR = 3_600_000;
const SIGNATURES = { sha256: '1.2.840.10045.4.3.2', sha1: '1.2.840.10045.4.1' };

/** A certificate (RFC 5280 section 4.1), good for a day; without an issuer it signs itself. */
export function issueCertificate(options: CertificateOptions = {}, issuer?: Issued): Issued {
  const { publicKey, privateKey } =
    options.keys ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { subject = commonName('test'), extensions = [], digest = 'sha256' } = options;
  const algorithm = sequence(oid(SIGNATURES[digest]));
  const body = sequence(
    der(0xa0, integer(2)), // version 3
    integer(1, ...randomBytes(8)),
    algorithm,
    encodeName(issuer?.name ?? subject),
    sequence(
      time(options.from ?? Date.now() - HOUR),
      time(options.until ?? Date.now() + 24 * HOUR),
    ),
    encodeName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions.map(encodeExtension)))]),
  );
  const signature = sign(digest, body, issuer?.privateKey ?? privateKey);
  const x509 = new X509Certificate(sequence(body, algorithm, bits(signature)));
  return { cert: x509.toString(), x509, name: subject, publicKey, privateKey };
}

function encodeExtension([id, value, critical = false]: readonly [
  string,
  Buffer,
  boolean?,
]): Buffer {
  return sequence(oid(id), ...(critical ? [yes] : []), der(0x04, value));
}

/** RFC 5280 section 4.2.1.9. */
export const isAuthority = (pathLength?: number): readonly [string, Buffer, boolean] => [
  '2.5.29.19',
  sequence(yes, ...(pathLength === undefined ? [] : [integer(pathLength)])),
  true,
];
/** RFC 5280 section 4.2.1.3: the bit of a CA's signatures on certificates, or of all other signatures. */
export const keyUsage = (what: 'keyCertSign' | 'digitalSignature'): readonly [string, Buffer] => [
  '2.5.29.15',
  what === 'keyCertSign' ? bits(Buffer.from([0x04]), 2) : bits(Buffer.from([0x80]), 7),
];
/** RFC 5280 section 4.2.1.12. */
export const extendedKeyUsage = (
  ...purposes: readonly ('clientAuth' | 'serverAuth')[]
): readonly [string, Buffer] => [
  '2.5.29.37',
  sequence(
    ...purposes.map((one) => oid(one === 'clientAuth' ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1')),
  ),
];
/** RFC 5280 section 4.2.1.6. */
export const alternativeNames = (names: {
  readonly email?: string;
  readonly dns?: string;
  readonly uri?: string;
  readonly ip?: readonly number[];
}): readonly [string, Buffer] => {
  const { email, dns, uri, ip } = names;
  const text = (tag: number, value: string | undefined): Buffer[] =>
    value === undefined ? [] : [der(tag, Buffer.from(value))];
  return [
    '2.5.29.17',
    sequence(
      ...text(0x81, email),
      ...text(0x82, dns),
      ...text(0x86, uri),
      ...(ip === undefined ? [] : [der(0x87, Buffer.from(ip))]),
    ),
  ];
};

/** A certificate for the loopback address 127.0.0.1 that signs itself: who trusts it needs no other. */
export function makeLoopbackCertificate(): { readonly key: string; readonly cert: string } {
  const { privateKey, cert } = issueCertificate({
    subject: commonName('loopback'),
    extensions: [alternativeNames({ ip: [127, 0, 0, 1] }), isAuthority()],
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
}
