import assert from 'node:assert/strict';
import { generateKeyPairSync, verify as verifyBytes, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { DOMParser } from '@xmldom/xmldom';
import { createOptionalCallbackFunction, type SignatureAlgorithm, SignedXml } from 'xml-crypto';
import { compileBundle } from '../../../shared/iflow/compile.ts';
import { type FlowEnvironment, FlowFailure } from '../../../shared/iflow/engine.ts';
import { NotDeployable } from '../../../shared/iflow/flow.ts';
import type { KeyPair } from '../../../shared/iflow/services/security-material.ts';
import { commonName, issueCertificate } from '../../support/certificate.ts';
import { flowBundle, line } from '../../support/flow-bundle.ts';
import { environmentOf, exchangeOf, noServices, runBundle } from '../running.ts';

const issued = issueCertificate({ subject: commonName('Signer') });
const pair: KeyPair = {
  alias: 'signer',
  privateKey: issued.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  certificates: [issued.cert],
  version: '1',
};
const isEc = issued.privateKey.asymmetricKeyType === 'ec';
const ALGORITHM = isEc ? 'SHA256/ECDSA' : 'SHA256/RSA';

const environmentWith = (key: KeyPair): FlowEnvironment => ({
  ...environmentOf(),
  services: {
    ...noServices,
    securityMaterial: () =>
      Promise.resolve({
        userCredentials: () => Promise.resolve(undefined),
        oauth2ClientCredentials: () => Promise.resolve(undefined),
        secureParameter: () => Promise.resolve(undefined),
        keyPair: (alias: string) => Promise.resolve(alias === 'signer' ? key : undefined),
      }),
  },
});
const environment = environmentWith(pair);

const ENVELOPED = {
  privateKeyAlias: 'signer',
  signatureAlgorithm: ALGORITHM,
  digestAlgorithm: 'SHA256',
  signatureType: 'Enveloped XML signature',
  parentNodeSpecification: 'Specified by XPath expression',
  xpathExpression: '/o:order',
  canonicalizationMethod: 'Inclusive XML Canonicalization',
  transformMethod: 'Exclusive XML Canonicalization',
  keyInfoContent: 'X509Certificate',
  omitXmlDeclaration: 'true',
};

const XADES = {
  signatureXMLNamespace: 'http://uri.etsi.org/01903/v1.3.2#',
  signatureXMLNamespacePrefix: 'etsi',
  xadesAddSigningTime: 'true',
  xadesAddSigningCertificate: 'Certificate Only',
  xadesSigningCertificateDigestAlgorithm: 'SHA-256',
  signatureProductionPlaceCity: 'Walldorf',
  signatureCommitment: 'Proof of origin',
  xadesDataObjectFormatMimeType: 'text/xml',
};

const POLICY = {
  xadesEpesSignaturePolicy: 'Explicit ID',
  xadesEpesIdentifier: 'urn:oid:1.2.3',
  xadesEpesIdentifierQualifier: 'OIDAsURN',
  xadesEpesDigestAlgorithm: 'SHA-256',
  xadesEpesDigestValue: 'Ohixl6upD6av8N7pEvDABhEL6hM=',
};

const signing = (properties: Readonly<Record<string, string>>): Uint8Array =>
  flowBundle({
    settings: { namespaceMapping: 'xmlns:o=urn:orders' },
    processes: [line({ id: 'Sign', cname: 'XMLDigitalSignMessage', properties })],
  });

const ORDER =
  '<?xml version="1.0"?>\n<o:order xmlns:o="urn:orders"><!-- no comment --><o:item Id="first"  b="2" a="1">ä &amp; ö</o:item></o:order>';

async function sign(properties: Readonly<Record<string, string>>, body = ORDER): Promise<string> {
  const exchange = exchangeOf(body);
  await runBundle(signing(properties), exchange, environment);
  assert.equal(typeof exchange.body, 'string');
  return String(exchange.body);
}

const ECDSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';

/** The library has no ECDSA of its own. */
class EcdsaSha256 implements SignatureAlgorithm {
  getAlgorithmName = (): string => ECDSA_SHA256;
  getSignature = (): never => assert.fail('it only verifies');
  verifySignature = createOptionalCallbackFunction(
    (material: string, key: string, value: string): boolean =>
      verifyBytes(
        'sha256',
        Buffer.from(material),
        { key, dsaEncoding: 'ieee-p1363' },
        Buffer.from(value, 'base64'),
      ),
  );
}

/** Verifies the last signature with a library of others: its value and the digest of every reference. */
function verify(xml: string, publicCert = issued.cert): readonly string[] {
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  const verifier = new SignedXml({ publicCert, getCertFromKeyInfo: () => null });
  verifier.SignatureAlgorithms[ECDSA_SHA256] = EcdsaSha256;
  const node = [...document.getElementsByTagNameNS('*', 'Signature')].at(-1);
  assert.ok(node);
  verifier.loadSignature(node as unknown as Node);
  assert.ok(verifier.checkSignature(xml), 'the signature is good');
  return verifier.getSignedReferences();
}

test('an enveloped signature is verified by another library, and the document is what it was', async () => {
  const signed = await sign(ENVELOPED);
  assert.equal(verify(signed).length, 1);
  assert.match(
    signed,
    /^<o:order [^>]*><!-- no comment --><o:item Id="first" b="2" a="1">ä &amp; ö<\/o:item><ds:Signature /,
  );
  assert.match(signed, /<\/ds:Signature><\/o:order>$/);
});

test('an RSA key signs as well, with its value in KeyInfo', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsa = { ...pair, privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })) };
  const exchange = exchangeOf(ORDER);
  const properties = {
    ...ENVELOPED,
    signatureAlgorithm: 'SHA512/RSA',
    keyInfoContent: 'X509Certificate,KeyValue,IssuerAndSerial',
  };
  await runBundle(signing(properties), exchange, environmentWith(rsa));
  assert.match(
    exchange.body as string,
    /<ds:KeyValue>.*<ds:X509IssuerSerial>.*<ds:X509Certificate>/,
  );
  verify(exchange.body as string, String(publicKey.export({ type: 'spki', format: 'pem' })));
});

test('the value of an elliptic curve key names the curve; one of another curve fails the step', async () => {
  const signed = await sign({ ...ENVELOPED, keyInfoContent: 'KeyValue' });
  assert.match(signed, /<dsig11:NamedCurve URI="urn:oid:1\.2\.840\.10045\.3\.1\.7"\/>/);
  const keys = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' });
  const { cert } = issueCertificate({ keys });
  const privateKey = String(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const other = environmentWith({ ...pair, privateKey, certificates: [cert] });
  const flow = signing({ ...ENVELOPED, keyInfoContent: 'KeyValue' });
  await assert.rejects(runBundle(flow, exchangeOf(ORDER), other), (error) => {
    assert.ok(error instanceof FlowFailure);
    assert.equal(error.reason, 'key');
    return true;
  });
});

test('what is changed afterwards is found out', async () => {
  const signed = await sign(ENVELOPED);
  assert.throws(() => verify(signed.replace('ä &amp; ö', 'a &amp; o')));
});

for (const [canonicalizationMethod, transformMethod] of [
  ['Exclusive XML Canonicalization', 'Inclusive XML Canonicalization'],
  [
    'http://www.w3.org/2001/10/xml-exc-c14n#WithComments',
    'http://www.w3.org/2001/10/xml-exc-c14n#',
  ],
] as const) {
  test(`canonicalized by ${canonicalizationMethod} and ${transformMethod}`, async () => {
    const signed = await sign({ ...ENVELOPED, canonicalizationMethod, transformMethod });
    assert.equal(verify(signed).length, 1);
  });
}

test('the parent is named by local name and namespace, and the declaration is written', async () => {
  const signed = await sign({
    ...ENVELOPED,
    omitXmlDeclaration: 'false',
    parentNodeSpecification: 'Specified by Name and Namespace',
    parentLocalName: 'item',
    parentNamespace: 'urn:orders',
  });
  assert.ok(signed.startsWith('<?xml version="1.0" encoding="UTF-8"?>\n<o:order'));
  assert.match(signed, /ä &amp; ö<ds:Signature /);
  verify(signed);
});

test('an enveloping signature holds the body and signs it', async () => {
  const signed = await sign({ ...ENVELOPED, signatureType: 'Enveloping XML Signature' });
  assert.match(signed, /^<ds:Signature .*<ds:Object Id="object-[0-9a-f]+"><o:order /);
  const [content = ''] = verify(signed);
  assert.match(content, /<o:item Id="first"|<o:item Id="first" a="1" b="2"|<o:item Id="first"/);
});

const detached = (...paths: readonly string[]) => ({
  ...ENVELOPED,
  signatureType: 'Detached XML Signatures',
  xpathToIdAttribute: paths.map((path) => `<row><cell id='XPath'>${path}</cell></row>`).join(''),
});

test('a detached signature is the last sibling of the element that it signs', async () => {
  const body = ORDER.replace('</o:order>', '<o:note/></o:order>');
  const signed = await sign(detached('/o:order/o:item/@Id'), body);
  assert.match(signed, /<\/o:item><o:note\/><ds:Signature (?!Id=)[^ ]+><ds:SignedInfo>/);
  const [content = ''] = verify(signed);
  assert.match(content, /^<o:item /);
});

test('of detached signatures, that of the outer element holds for those within (SAP Help, XML Digital Signature)', async () => {
  const body =
    '<o:order xmlns:o="urn:orders"><o:item Id="outer"><o:part Id="inner"/></o:item></o:order>';
  const signed = await sign(detached('/o:order/o:item/@Id', '//o:part/@Id'), body);
  assert.match(signed, /<o:part Id="inner"\/><ds:Signature .*<\/o:item><ds:Signature /);
  const [content = ''] = verify(signed);
  assert.match(content, /^<o:item .*<ds:Signature /);
});

test('an ID that does not name one element is not signed', async () => {
  for (const body of [
    '<o:order xmlns:o="urn:orders"><o:item Id="a"/><o:evil Id="a"/></o:order>',
    '<o:order xmlns:o="urn:orders"><o:item Id="a b"/></o:order>',
    '<o:order xmlns:o="urn:orders"><o:item Id=""/></o:order>',
  ]) {
    await assert.rejects(sign(detached('/o:order/o:item/@Id'), body), /several elements|is no ID/);
  }
  const reference = '<o:order xmlns:o="urn:orders"><o:item Id="a"/><o:see ref="a"/></o:order>';
  verify(await sign(detached('/o:order/o:item/@Id'), reference));
});

test('XAdES-BES: the qualifying properties are signed too (ETSI TS 101 903)', async () => {
  const signed = await sign({ ...ENVELOPED, ...XADES, addKeyInfoReference: 'true' });
  assert.equal(verify(signed).length, 3);
  assert.match(
    signed,
    /<etsi:QualifyingProperties xmlns:etsi="http:\/\/uri\.etsi\.org\/01903\/v1\.3\.2#" Target="#signature-[0-9a-f]+">/,
  );
  assert.match(signed, /<etsi:SigningTime>2026-01-02T13:04:05Z<\/etsi:SigningTime>/);
  assert.match(signed, /<etsi:City>Walldorf<\/etsi:City>/);
  assert.match(
    signed,
    /<etsi:Identifier>http:\/\/uri\.etsi\.org\/01903\/v1\.2\.2#ProofOfOrigin<\/etsi:Identifier><\/etsi:CommitmentTypeId><etsi:AllSignedDataObjects\/>/,
  );
  const serial = BigInt(`0x${new X509Certificate(issued.cert).serialNumber}`).toString();
  assert.ok(signed.includes(`<ds:X509SerialNumber>${serial}</ds:X509SerialNumber>`));
  assert.match(signed, /Type="http:\/\/uri\.etsi\.org\/01903#SignedProperties"/);
});

test('XAdES-EPES: the policy is named with its digest', async () => {
  const signed = await sign({ ...ENVELOPED, ...XADES, ...POLICY });
  assert.equal(verify(signed).length, 2);
  assert.match(
    signed,
    /<etsi:SigPolicyId><etsi:Identifier Qualifier="OIDAsURN">urn:oid:1\.2\.3<\/etsi:Identifier><\/etsi:SigPolicyId><etsi:SigPolicyHash>/,
  );
  const implied = await sign({ ...ENVELOPED, xadesEpesSignaturePolicy: 'Implied' });
  assert.match(implied, /<etsi:SignaturePolicyImplied\/>/);
});

test('the signing time is in the zone that a property names', async () => {
  const exchange = exchangeOf(ORDER, {}, { SAP_XadesSigningTimeZone: 'GMT+3:00' });
  await runBundle(signing({ ...ENVELOPED, ...XADES }), exchange, environment);
  assert.match(exchange.body as string, /<etsi:SigningTime>2026-01-02T16:04:05\+03:00</);
});

test('what is written into the properties cannot become markup', async () => {
  const exchange = exchangeOf(ORDER, { city: '</etsi:City><evil/>' });
  const place = { signatureProductionPlaceCity: '${header.city}' };
  await runBundle(signing({ ...ENVELOPED, ...XADES, ...place }), exchange, environment);
  const signed = exchange.body as string;
  assert.doesNotMatch(signed, /<evil/);
  verify(signed);
});

test('the key signs nothing that a body says in a signature of its own with the id to come', async () => {
  const forged = `<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">anything</ds:SignedInfo>`;
  const body = `<o:order xmlns:o="urn:orders"><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="Chosen">${forged}</ds:Signature></o:order>`;
  const signed = await sign({ ...ENVELOPED, signatureId: 'Chosen' }, body);
  verify(signed);
  const value = /<ds:SignatureValue>(.+)<\/ds:SignatureValue>/.exec(signed)?.[1] ?? '';
  const key = { key: issued.cert, dsaEncoding: 'ieee-p1363' } as const;
  assert.ok(!verifyBytes('sha256', Buffer.from(forged), key, Buffer.from(value, 'base64')));
});

test('a body with signed properties of its own does not stand in for those of the signature', async () => {
  const body = '<order><SignedProperties>anything</SignedProperties></order>';
  const enveloping = { ...ENVELOPED, ...XADES, signatureType: 'Enveloping XML Signature' };
  assert.equal(verify(await sign(enveloping, body)).length, 2);
});

test('private use characters in the body stay what they are', async () => {
  const text = '\uE000flowgate-signature\uE000';
  const signed = await sign(ENVELOPED, `<o:order xmlns:o="urn:orders">${text}</o:order>`);
  assert.ok(signed.startsWith(`<o:order xmlns:o="urn:orders">${text}<ds:Signature `));
  verify(signed);
});

test('a text as long as that of an attachment, and names that only libxml2 refuses, are signed', async () => {
  const text = `<?xml version="1.0" standalone='yes' ?><o:order xmlns:o="urn:orders" xml:id="1 2"><o:file>${'a'.repeat(10_500_000)}</o:file></o:order>`;
  const signed = await sign(ENVELOPED, text);
  assert.match(signed.slice(-30), /<\/ds:Signature><\/o:order>$/);
  assert.equal(signed.indexOf('<o:file>'), text.indexOf('<o:file>') - text.indexOf('<o:order'));
});

test('a key that is not there or does not fit, and a body with nothing to sign, fail and change nothing', async () => {
  const rsa = isEc ? 'SHA256/RSA' : 'SHA256/ECDSA';
  for (const [properties, body, reason] of [
    [{ privateKeyAlias: 'other' }, ORDER, 'no_key_pair'],
    [{ signatureAlgorithm: rsa }, ORDER, 'key'],
    [{}, '<other/>', 'nothing_to_sign'],
    [{}, 'no XML', 'xml'],
    [{}, '<!DOCTYPE x [<!ENTITY a "b">]><o:order xmlns:o="urn:orders">&a;</o:order>', 'xml'],
    [{}, `<o:order xmlns:o="urn:orders">${'<a>'.repeat(1000)}`, 'xml'],
    [{}, '', 'xml'],
    [{}, '<o:order xmlns:o="urn:orders" xmlns:relative="relative"/>', 'xml'],
    [{}, '<o:order xmlns:o="urn:orders" xmlns:free="not a URI"/>', 'xml'],
    [{ xpathExpression: '/o:order[upper-case(o:item) != ""]' }, ORDER, 'xpath'],
  ] as const) {
    const exchange = exchangeOf(body);
    await assert.rejects(
      runBundle(signing({ ...ENVELOPED, ...properties }), exchange, environment),
      (error) => {
        assert.ok(error instanceof FlowFailure);
        assert.equal(error.reason, reason);
        assert.doesNotMatch(error.message, /PRIVATE|BEGIN/);
        return true;
      },
    );
    assert.equal(exchange.body, body);
  }
});

test('settings that make no signature are told at deployment, all at once', () => {
  const wrong = {
    signatureAlgorithm: 'MD5/RSA',
    digestAlgorithm: 'CRC32',
    signatureType: 'Round',
    canonicalizationMethod: 'by hand',
    signatureId: 'not a name',
    outputEncoding: 'ISO-8859-1',
  };
  for (const xpathExpression of ['if (true()) then /o:order else ()', 'count(/o:order)']) {
    const zip = signing({ ...ENVELOPED, xpathExpression });
    assert.throws(() => compileBundle(zip), /which is no XPath 1\.0 that selects nodes/);
  }
  assert.throws(
    () => compileBundle(signing({ ...ENVELOPED, ...wrong, privateKeyAlias: '' })),
    (error) => {
      assert.ok(error instanceof NotDeployable);
      for (const text of [
        'MD5/RSA',
        'CRC32',
        'Round',
        'by hand',
        'not a name',
        'ISO-8859-1',
        'no private key',
      ]) {
        assert.ok(error.message.includes(text), text);
      }
      return true;
    },
  );
});
