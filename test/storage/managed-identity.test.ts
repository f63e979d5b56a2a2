import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createManagedIdentityCredential,
  IdentityError,
} from '../../shared/storage/managed-identity.ts';
import { testClock } from '../support/clock.ts';

const SCOPE = 'https://storage.azure.com/.default';
const HOUR = 3_600_000;
const identity = { endpoint: 'http://127.0.0.1:41/msi/token', header: 'h-3f9a', clientId: 'c-1' };

/** An endpoint whose answers are made by `answer`, called with the number of the request from 1. */
function setUp(answer: (count: number, now: number) => Response | Promise<Response>) {
  const clock = testClock();
  const asked: { url: URL; header: string | null }[] = [];
  const waits: number[] = [];
  const credential = createManagedIdentityCredential(identity, {
    clock,
    fetch: async (url, init) => {
      const header = new Headers(init?.headers).get('x-identity-header');
      asked.push({ url: new URL(url as URL), header });
      return answer(asked.length, clock.now());
    },
    wait: (milliseconds) => {
      waits.push(milliseconds);
      return Promise.resolve();
    },
  });
  return { credential, clock, asked, waits };
}

const tokenOf = (count: number, now: number, life = 24 * HOUR): Response =>
  Response.json({
    access_token: `token-${count}`,
    expires_on: String(Math.floor((now + life) / 1000)),
  });

test('a token is asked for as App Service documents it, and kept', async () => {
  const { credential, clock, asked } = setUp(tokenOf);
  assert.equal((await credential.getToken(SCOPE)).token, 'token-1');
  clock.advance(HOUR);
  const kept = await credential.getToken([SCOPE]);
  assert.equal(kept.token, 'token-1');
  assert.equal(kept.expiresOnTimestamp, clock.now() + 23 * HOUR);
  assert.deepEqual(
    asked.map(({ url, header }) => [url.href, header]),
    [
      [
        'http://127.0.0.1:41/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com&client_id=c-1',
        'h-3f9a',
      ],
    ],
  );
});

test('many who ask at once share one fetch', async () => {
  const { credential, asked } = setUp(tokenOf);
  const tokens = await Promise.all(Array.from({ length: 50 }, () => credential.getToken(SCOPE)));
  assert.deepEqual([...new Set(tokens.map(({ token }) => token))], ['token-1']);
  assert.equal(asked.length, 1);
});

test('from half of its life a token is renewed while it goes on serving', async () => {
  const { credential, clock, asked } = setUp(tokenOf);
  await credential.getToken(SCOPE);
  clock.advance(12 * HOUR);
  assert.equal((await credential.getToken(SCOPE)).token, 'token-1', 'nobody waits');
  await new Promise(setImmediate);
  assert.equal((await credential.getToken(SCOPE)).token, 'token-2');
  assert.equal(asked.length, 2);
});

test('an endpoint that is gone is not noticed while the token lives, and asked every 30 s', async () => {
  const { credential, clock, asked } = setUp((count, now) =>
    count === 1 ? tokenOf(count, now) : new Response('', { status: 400 }),
  );
  await credential.getToken(SCOPE);
  clock.advance(12 * HOUR);
  for (let i = 0; i < 10; i += 1) {
    assert.equal((await credential.getToken(SCOPE)).token, 'token-1');
    await new Promise(setImmediate);
  }
  assert.equal(asked.length, 2);
  clock.advance(30_000);
  await credential.getToken(SCOPE);
  assert.equal(asked.length, 3);
  clock.advance(12 * HOUR);
  await assert.rejects(credential.getToken(SCOPE), IdentityError, 'the token has ended');
});

test('a failure that may pass is tried again, twice, and then the next caller may try', async () => {
  const passing = setUp((count, now) => {
    if (count === 1) throw new TypeError('fetch failed');
    return count === 2 ? new Response('', { status: 503 }) : tokenOf(count, now);
  });
  assert.equal((await passing.credential.getToken(SCOPE)).token, 'token-3');
  assert.deepEqual(passing.waits, [200, 800]);

  const lasting = setUp((count, now) =>
    count <= 3 ? new Response('', { status: 500 }) : tokenOf(count, now),
  );
  await assert.rejects(
    lasting.credential.getToken(SCOPE),
    /^IdentityError: The managed identity has no token for https:\/\/storage\.azure\.com: its endpoint answers 500$/,
  );
  assert.equal((await lasting.credential.getToken(SCOPE)).token, 'token-4');
});

test('a refusal is final, and tells nothing of header or answer', async () => {
  const { credential, asked, waits } = setUp(() =>
    Response.json({ message: 'no identity for h-3f9a' }, { status: 400 }),
  );
  await assert.rejects(credential.getToken(SCOPE), (error: Error) => {
    assert.ok(error instanceof IdentityError);
    assert.doesNotMatch(String(error.stack) + String(error.cause), /h-3f9a|no identity/);
    return true;
  });
  assert.deepEqual([asked.length, waits.length], [1, 0]);
});

test('a malformed answer gives no token and is not repeated in the error', async () => {
  const past = (now: number): string => String(Math.floor(now / 1000) - 1);
  const answers: ((now: number) => string)[] = [
    () => 'secret-but-no-json',
    () => 'null',
    () => '{"expires_on":"4102444800"}',
    () => '{"access_token":"secret","expires_on":"soon"}',
    (now) => `{"access_token":"secret","expires_on":"${past(now)}"}`,
    () => `{"access_token":"${'secret'.repeat(20_000)}","expires_on":"4102444800"}`,
  ];
  for (const answer of answers) {
    const { credential } = setUp((_, now) => new Response(answer(now)));
    await assert.rejects(credential.getToken(SCOPE), (error: Error) => {
      assert.match(error.message, /is malformed$/);
      assert.doesNotMatch(`${String(error.stack)}${String(error.cause)}`, /secret/);
      return true;
    });
  }
});
