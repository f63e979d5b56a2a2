import type { Template } from '../../../expressions/simple.ts';
import type { Canonicalization, Hash, SignatureAlgorithm } from './algorithms.ts';

/** What a signer step is told, checked at deployment. Plain JSON. */
export interface SignatureSettings {
  readonly algorithm: SignatureAlgorithm;
  readonly digest: Hash;
  readonly type: SignatureType;
  readonly signedInfoMethod: Canonicalization;
  /** Undefined for none: the content is canonicalized by the default of the standard, C14N 1.0. */
  readonly contentMethod: Canonicalization | undefined;
  readonly keyInfo: KeyInfoContent;
  /** Whether the KeyInfo element is signed as well. */
  readonly signsKeyInfo: boolean;
  /** '' for the default namespace. */
  readonly prefix: string;
  /** '' for none, or for one that is drawn where XAdES refers to it. */
  readonly signatureId: string;
  /** Type of the reference to the content; '' for none. */
  readonly contentReferenceType: string;
  readonly omitXmlDeclaration: boolean;
  readonly xades: XadesSettings | undefined;
}

export type SignatureType =
  /** The signature is the last child of the parent, an XPath. */
  | { readonly kind: 'enveloped'; readonly parent: string }
  /** The body is inside the signature. */
  | { readonly kind: 'enveloping' }
  /** The last sibling of each signed element: XPaths of the ID attributes that name them. */
  | { readonly kind: 'detached'; readonly ids: readonly string[] };

export interface KeyInfoContent {
  readonly chain: boolean;
  readonly certificate: boolean;
  readonly issuerSerial: boolean;
  readonly keyValue: boolean;
}

/** ETSI TS 101 903, XAdES-BES and XAdES-EPES. Texts may be Simple expressions. */
export interface XadesSettings {
  readonly namespace: string;
  readonly prefix: string;
  readonly signingTime: boolean;
  readonly certificate: 'none' | 'certificate' | 'chain';
  readonly certificateDigest: Hash;
  readonly policy:
    | { readonly kind: 'none' | 'implied' }
    | {
        readonly kind: 'explicit';
        readonly identifier: Template;
        readonly qualifier: string;
        readonly description: Template;
        readonly digest: Hash;
        /** Base64. */
        readonly digestValue: Template;
      };
  readonly place: {
    readonly city: Template;
    readonly state: Template;
    readonly postalCode: Template;
    readonly country: Template;
  };
  readonly claimedRoles: readonly string[];
  readonly dataFormat: {
    readonly description: Template;
    readonly mimeType: Template;
    readonly identifier: string;
    readonly qualifier: string;
    readonly identifierDescription: string;
  };
  /** URI; '' for none. */
  readonly commitment: string;
  readonly commitmentDescription: Template;
}

/** {@link XadesSettings} with its expressions worked out on a message. */
export type XadesValues = Resolved<XadesSettings>;

type Resolved<T> = T extends readonly string[]
  ? T
  : T extends Template
    ? string
    : T extends object
      ? { readonly [K in keyof T]: Resolved<T[K]> }
      : T;
