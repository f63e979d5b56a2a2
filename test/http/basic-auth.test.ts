import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readBasic } from '../../shared/http/basic-auth.ts';
import { basic } from '../support/oauth.ts';

const isId = (text: string): boolean => /^[A-Za-z0-9._~-]{1,100}$/.test(text);
const formEncode = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2);
const id = fc.stringMatching(/^[A-Za-z0-9._~-]{1,100}$/);
const secret = fc.string({ unit: 'grapheme', minLength: 16, maxLength: 256 });

test('reads every id and secret as they are sent (RFC 7617 section 2)', () => {
  fc.assert(
    fc.property(id, secret, (user, password) => {
      const read = readBasic(basic(user, password), isId);
      assert.equal(read?.user, user);
      assert.equal(read.passwords[0], password);
    }),
  );
});

test('reads every id and secret as they are form-encoded (RFC 6749 section 2.3.1)', () => {
  fc.assert(
    fc.property(id, secret, (user, password) => {
      const read = readBasic(basic(formEncode(user), formEncode(password)), isId);
      assert.equal(read?.user, user);
      assert.ok(read.passwords.includes(password));
    }),
  );
});

test('gives at most two readings, or none, for any header', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const header of [text, `Basic ${text}`, `Basic ${btoa(encodeURIComponent(text))}`]) {
        const read = readBasic(header, isId);
        assert.ok(read === undefined || (read.passwords.length > 0 && read.passwords.length < 3));
      }
    }),
  );
});
