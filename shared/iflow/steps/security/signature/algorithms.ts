/** XML Signature Syntax and Processing (https://www.w3.org/TR/xmldsig-core/), RFC 4051 and RFC 6931. */
export const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
export const ENVELOPED = `${DSIG}enveloped-signature`;

export interface SignatureAlgorithm {
  readonly uri: string;
  readonly hash: Hash;
  /** Of the key, as `node:crypto` names it. */
  readonly keyType: 'rsa' | 'ec' | 'dsa';
}

export type Hash = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';

/** By the names of SAP's editor (SAP Help, Sign the Message Content with XML Digital Signature). */
export const SIGNATURES: Readonly<Record<string, SignatureAlgorithm>> = {
  'SHA1/DSA': { uri: `${DSIG}dsa-sha1`, hash: 'sha1', keyType: 'dsa' },
  'SHA1/RSA': { uri: `${DSIG}rsa-sha1`, hash: 'sha1', keyType: 'rsa' },
  'SHA256/RSA': { uri: `${MORE}rsa-sha256`, hash: 'sha256', keyType: 'rsa' },
  'SHA384/RSA': { uri: `${MORE}rsa-sha384`, hash: 'sha384', keyType: 'rsa' },
  'SHA512/RSA': { uri: `${MORE}rsa-sha512`, hash: 'sha512', keyType: 'rsa' },
  'SHA224/ECDSA': { uri: `${MORE}ecdsa-sha224`, hash: 'sha224', keyType: 'ec' },
  'SHA256/ECDSA': { uri: `${MORE}ecdsa-sha256`, hash: 'sha256', keyType: 'ec' },
  'SHA384/ECDSA': { uri: `${MORE}ecdsa-sha384`, hash: 'sha384', keyType: 'ec' },
  'SHA512/ECDSA': { uri: `${MORE}ecdsa-sha512`, hash: 'sha512', keyType: 'ec' },
};

export const DIGESTS: Readonly<Record<Hash, string>> = {
  sha1: `${DSIG}sha1`,
  sha224: `${MORE}sha224`,
  sha256: 'http://www.w3.org/2001/04/xmlenc#sha256',
  sha384: `${MORE}sha384`,
  sha512: 'http://www.w3.org/2001/04/xmlenc#sha512',
};

/** `SHA256` and `SHA-256` alike; undefined for another. */
export function hashOf(written: string): Hash | undefined {
  const name = written.replace('-', '').toLowerCase();
  return Object.hasOwn(DIGESTS, name) ? (name as Hash) : undefined;
}

export interface Canonicalization {
  readonly uri: string;
  /** `XmlC14NMode` of libxml2: inclusive 1.0, exclusive 1.0, inclusive 1.1. */
  readonly mode: 0 | 1 | 2;
  readonly withComments: boolean;
}

const C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const C14N_11 = 'http://www.w3.org/2006/12/xml-c14n11';

const METHODS: readonly Canonicalization[] = [
  { uri: C14N, mode: 0, withComments: false },
  { uri: `${C14N}#WithComments`, mode: 0, withComments: true },
  { uri: EXCLUSIVE, mode: 1, withComments: false },
  { uri: `${EXCLUSIVE}WithComments`, mode: 1, withComments: true },
  { uri: C14N_11, mode: 2, withComments: false },
  { uri: `${C14N_11}#WithComments`, mode: 2, withComments: true },
];

/** By its URI, or the name in SAP's editor; undefined for another. */
export function canonicalizationOf(written: string): Canonicalization | undefined {
  const byUri = METHODS.find(({ uri }) => uri === written);
  if (byUri !== undefined) return byUri;
  if (!/^(?:inclusive |exclusive )?xml canonicalization/i.test(written)) return undefined;
  const mode = /^exclusive/i.test(written) ? 1 : /1\.1/.test(written) ? 2 : 0;
  const withComments = /with ?comments/i.test(written);
  return METHODS.find((method) => method.mode === mode && method.withComments === withComments);
}
