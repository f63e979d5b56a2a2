import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Certificate, readCertificate } from '../../shared/x509/certificate.ts';
import { findFaultInCertificate } from '../../shared/x509/chain.ts';
import {
  alternativeNames,
  commonName,
  extendedKeyUsage,
  isAuthority,
  type Issued,
  issueCertificate,
  keyUsage,
} from '../support/certificate.ts';

const HOUR = 3_600_000;
const CLIENT = extendedKeyUsage('clientAuth');

const authority = (
  name: string,
  issuer?: Issued,
  extensions: Parameters<typeof issueCertificate>[0] = {},
): Issued =>
  issueCertificate(
    {
      subject: commonName(name),
      extensions: [isAuthority(), keyUsage('keyCertSign')],
      ...extensions,
    },
    issuer,
  );
const client = (issuer?: Issued, options: Parameters<typeof issueCertificate>[0] = {}): Issued =>
  issueCertificate({ subject: commonName('partner'), extensions: [CLIENT], ...options }, issuer);

function read({ x509 }: Issued): Certificate {
  const certificate = readCertificate(x509.raw);
  assert.ok(certificate);
  return certificate;
}

const faultIn = (leaf: Issued, ...authorities: readonly Issued[]): string | undefined =>
  findFaultInCertificate(read(leaf), authorities.map(read), Date.now());

const root = authority('Root');
const middle = authority('Middle', root);

void suite('the chain of a client’s certificate (RFC 5280 section 6.1)', () => {
  test('leads to a root, or to an authority whose issuer is not configured', () => {
    assert.equal(faultIn(client(root), root), undefined);
    assert.equal(faultIn(client(middle), root, middle), undefined);
    assert.equal(faultIn(client(middle), middle), undefined);
  });

  test('is found among authorities of one name, and past a root that is there twice', () => {
    const namesake = authority('Root');
    const renewed = authority('Root', undefined, { keys: root });
    assert.equal(faultIn(client(root), namesake, root, root, renewed), undefined);
    assert.equal(faultIn(client(root), namesake), 'chain');
  });

  test('is not there without the intermediate authority: the front end hands over one certificate', () => {
    assert.equal(faultIn(client(middle), root), 'chain');
  });

  test('a certificate that signs itself has none, whatever its subject', () => {
    assert.equal(faultIn(client(), root), 'chain');
    const pretender = authority('Root');
    assert.equal(faultIn(client(pretender), root), 'chain');
    const issuerOfRightName = { ...client(), name: root.name };
    assert.equal(faultIn(client(issuerOfRightName), root), 'chain');
  });

  test('does not go through a certificate of a client', () => {
    const leaf = client(root, { extensions: [CLIENT, keyUsage('digitalSignature')] });
    assert.equal(faultIn(client(leaf), root, leaf), 'chain');
    assert.equal(faultIn(client(leaf), leaf), 'chain');
  });

  test('does not go through an authority that may not sign certificates (section 4.2.1.3)', () => {
    const mute = authority('Mute', undefined, {
      extensions: [isAuthority(), keyUsage('digitalSignature')],
    });
    assert.equal(faultIn(client(mute), mute), 'chain');
  });

  test('every certificate in it is in time', () => {
    const old = { from: Date.now() - 2 * HOUR, until: Date.now() - HOUR };
    const early = { from: Date.now() + HOUR, until: Date.now() + 2 * HOUR };
    assert.equal(faultIn(client(root, old), root), 'expired');
    assert.equal(faultIn(client(root, early), root), 'expired');
    const oldRoot = authority('Old', undefined, old);
    assert.equal(faultIn(client(oldRoot), oldRoot), 'chain');
    const oldMiddle = authority('Old', root, old);
    assert.equal(faultIn(client(oldMiddle), root, oldMiddle), 'chain');
    const underOldRoot = authority('Middle', oldRoot);
    assert.equal(faultIn(client(underOldRoot), oldRoot, underOldRoot), 'chain');
  });

  test('is no longer than its authorities allow (section 4.2.1.9)', () => {
    const short = authority('Short', undefined, {
      extensions: [isAuthority(0), keyUsage('keyCertSign')],
    });
    const below = authority('Below', short);
    assert.equal(faultIn(client(short), short), undefined);
    assert.equal(faultIn(client(below), short, below), 'chain');
  });

  test('is followed for a bounded number of authorities', () => {
    const line = [root];
    for (let i = 0; i < 8; i += 1) line.push(authority(`Authority ${i}`, line.at(-1)));
    assert.equal(faultIn(client(line[6]), ...line), undefined);
    assert.equal(faultIn(client(line[8]), ...line), 'chain');
  });

  test('has no signature over SHA-1', () => {
    assert.equal(faultIn(client(root, { digest: 'sha1' }), root), 'chain');
    const weak = authority('Weak', root, { digest: 'sha1' });
    assert.equal(faultIn(client(weak), root, weak), 'chain');
  });

  test('has no name constraints or other critical extension that is not heeded (section 4.2)', () => {
    const name = alternativeNames({ dns: 'x' })[1];
    for (const extension of [
      ['2.5.29.30', name, true],
      ['2.5.29.30', name, false],
      ['2.5.29.36', name, false],
      ['1.3.6.1.4.1.99999.1', name, true],
    ] as const) {
      const limited = authority('Limited', undefined, {
        extensions: [isAuthority(), keyUsage('keyCertSign'), extension],
      });
      assert.equal(faultIn(client(limited), limited), 'chain', extension[0]);
      const leaf = client(root, { extensions: [CLIENT, extension] });
      assert.equal(faultIn(leaf, root), 'extension', extension[0]);
    }
    const harmless = ['1.3.6.1.4.1.99999.1', name, false] as const;
    assert.equal(faultIn(client(root, { extensions: [CLIENT, harmless] }), root), undefined);
  });
});

test('a client’s certificate is for clientAuth, and says so (section 4.2.1.12)', () => {
  for (const extensions of [[], [extendedKeyUsage('serverAuth')]]) {
    assert.equal(faultIn(client(root, { extensions }), root), 'usage');
  }
  const both = extendedKeyUsage('serverAuth', 'clientAuth');
  assert.equal(faultIn(client(root, { extensions: [both] }), root), undefined);
});

test('the certificate of an authority is no client’s', () => {
  const extensions = [isAuthority(), CLIENT];
  assert.equal(faultIn(client(root, { extensions }), root), 'authority');
  assert.equal(faultIn(root, root), 'authority');
});
