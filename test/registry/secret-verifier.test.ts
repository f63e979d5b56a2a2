import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Fault } from '../../shared/http/fault.ts';
import type { Client, StoredSecret } from '../../shared/registry/client.ts';
import { createSecretVerifier } from '../../shared/registry/secret-verifier.ts';
import { deriveHash, generateSecret, hashChosenSecret } from '../../shared/registry/secrets.ts';
import { someClient } from '../support/oauth.ts';
import { fakeClock } from './registry.ts';

const times = { createdAt: 0, expiresAt: undefined };

function clientWith(clientId: string, ...secrets: StoredSecret[]): Client {
  return someClient({ clientId, secrets });
}

/** A verifier that counts its slow hashes; `hold()` keeps them from ending. */
function countingVerifier() {
  const state = { derived: 0, running: 0, mostRunning: 0, gate: Promise.resolve() };
  const verifier = createSecretVerifier({
    clock: fakeClock(),
    random: randomBytes,
    derive: async (text, salt) => {
      state.derived += 1;
      state.running += 1;
      state.mostRunning = Math.max(state.mostRunning, state.running);
      await state.gate;
      state.running -= 1;
      return text.startsWith('right') ? deriveHash(text, salt) : Buffer.alloc(32);
    },
  });
  const hold = (): (() => void) => {
    let release: () => void = () => undefined;
    state.gate = new Promise((resolve) => (release = resolve));
    return () => release();
  };
  return { verifier, state, hold };
}

test('scrypt runs once for a secret that is presented again, and again for a wrong one', async () => {
  const { verifier, state } = countingVerifier();
  const { stored } = await hashChosenSecret('right and long enough', randomBytes, times);
  const client = clientWith('c', stored);
  for (let i = 0; i < 3; i += 1) {
    assert.equal(await verifier.verify(client, ['right and long enough']), 'accepted');
  }
  assert.equal(state.derived, 1);
  for (let i = 0; i < 2; i += 1) assert.equal(await verifier.verify(client, ['wrong']), 'wrong');
  assert.equal(state.derived, 3);
});

test('what memory has accepted is good for this client, this secret and this hash only', async () => {
  const { verifier } = countingVerifier();
  const text = 'right and long enough';
  const one = (await hashChosenSecret(text, randomBytes, times)).stored;
  const other = (await hashChosenSecret('right, and another', randomBytes, times)).stored;
  assert.equal(await verifier.verify(clientWith('c', one), [text]), 'accepted');
  const replaced = { ...other, secretId: one.secretId };
  assert.equal(await verifier.verify(clientWith('c', replaced), [text]), 'wrong');
  assert.equal(await verifier.verify(clientWith('d', other), [text]), 'wrong');
  assert.equal(await verifier.verify(clientWith('c'), [text]), 'wrong');
});

test('either reading of a secret may match; none matches nobody', async () => {
  const { verifier, state } = countingVerifier();
  const { text, stored } = generateSecret(randomBytes, times);
  assert.equal(await verifier.verify(clientWith('c', stored), ['x', text]), 'accepted');
  assert.equal(await verifier.verify(clientWith('c', stored), ['x', 'y']), 'wrong');
  assert.equal(await verifier.verify(clientWith('c', stored), []), 'wrong');
  for (const presented of [[''], [text], ['x'.repeat(100_000)], []]) {
    assert.equal(await verifier.verify(undefined, presented), 'wrong');
  }
  assert.equal(state.derived, 0);
});

test('text longer than any secret never reaches scrypt', async () => {
  const { verifier, state } = countingVerifier();
  const { stored } = await hashChosenSecret('right and long enough', randomBytes, times);
  assert.equal(await verifier.verify(clientWith('c', stored), ['x'.repeat(1025)]), 'wrong');
  assert.equal(state.derived, 0);
});

test('a burst with one secret costs one scrypt', async () => {
  const { verifier, state } = countingVerifier();
  const { stored } = await hashChosenSecret('right and long enough', randomBytes, times);
  const client = clientWith('c', stored);
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => verifier.verify(client, ['right and long enough'])),
  );
  assert.ok(answers.every((answer) => answer === 'accepted'));
  assert.equal(state.derived, 1);
});

test('a few scrypts run at once, some wait, more are 503 with Retry-After, and the rest still ends', async () => {
  const { verifier, state, hold } = countingVerifier();
  const { stored } = await hashChosenSecret('right and long enough', randomBytes, times);
  const client = clientWith('c', stored);
  const release = hold();
  const outcomes = Array.from({ length: 70 }, (_, i) =>
    verifier.verify(client, [`wrong ${i}`]).catch((error: unknown) => error),
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(state.derived, 3);
  release();
  const ended = await Promise.all(outcomes);
  const refused = ended.filter((one) => one instanceof Fault);
  assert.equal(refused.length, 7);
  assert.deepEqual([refused[0]?.status, refused[0]?.headers['Retry-After']], [503, '1']);
  assert.equal(ended.filter((one) => one === 'wrong').length, 63);
  assert.deepEqual([state.derived, state.mostRunning], [63, 3]);
  assert.equal(await verifier.verify(client, ['right and long enough']), 'accepted');
});

test('a secret in memory costs no scrypt beside another secret or another reading of it', async () => {
  const { verifier, state } = countingVerifier();
  const one = (await hashChosenSecret('right+and+long+enough', randomBytes, times)).stored;
  const other = (await hashChosenSecret('right, and another', randomBytes, times)).stored;
  const client = clientWith('c', other, one);
  const readings = ['right%2Band%2Blong%2Benough', 'right+and+long+enough'];
  assert.equal(await verifier.verify(client, readings), 'accepted');
  const first = state.derived;
  for (let i = 0; i < 5; i += 1) assert.equal(await verifier.verify(client, readings), 'accepted');
  assert.equal(state.derived, first);
});

test('secrets and readings are compared side by side, so that a refusal does not take longer for more of them', async () => {
  const { verifier, state, hold } = countingVerifier();
  const one = (await hashChosenSecret('right and long enough', randomBytes, times)).stored;
  const other = (await hashChosenSecret('right, and another', randomBytes, times)).stored;
  const release = hold();
  const outcome = verifier.verify(clientWith('c', one, other), ['wrong', 'wrong too']);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(state.running, 3);
  release();
  assert.equal(await outcome, 'wrong');
  assert.deepEqual([state.derived, state.mostRunning], [4, 3]);
});

test('while no more scrypts are taken, a client that does not exist or needs none is refused alike', async () => {
  const { verifier, hold } = countingVerifier();
  const chosen = (await hashChosenSecret('right and long enough', randomBytes, times)).stored;
  const { text, stored } = generateSecret(randomBytes, times);
  const release = hold();
  const busy = Array.from({ length: 63 }, (_, i) =>
    verifier.verify(clientWith('busy', chosen), [`wrong ${i}`]),
  );
  await new Promise((resolve) => setImmediate(resolve));
  for (const client of [clientWith('c', chosen), clientWith('d', stored), undefined]) {
    await assert.rejects(
      verifier.verify(client, ['wrong']),
      (error: unknown) => error instanceof Fault && error.status === 503,
    );
  }
  assert.equal(await verifier.verify(clientWith('d', stored), [text]), 'accepted');
  release();
  await Promise.all(busy);
  assert.equal(await verifier.verify(undefined, ['wrong']), 'wrong');
});

test('an expired chosen secret is told from a wrong one, also out of memory', async () => {
  const { verifier } = countingVerifier();
  const text = 'right and long enough';
  const { stored } = await hashChosenSecret(text, randomBytes, times);
  const expired = clientWith('c', { ...stored, expiresAt: 1 });
  assert.equal(await verifier.verify(expired, [text]), 'expired');
  assert.equal(await verifier.verify(expired, [text]), 'expired');
  assert.equal(await verifier.verify(expired, ['wrong']), 'wrong');
});
