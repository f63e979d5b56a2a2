import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Fault } from '../../shared/http/fault.ts';
import { fetchKeys, type KeySource, KeysFault } from '../../shared/jwt/fetch-keys.ts';
import { createRemoteKeys, type RemoteKeys } from '../../shared/jwt/remote-keys.ts';
import { createJsonClient } from '../../shared/net/json-client.ts';
import { testClock, type TestClock } from '../support/clock.ts';
import { makeIssuerKey, type OtherIssuer, startOtherIssuer } from '../support/other-issuer.ts';

const MINUTE = 60_000;
const client = createJsonClient({ privateHosts: new Set(['127.0.0.1']) });
const first = makeIssuerKey('first');
const second = makeIssuerKey('second');

interface Watched {
  readonly keys: RemoteKeys;
  readonly clock: TestClock;
  readonly other: OtherIssuer;
  readonly source: KeySource;
  readonly faults: unknown[];
}

async function watch(t: TestContext): Promise<Watched> {
  const other = await startOtherIssuer([first]);
  t.after(() => other.close().catch(() => undefined));
  const clock = testClock();
  const faults: unknown[] = [];
  const keys = createRemoteKeys({ client, clock, onFault: (_, error) => faults.push(error) });
  return { keys, clock, other, source: { jwksUri: other.jwksUri }, faults };
}

/** Until what goes on behind an answer is through. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

test('keys are fetched once for all who ask, and then answered from memory', async (t) => {
  const { keys, other, source } = await watch(t);
  const found = await Promise.all(
    Array.from({ length: 20 }, () => keys.keyFor(source, 'first', 'ES256')),
  );
  for (const key of found) assert.ok(key?.equals(first.publicKey));
  await keys.keyFor(source, 'first', 'ES256');
  assert.equal(other.fetches, 1);
});

test('a storm of unknown kids makes one fetch a minute, and known ones go on', async (t) => {
  const { keys, clock, other, source } = await watch(t);
  const storm = async () => {
    for (let i = 0; i < 50; i += 1) {
      assert.equal(await keys.keyFor(source, `made-up-${i}`, 'ES256'), undefined);
    }
  };
  await keys.keyFor(source, 'first', 'ES256');
  await storm();
  assert.equal(other.fetches, 1);
  clock.advance(MINUTE);
  await storm();
  assert.equal(other.fetches, 2);
  clock.advance(MINUTE - 1);
  await storm();
  assert.equal(other.fetches, 2);
  assert.ok(await keys.keyFor(source, 'first', 'ES256'));
});

test('a key that the source has rotated to is found by its kid, and the old one is gone', async (t) => {
  const { keys, clock, other, source } = await watch(t);
  await keys.keyFor(source, 'first', 'ES256');
  other.keys = [second.jwk];
  clock.advance(MINUTE);
  assert.ok((await keys.keyFor(source, 'second', 'ES256'))?.equals(second.publicKey));
  clock.advance(MINUTE);
  assert.equal(await keys.keyFor(source, 'first', 'ES256'), undefined);
});

test('keys older than ten minutes are fetched anew behind the answer', async (t) => {
  const { keys, clock, other, source } = await watch(t);
  await keys.keyFor(source, 'first', 'ES256');
  other.keys = [];
  clock.advance(10 * MINUTE + 1);
  assert.ok(await keys.keyFor(source, 'first', 'ES256'), 'nobody waits');
  await settled();
  assert.equal(other.fetches, 2);
  assert.equal(await keys.keyFor(source, 'first', 'ES256'), undefined);
});

test('keys older than 15 minutes are used only after the source was asked: a withdrawn one is refused', async (t) => {
  const { keys, clock, other, source } = await watch(t);
  await keys.keyFor(source, 'first', 'ES256');
  other.keys = [second.jwk];
  clock.advance(15 * MINUTE + 1);
  const asked = await Promise.all(
    Array.from({ length: 20 }, () => keys.keyFor(source, 'first', 'ES256')),
  );
  assert.ok(asked.every((key) => key === undefined));
  assert.equal(other.fetches, 2, 'all of them wait for one answer');
  assert.ok(await keys.keyFor(source, 'second', 'ES256'));
});

test('while the source is down keys older than 15 minutes go on; it is asked once a minute, and believed once it is back', async (t) => {
  const { keys, clock, other, source, faults } = await watch(t);
  await keys.keyFor(source, 'first', 'ES256');
  await other.close();
  clock.advance(15 * MINUTE + 1);
  assert.ok(await keys.keyFor(source, 'first', 'ES256'));
  clock.advance(MINUTE - 1);
  assert.ok(await keys.keyFor(source, 'first', 'ES256'));
  assert.equal(faults.length, 1);
  other.keys = [];
  await other.open();
  clock.advance(1);
  assert.equal(await keys.keyFor(source, 'first', 'ES256'), undefined);
});

test('while the source is down its keys hold for 24 hours, and no longer', async (t) => {
  const { keys, clock, other, source, faults } = await watch(t);
  await keys.keyFor(source, 'first', 'ES256');
  await other.close();
  clock.advance(24 * 60 * MINUTE);
  assert.ok(await keys.keyFor(source, 'first', 'ES256'));
  await settled();
  assert.equal(faults.length, 1);
  clock.advance(MINUTE);
  await assert.rejects(
    keys.keyFor(source, 'first', 'ES256'),
    (error: unknown) => error instanceof Fault && error.status === 503,
  );
  await other.open();
  clock.advance(MINUTE);
  assert.ok(await keys.keyFor(source, 'first', 'ES256'));
});

test('an unknown kid is refused while the source is down, and is not taken for an outage', async (t) => {
  const { keys, clock, other, source } = await watch(t);
  await keys.keyFor(source, 'first', 'ES256');
  await other.close();
  clock.advance(MINUTE);
  assert.equal(await keys.keyFor(source, 'second', 'ES256'), undefined);
});

test('a source that never answered is asked every ten seconds, and says 503 with Retry-After meanwhile', async (t) => {
  const { keys, clock, other, source, faults } = await watch(t);
  await other.close();
  const refused = async () =>
    assert.rejects(keys.keyFor(source, 'first', 'ES256'), (error: unknown) => {
      assert.ok(error instanceof Fault);
      assert.deepEqual([error.status, error.reason], [503, 'keys_unavailable']);
      assert.equal(error.headers['Retry-After'], '10');
      return true;
    });
  await refused();
  await refused();
  assert.equal(faults.length, 1);
  clock.advance(10_000);
  await other.open();
  assert.ok(await keys.keyFor(source, 'first', 'ES256'));
});

test('a source that is down is not waited for by others', async (t) => {
  const { keys, other, source } = await watch(t);
  const hanging = createRemoteKeys({
    client: {
      get: (url, headers) =>
        url === other.jwksUri ? client.get(url, headers) : new Promise(() => undefined),
      postForm: (url, form, headers) => client.postForm(url, form, headers),
    },
    clock: testClock(),
    onFault: () => undefined,
  });
  void hanging.keyFor({ jwksUri: 'https://down.example/jwks' }, 'first', 'ES256');
  assert.ok(await hanging.keyFor(source, 'first', 'ES256'));
  assert.ok(await keys.keyFor(source, 'first', 'ES256'));
});

test('keys are found by discovery, if the metadata is that issuer’s own (RFC 8414 section 3.3)', async (t) => {
  const { other } = await watch(t);
  const { issuer, discovery, jwksUri } = other;
  const found = await fetchKeys(client, { discovery, issuer });
  assert.equal(found.jwksUri, jwksUri);
  assert.deepEqual(
    found.keys.map((key) => key.kid),
    ['first'],
  );
  other.fetches = 0;
  await assert.rejects(
    fetchKeys(client, { discovery, issuer: 'https://other.example' }),
    (error: unknown) => error instanceof KeysFault && error.reason === 'issuer_mismatch',
  );
  assert.equal(other.fetches, 0);
});

test('a document that is no key set, or has more than 100 keys, is refused', async (t) => {
  const { other, source } = await watch(t);
  const reason = (error: unknown): boolean =>
    error instanceof KeysFault && error.reason === 'key_set';
  await assert.rejects(fetchKeys(client, { jwksUri: other.discovery }), reason);
  other.keys = Array.from({ length: 101 }, () => first.jwk);
  await assert.rejects(fetchKeys(client, source), reason);
});
