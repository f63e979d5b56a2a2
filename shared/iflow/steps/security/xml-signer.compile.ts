import type { NodeModel } from '../../model/flow-model.ts';
import { type Canonicalization, SIGNATURES } from './signature/algorithms.ts';
import type { SignatureSettings, SignatureType } from './signature/settings.ts';
import type { CompileContext } from '../compiler.ts';
import { NAME, shown, SignerReader } from './xml-signer-reader.ts';
import { compileXades } from './xml-signer-xades.compile.ts';
import type { XmlSignerConfig } from './xml-signer.ts';

/** SAP Help, Sign the Message Content with XML Digital Signature. */
export function compileXmlSigner(node: NodeModel, context: CompileContext): XmlSignerConfig | null {
  const reader = new SignerReader(node, context);
  const algorithm = reader.oneOf('signatureAlgorithm', SIGNATURES, 'signature algorithm');
  const digest = reader.digest(algorithm?.hash);
  const type = compileType(reader);
  const alias = reader.template('privateKeyAlias');
  if (alias.length === 0) context.fault('names no private key', { property: 'privateKeyAlias' });
  const encoding = reader.text('outputEncoding');
  if (!/^(?:|utf-?8)$/i.test(encoding)) {
    context.fault(`writes the encoding ${shown(encoding)}, which is not available yet`, {
      kind: 'missing',
      capability: 'XML signer in other encodings than UTF-8',
    });
  }
  const content = reader.text('keyInfoContent');
  const settings: Omit<SignatureSettings, 'algorithm' | 'digest' | 'type'> = {
    signedInfoMethod: reader.method('canonicalizationMethod') ?? DEFAULT_METHOD,
    contentMethod: reader.method('transformMethod'),
    keyInfo: {
      chain: /chain/i.test(content),
      certificate: /X\.?509 ?Certificate(?! ?Chain)/i.test(content),
      issuerSerial: /issuer/i.test(content),
      keyValue: /key ?value/i.test(content),
    },
    signsKeyInfo: reader.text('addKeyInfoReference') === 'true',
    prefix: reader.name('prefixForXmlSignatureNamespace', 'ds'),
    signatureId: reader.name('signatureId', ''),
    contentReferenceType: reader.text('contentReferenceType'),
    omitXmlDeclaration: reader.text('omitXmlDeclaration') === 'true',
    xades: compileXades(reader),
  };
  if (algorithm === undefined || digest === undefined || type === undefined) return null;
  return { alias, settings: { ...settings, algorithm, digest, type } };
}

const DEFAULT_METHOD: Canonicalization = {
  uri: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
  mode: 0,
  withComments: false,
};

function compileType(reader: SignerReader): SignatureType | undefined {
  const written = reader.text('signatureType');
  if (/^enveloping/i.test(written)) return { kind: 'enveloping' };
  if (/^enveloped/i.test(written) || written === '') {
    const byPath = /xpath/i.test(reader.text('parentNodeSpecification'));
    const parent = byPath ? reader.xpath('xpathExpression') : parentByName(reader);
    return parent === undefined ? undefined : { kind: 'enveloped', parent };
  }
  if (/^detached/i.test(written)) {
    const rows = reader.node.tables.get('xpathToIdAttribute') ?? [];
    const ids = rows
      .map((row) => (row.values().next().value ?? '').trim())
      .filter((path) => path !== '');
    if (ids.length === 0) reader.fault('names no element to sign', 'xpathToIdAttribute');
    return { kind: 'detached', ids: ids.filter((path) => reader.isXPath(path)) };
  }
  reader.fault(`makes the signature type ${shown(written)}, which is unknown`, 'signatureType');
  return undefined;
}

function parentByName(reader: SignerReader): string | undefined {
  const name = reader.text('parentLocalName');
  const namespace = reader.text('parentNamespace');
  if (!NAME.test(name)) {
    reader.fault('names no parent element for its signature', 'parentLocalName');
    return undefined;
  }
  if (namespace.includes('"')) {
    reader.fault(`names the namespace ${shown(namespace)}`, 'parentNamespace');
    return undefined;
  }
  return `(//*[local-name()="${name}" and namespace-uri()="${namespace}"])[1]`;
}
