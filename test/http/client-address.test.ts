import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientAddressOf } from '../../shared/http/client-address.ts';

const addressOf = (forwarded: string, hops: number) =>
  clientAddressOf(new Headers({ 'x-forwarded-for': forwarded }), hops);

test('the address is the last entry that a trusted proxy has written', () => {
  assert.equal(addressOf('6.6.6.6, 10.0.0.1', 1), '10.0.0.1');
  assert.equal(addressOf('6.6.6.6, 10.0.0.1, 10.0.0.2', 2), '10.0.0.1');
});

test('entries that the caller has sent are never taken', () => {
  assert.equal(addressOf('6.6.6.6', 2), '');
  assert.equal(addressOf('6.6.6.6', 0), '');
  assert.equal(clientAddressOf(new Headers(), 1), '');
});

test('a port is not part of the address', () => {
  assert.equal(addressOf('10.0.0.1:55123', 1), '10.0.0.1');
  assert.equal(addressOf('[2001:db8::1]:55123', 1), '2001:db8::1');
  assert.equal(addressOf('2001:db8::1', 1), '2001:db8::1');
});
