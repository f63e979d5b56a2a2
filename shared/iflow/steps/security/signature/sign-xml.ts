import { createPrivateKey, hash, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { type XmlDocument, XmlElement } from 'libxml2-wasm';
import { joinTexts } from '../../../large-text.ts';
import { TaskFailure } from '../../../tasks/task.ts';
import { escapeXml } from '../../../xml/write-xml.ts';
import {
  type Canonicalization,
  canonicalizationOf,
  DSIG,
  ENVELOPED,
  type Hash,
} from './algorithms.ts';
import { canonical, notFound, select, shown, signedBy, withDocument, written } from './document.ts';
import { keyInfo } from './key-info.ts';
import { reference } from './reference.ts';
import type { SignatureSettings, XadesValues } from './settings.ts';
import { qualifyingProperties } from './xades.ts';

export interface SigningCall {
  readonly settings: Omit<SignatureSettings, 'xades'>;
  readonly xades: XadesValues | undefined;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  /** PEM, the key's own first. */
  readonly certificates: readonly string[];
  readonly namespaces: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly offsetMinutes: number;
  /** What ids are made of that nobody has chosen; letters and digits. */
  readonly seed: string;
}

const DEFAULT_METHOD = canonicalizationOf('http://www.w3.org/TR/2001/REC-xml-c14n-20010315');
/** Stands for the signature in the text until it is put there; no document can know the seed. */
const placeOf = ({ seed }: SigningCall): string => `\uE000${seed}\uE000`;

/**
 * Signs an XML document (https://www.w3.org/TR/xmldsig-core/). The text has been read by our own
 * reader: it has neither a document type declaration nor an XML declaration.
 * @throws {TaskFailure} where the document has nothing that is to be signed, or the key does not fit.
 */
export function signXml(text: string, call: SigningCall): string {
  const key = readKey(call);
  const { type } = call.settings;
  switch (type.kind) {
    case 'enveloping':
      return complete(placeOf(call), enveloping(text, call), call, key);
    case 'enveloped':
      return envelop(text, type.parent, call, key);
    case 'detached':
      return detachAll(text, type.ids, call, key);
  }
}

function readKey({ privateKey, settings }: SigningCall): KeyObject {
  const key = createPrivateKey(privateKey);
  if (key.asymmetricKeyType === settings.algorithm.keyType) return key;
  throw new TaskFailure(
    'key',
    `The private key is of the type ${key.asymmetricKeyType ?? 'unknown'}; the signature algorithm asks for ${settings.algorithm.keyType}.`,
  );
}

interface Content {
  /** Of the reference; '' for the whole document. */
  readonly uri: string;
  readonly transforms: readonly string[];
  /** What is in the Signature besides: the object of an enveloping one. */
  readonly object: string;
  /** The digest of the content; undefined where the content is inside the signature. */
  readonly digest: string | undefined;
  readonly number: number;
}

function envelop(text: string, parentPath: string, call: SigningCall, key: KeyObject): string {
  const method = call.settings.contentMethod ?? DEFAULT_METHOD;
  return withDocument(text, (document) => {
    const parent = select(document, parentPath, call.namespaces);
    if (!(parent instanceof XmlElement)) {
      throw notFound(`has no element ${shown(parentPath)} to put the signature into`);
    }
    // XML Signature section 4.4.3.3: the reference "" leaves comments out.
    const whole = canonical(document, modeOf(method, false));
    const content: Content = {
      uri: '',
      transforms: [
        ENVELOPED,
        ...(call.settings.contentMethod === undefined ? [] : [method?.uri ?? '']),
      ],
      object: '',
      digest: digestOf(call.settings.digest, whole),
      number: 0,
    };
    parent.addText(placeOf(call));
    return complete(written(document), content, call, key);
  });
}

function enveloping(text: string, { settings, seed }: SigningCall): Content {
  const id = `object-${seed}`;
  const ds = prefixOf(settings);
  return {
    uri: `#${id}`,
    transforms: [(settings.contentMethod ?? DEFAULT_METHOD)?.uri ?? ''],
    object: `<${ds}Object Id="${id}">${text}</${ds}Object>`,
    digest: undefined,
    number: 0,
  };
}

/**
 * The deeper elements first, so that what is signed later holds the signatures in it (SAP Help, XML
 * Digital Signature).
 */
function detachAll(
  text: string,
  paths: readonly string[],
  call: SigningCall,
  key: KeyObject,
): string {
  const found = withDocument(text, (document) =>
    paths.map((path, number) => {
      let depth = 0;
      const { signed } = signedBy(document, path, call.namespaces);
      for (let above = signed.parent; above !== null; above = above.parent) depth += 1;
      return { path, number, depth };
    }),
  );
  return found
    .toSorted((a, b) => b.depth - a.depth)
    .reduce((signed, { path, number }) => detach(signed, path, number, call, key), text);
}

function detach(
  text: string,
  path: string,
  number: number,
  call: SigningCall,
  key: KeyObject,
): string {
  return withDocument(text, (document) => {
    const { id, signed, parent } = signedBy(document, path, call.namespaces);
    const method = call.settings.contentMethod ?? DEFAULT_METHOD;
    const content: Content = {
      uri: `#${id}`,
      transforms: [method?.uri ?? ''],
      object: '',
      digest: digestOf(call.settings.digest, canonical(signed, modeOf(method, false))),
      number,
    };
    parent.addText(placeOf(call));
    return complete(written(document), content, call, key);
  });
}

/** Puts the signature into the text, its digests and its value in two steps. */
function complete(place: string, content: Content, call: SigningCall, key: KeyObject): string {
  const { settings, seed } = call;
  const ds = prefixOf(settings);
  const n = content.number === 0 ? '' : `-${content.number}`;
  const ids = {
    drawn: `signature-${seed}`,
    // Only XAdES refers to it.
    signature: settings.signatureId || (call.xades === undefined ? '' : `signature-${seed}`),
    properties: `signed-properties-${seed}`,
    reference: `content-${seed}`,
    keyInfo: `key-info-${seed}`,
  };
  const named = (id: string): string => escapeXml(id + n);
  const certificates = call.certificates.map((pem) => new X509Certificate(pem));
  const info = keyInfo(settings.keyInfo, certificates, ds, named(ids.keyInfo));
  const xades =
    call.xades === undefined
      ? ''
      : `<${ds}Object>${qualifyingProperties({
          values: call.xades,
          certificates,
          now: call.now,
          offsetMinutes: call.offsetMinutes,
          signatureId: named(ids.signature),
          signedPropertiesId: named(ids.properties),
          contentReferenceId: named(ids.reference),
          dsPrefix: ds,
        })}</${ds}Object>`;
  const signsKeyInfo = settings.signsKeyInfo && info !== '';
  const references = (digests: Digests): string =>
    [
      reference(ds, settings.digest, {
        id: named(ids.reference),
        uri: content.uri,
        type: settings.contentReferenceType,
        transforms: content.transforms,
        digest: content.digest ?? digests.content,
      }),
      signsKeyInfo
        ? reference(ds, settings.digest, {
            id: '',
            uri: `#${named(ids.keyInfo)}`,
            type: '',
            transforms: [settings.signedInfoMethod.uri],
            digest: digests.keyInfo,
          })
        : '',
      xades === ''
        ? ''
        : reference(ds, settings.digest, {
            id: '',
            uri: `#${named(ids.properties)}`,
            type: `${XADES_REFERENCE}SignedProperties`,
            transforms: [settings.signedInfoMethod.uri],
            digest: digests.properties,
          }),
    ].join('');
  const xmlns = ds === '' ? 'xmlns' : `xmlns:${settings.prefix}`;
  const signature = (digests: Digests, value: string, id: string): string =>
    `<${ds}Signature ${xmlns}="${DSIG}"${id === '' ? '' : ` Id="${named(id)}"`}><${ds}SignedInfo><${ds}CanonicalizationMethod Algorithm="${settings.signedInfoMethod.uri}"/><${ds}SignatureMethod Algorithm="${settings.algorithm.uri}"/>${references(digests)}</${ds}SignedInfo><${ds}SignatureValue>${value}</${ds}SignatureValue>${info}${content.object}${xades}</${ds}Signature>`;
  // Its own id is not signed. Until the end it has a drawn one: the document may hold another signature
  // with the id that is chosen, and what that says must not be signed.
  const [before = '', behind = ''] = place.split(placeOf(call), 2);
  const placed = (digests: Digests, value = '', id = ids.drawn): string =>
    joinTexts([before, signature(digests, value, id), behind]);

  const method = settings.signedInfoMethod;
  const inPlace = (
    document: XmlDocument,
    path: string,
    by: Canonicalization | undefined,
  ): string => {
    const node = select(document, `//ds:Signature[@Id="${ids.drawn}${n}"]${path}`, {
      ds: DSIG,
    });
    if (node === null) throw new Error(`The signature has no ${path}`);
    return canonical(node, modeOf(by, by?.withComments === true));
  };
  const digests = withDocument(
    placed({ content: '', keyInfo: '', properties: '' }),
    (document) => ({
      content:
        content.object === ''
          ? ''
          : digestOf(
              settings.digest,
              inPlace(document, '/ds:Object[1]', settings.contentMethod ?? DEFAULT_METHOD),
            ),
      keyInfo: signsKeyInfo
        ? digestOf(settings.digest, inPlace(document, '/ds:KeyInfo', method))
        : '',
      properties:
        xades === ''
          ? ''
          : digestOf(
              settings.digest,
              inPlace(document, `/ds:Object/*/*[@Id="${ids.properties}${n}"]`, method),
            ),
    }),
  );
  const signedInfo = withDocument(placed(digests), (document) =>
    inPlace(document, '/ds:SignedInfo', method),
  );
  // RFC 4050 section 3.3: the two numbers of an ECDSA or DSA signature, side by side.
  const value = sign(settings.algorithm.hash, Buffer.from(signedInfo, 'utf8'), {
    key,
    dsaEncoding: 'ieee-p1363',
  });
  return placed(digests, value.toString('base64'), ids.signature);
}

/** XAdES 1.3.2 section 6.3.1: its type does not follow the version of the namespace. */
const XADES_REFERENCE = 'http://uri.etsi.org/01903#';

interface Digests {
  readonly content: string;
  readonly keyInfo: string;
  readonly properties: string;
}

const prefixOf = ({ prefix }: Pick<SignatureSettings, 'prefix'>): string =>
  prefix === '' ? '' : `${prefix}:`;

const modeOf = (method: Canonicalization | undefined, withComments: boolean) => ({
  mode: method?.mode ?? 0,
  withComments,
});

const digestOf = (algorithm: Hash, canonical: string): string =>
  hash(algorithm, Buffer.from(canonical, 'utf8'), 'base64');
