import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameName, nameOf, parseName } from '../../shared/x509/distinguished-name.ts';
import { type Attribute, der, encodeName, oid } from '../support/certificate.ts';

const isSame = (text: string, attributes: readonly Attribute[]): boolean => {
  const [parsed, encoded] = [parseName(text), nameOf(encodeName(attributes))];
  assert.ok(parsed, `${text} is a name`);
  assert.ok(encoded);
  return isSameName(parsed, encoded);
};

const DE: Attribute = ['2.5.4.6', 'DE', 0x13];
const ORG: Attribute = ['2.5.4.10', 'Example, Inc.'];
const PARTNER: Attribute = ['2.5.4.3', 'partner'];
const NAME = [DE, ORG, PARTNER];

test('text names the last relative name first, with escapes, whichever string type DER has (RFC 4514 section 2)', () => {
  for (const text of [
    'CN=partner,O=Example\\, Inc.,C=DE',
    'cn=partner, o=Example\\2C Inc. , c=DE',
    'CN = partner, O = Example\\, Inc., C = DE',
    '2.5.4.3=partner,2.5.4.10=Example\\2c\\20Inc.,2.5.4.6=DE',
    'CN=#0c07706172746e6572,O=Example\\, Inc.,C=#13024445',
  ]) {
    assert.equal(isSame(text, NAME), true, text);
  }
});

test('another order, value, type, case of a value or number of names is another name', () => {
  for (const text of [
    'C=DE,O=Example\\, Inc.,CN=partner',
    'CN=Partner,O=Example\\, Inc.,C=DE',
    'CN=partner,O=Example\\, Inc.',
    'CN=partner,O=Example\\, Inc.,C=DE,DC=x',
    'OU=partner,O=Example\\, Inc.,C=DE',
    'CN=partner,CN=partner,O=Example\\, Inc.,C=DE',
    'CN=partner\\ ,O=Example\\, Inc.,C=DE',
    'CN=partner+O=Example\\, Inc.,C=DE',
  ]) {
    assert.equal(isSame(text, NAME), false, text);
  }
});

test('a comma or an equals sign within a value of the certificate makes no second name', () => {
  const forged: Attribute = ['2.5.4.3', 'partner,O=Example\\, Inc.,C=DE'];
  assert.equal(isSame('CN=partner,O=Example\\, Inc.,C=DE', [forged]), false);
  assert.equal(isSame('CN=partner', [['2.5.4.3', 'x\nCN=partner']]), false);
  assert.equal(isSame('CN=partner', [['2.5.4.3', 'partner\0.evil.example']]), false);
});

test('a value that is no text is only the same as its own encoding', () => {
  const integer: Attribute = ['2.5.4.3', '\x01', 0x02];
  assert.equal(isSame('CN=#020101', [integer]), true);
  assert.equal(isSame('CN=\\#020101', [integer]), false);
  assert.equal(isSame('CN=#020101', [['2.5.4.3', '#020101']]), false);
});

test('attributes of one relative name have no order', () => {
  const set = (...values: Buffer[]): Buffer => der(0x30, der(0x31, ...values));
  const one = der(0x30, oid('2.5.4.3'), der(0x0c, Buffer.from('a')));
  const other = der(0x30, oid('0.9.2342.19200300.100.1.1'), der(0x0c, Buffer.from('ü')));
  const encoded = nameOf(set(one, other));
  for (const text of ['CN=a+UID=ü', 'UID=\\C3\\BC+CN=a']) {
    assert.ok(isSameName(parseName(text) ?? [], encoded ?? []), text);
  }
});

for (const text of [
  '',
  'partner',
  'CN',
  'XYZ=partner',
  'CN=a,',
  'CN=a,,C=DE',
  'CN="a, b"',
  'CN=a;C=DE',
  'CN=<a>',
  'CN=a\\',
  'CN=\\FF',
  'CN=#0c',
  'CN=#xyz',
  '1=a',
]) {
  test(`${JSON.stringify(text)} is no name`, () => {
    assert.equal(parseName(text), undefined);
  });
}

test('DER that is cut, too long or no name is none', () => {
  const whole = encodeName(NAME);
  assert.ok(nameOf(whole));
  for (let length = 0; length < whole.length; length += 1) {
    assert.equal(nameOf(whole.subarray(0, length)), undefined, String(length));
  }
  assert.equal(nameOf(Buffer.concat([whole, Buffer.from([0])])), undefined);
  assert.equal(nameOf(Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])), undefined);
  assert.equal(nameOf(Buffer.from([0x30, 0x80, 0, 0])), undefined);
});
