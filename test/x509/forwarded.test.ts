import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCertificate } from '../../shared/x509/certificate.ts';
import { readForwarded } from '../../shared/x509/forwarded.ts';
import { issueCertificate } from '../support/certificate.ts';

const { cert, x509 } = issueCertificate();
const escaped = encodeURIComponent(cert);

function thumbprintOf(value: string): string | undefined {
  const encoded = readForwarded(value);
  return encoded === undefined ? undefined : readCertificate(encoded)?.thumbprint;
}

for (const [what, value] of [
  ['base64 of DER, as App Service forwards it', x509.raw.toString('base64')],
  ['escaped PEM, as nginx does', escaped],
  [
    'an element Cert, as Envoy and Container Apps do',
    `Hash=abc;Cert="${escaped}";Chain="${escaped}"`,
  ],
  ['that element in small letters, without quotes', `by=urn:x;cert=${escaped}`],
  ['that element beside a subject with a comma', `Subject="CN=a,O=b";Cert="${escaped}"`],
  [
    'that element beside a subject with quotes of its own',
    `Subject="CN=a \\"b\\";O=c\\\\";Cert="${escaped}"`,
  ],
  [
    'that element beside a subject that looks like one',
    `Cert="${escaped}";Subject="CN=x;Cert=AAAA"`,
  ],
  ['that element with a semicolon after it', `Hash=abc;Cert="${escaped}";`],
] as const) {
  test(`a forwarded certificate may be ${what}`, () => {
    assert.ok(thumbprintOf(value));
    assert.equal(thumbprintOf(value), readCertificate(x509.raw)?.thumbprint);
  });
}

for (const [what, value] of [
  ['nothing', ''],
  ['what is no certificate', 'AAAA'],
  [
    'two, which the host has joined',
    `${x509.raw.toString('base64')},${x509.raw.toString('base64')}`,
  ],
  ['two elements Cert: a caller’s and the proxy’s', `Cert="${escaped}",Cert="${escaped}"`],
  ['two in one PEM', encodeURIComponent(cert + cert)],
  ['a subject that has an element in it', `Subject="CN=x;Cert=${escaped}"`],
  ['one that has it after quotes of its own', `Subject="CN=\\"x\\";Cert=${escaped};O=y"`],
  ['one whose quotes do not end', `Subject="CN=x;Cert=${escaped}`],
  ['a value of a name that is not known', `X-Name="x;Cert=${escaped}"`],
  ['a chain alone', `Hash=abc;Chain="${escaped}"`],
  [
    'a private key',
    encodeURIComponent('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'),
  ],
  ['a broken escape', '%E0%A4%A'],
  ['20,000 characters', 'A'.repeat(20_000)],
] as const) {
  test(`${what} is no forwarded certificate`, () => {
    assert.equal(thumbprintOf(value), undefined);
  });
}
