import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTokenIds, isIssuedSince } from '../../shared/jwt/token-id.ts';

test('a token id is of the registration that it was made for, to the millisecond, and of no other', () => {
  const makeId = createTokenIds();
  const times = [0, 1, 255, 256, Date.UTC(2027, 0, 1), Date.UTC(2027, 0, 1) + 1, Date.UTC(9999, 0)];
  for (const made of times) {
    const id = makeId(made);
    for (const asked of times) assert.equal(isIssuedSince(id, asked), asked === made);
  }
});

test('token ids differ in 128 random bits', () => {
  const makeId = createTokenIds();
  const ids = Array.from({ length: 1000 }, () => makeId(1));
  assert.equal(new Set(ids).size, 1000);
  for (const id of ids) assert.equal(Buffer.from(id.slice(8), 'base64url').length, 16);
});

test('what is no token id of ours belongs to no registration', () => {
  for (const id of ['', 'x', 'AAAAAAA', '\u0000'.repeat(30)]) {
    assert.equal(isIssuedSince(id, 0), false);
  }
});
