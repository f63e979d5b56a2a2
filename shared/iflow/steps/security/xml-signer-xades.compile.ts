import type { XadesSettings } from './signature/settings.ts';
import { XADES_132 } from './signature/xades.ts';
import { shown, type SignerReader } from './xml-signer-reader.ts';

const COMMITMENTS: Readonly<Record<string, string>> = {
  origin: 'ProofOfOrigin',
  receipt: 'ProofOfReceipt',
  delivery: 'ProofOfDelivery',
  sender: 'ProofOfSender',
  approval: 'ProofOfApproval',
  creation: 'ProofOfCreation',
};

/** Namespaces of XAdES 1.1.1 to 1.4.1. */
const NAMESPACE = /^http:\/\/uri\.etsi\.org\/01903\/v1\.\d\.\d#$/;

/**
 * SAP Help, Signing the Message Content with XAdES-BES and XAdES-EPES. A step that sets none of its
 * properties makes a plain signature.
 */
export function compileXades(reader: SignerReader): XadesSettings | undefined {
  const certificate = /chain/i.test(reader.text('xadesAddSigningCertificate'))
    ? 'chain'
    : /^(?:|none)$/i.test(reader.text('xadesAddSigningCertificate'))
      ? 'none'
      : 'certificate';
  const namespace = reader.text('signatureXMLNamespace');
  if (namespace !== '' && !NAMESPACE.test(namespace)) {
    reader.fault(
      `has the XAdES namespace ${shown(namespace)}, which is unknown`,
      'signatureXMLNamespace',
    );
  }
  const settings: XadesSettings = {
    namespace: namespace === '' ? XADES_132 : namespace,
    prefix: reader.name('signatureXMLNamespacePrefix', 'etsi'),
    signingTime: reader.text('xadesAddSigningTime') === 'true',
    certificate,
    certificateDigest:
      certificate === 'none'
        ? 'sha256'
        : (reader.hash('xadesSigningCertificateDigestAlgorithm') ?? 'sha256'),
    policy: compilePolicy(reader),
    place: {
      city: reader.template('signatureProductionPlaceCity'),
      state: reader.template('signatureProductionPlaceState'),
      postalCode: reader.template('signatureProductionPlacePostalCode'),
      country: reader.template('signatureProductionPlaceCountry'),
    },
    claimedRoles: (reader.node.tables.get('xadesClaimedRoles') ?? [])
      .map((row) => (row.values().next().value ?? '').trim())
      .filter((role) => role !== ''),
    dataFormat: {
      description: reader.template('xadesDataObjectFormatDescription'),
      mimeType: reader.template('xadesDataObjectFormatMimeType'),
      identifier: reader.text('xadesIdentifierName'),
      qualifier: reader.text('xadesIdentifierQualifier'),
      identifierDescription: reader.text('xadesIdentifierDescription'),
    },
    commitment: compileCommitment(reader),
    commitmentDescription: reader.template('signatureCommitmentDescription'),
  };
  return isEmpty(settings) ? undefined : settings;
}

function compilePolicy(reader: SignerReader): XadesSettings['policy'] {
  const written = reader.text('xadesEpesSignaturePolicy');
  if (/^(?:|none)$/i.test(written)) return { kind: 'none' };
  if (/^implied$/i.test(written)) return { kind: 'implied' };
  if (!/^explicit/i.test(written)) {
    reader.fault(
      `has the signature policy ${shown(written)}, which is unknown`,
      'xadesEpesSignaturePolicy',
    );
  }
  const identifier = reader.template('xadesEpesIdentifier');
  const digestValue = reader.template('xadesEpesDigestValue');
  if (identifier.length === 0) reader.fault('names no signature policy', 'xadesEpesIdentifier');
  if (digestValue.length === 0) {
    reader.fault('has no digest of its signature policy', 'xadesEpesDigestValue');
  }
  return {
    kind: 'explicit',
    identifier,
    qualifier: reader.text('xadesEpesIdentifierQualifier'),
    description: reader.template('xadesEpesDescription'),
    digest: reader.hash('xadesEpesDigestAlgorithm') ?? 'sha256',
    digestValue,
  };
}

function compileCommitment(reader: SignerReader): string {
  const written = reader.text('signatureCommitment');
  if (/^(?:|none)$/i.test(written)) return '';
  const known = /(?:proof ?of ?)(\w+)$/i.exec(written)?.[1]?.toLowerCase() ?? '';
  if (Object.hasOwn(COMMITMENTS, known)) {
    return `http://uri.etsi.org/01903/v1.2.2#${COMMITMENTS[known] ?? ''}`;
  }
  reader.fault(`has the commitment ${shown(written)}, which is unknown`, 'signatureCommitment');
  return '';
}

function isEmpty(settings: XadesSettings): boolean {
  const { place, dataFormat, policy } = settings;
  return (
    !settings.signingTime &&
    settings.certificate === 'none' &&
    policy.kind === 'none' &&
    settings.claimedRoles.length === 0 &&
    settings.commitment === '' &&
    dataFormat.identifier === '' &&
    [...Object.values(place), dataFormat.description, dataFormat.mimeType].every(
      ({ length }) => length === 0,
    )
  );
}
