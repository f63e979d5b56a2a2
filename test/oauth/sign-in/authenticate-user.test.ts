import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createUserAuthenticator } from '../../../shared/oauth/sign-in/authenticate-user.ts';
import { createSecretVerifier } from '../../../shared/registry/secret-verifier.ts';
import { hashPassword } from '../../../shared/registry/users/password.ts';
import type { User } from '../../../shared/registry/users/user.ts';
import { testThrottle } from '../../support/audit.ts';
import { makeCall } from '../../support/call.ts';
import { testClock } from '../../support/clock.ts';
import { PASSWORD } from '../../support/people.ts';

/** By the name in lower case, as they are stored. */
const known = new Map<string, User>();

before(async () => {
  const upstream = { kind: 'upstream', issuer: 'https://idp.example', subject: '1' } as const;
  for (const [user, credential] of [
    ['Anna', await hashPassword(PASSWORD, false, randomBytes)],
    ['Bert', await hashPassword(PASSWORD, false, randomBytes)],
    ['Kate', await hashPassword(PASSWORD, false, randomBytes)],
    ['Emil', upstream],
    ['Erna', upstream],
  ] as const) {
    known.set(user.toLowerCase(), {
      ...{ user, displayName: user, email: undefined, enabled: true, credential },
      ...{ sessionKey: 'k', createdAt: 0, updatedAt: 0, lastSignInAt: undefined },
    });
  }
});

/** Attempts at these names, sent at the same moment with one password. @returns the computations. */
async function computationsOf(...names: readonly string[]): Promise<number> {
  const clock = testClock();
  let computations = 0;
  const authenticate = createUserAuthenticator({
    users: {
      read: (name) => {
        const value = known.get(name.toLowerCase());
        return Promise.resolve(value === undefined ? undefined : { value, etag: '"x"' });
      },
    },
    secrets: createSecretVerifier({
      clock,
      random: randomBytes,
      derive: async () => {
        computations += 1;
        await setImmediate();
        return Buffer.alloc(32);
      },
    }),
    throttle: testThrottle(),
    clock,
    wait: () => Promise.resolve(),
    random: randomBytes,
  });
  const call = makeCall({ path: '/oauth2/api/v1/sign-in', receivedAt: clock.now() });
  const judgements = await Promise.all(names.map((name) => authenticate(call, name, 'a guess')));
  assert.ok(judgements.every(({ verdict }) => verdict !== 'accepted'));
  return computations;
}

test('attempts at two names cost two computations, whether or not they are names of users', async () => {
  for (const [one, other] of [
    ['anna', 'bert'],
    ['anna', 'nobody'],
    ['nobody', 'no-one'],
    ['emil', 'erna'],
    ['emil', 'nobody'],
    // Not the letter k, whatever it is in lower case.
    ['kate', '\u212aate'],
    ['kurt', '\u212aurt'],
    ['oauth_client_a', 'oauth_client_b'],
  ] as const) {
    assert.equal(await computationsOf(one, other), 2, `${one} and ${other}`);
  }
});

test('attempts at one name cost one, in whatever case, whether or not it is the name of a user', async () => {
  for (const [one, other] of [
    ['anna', 'anna'],
    ['anna', 'ANNA'],
    ['emil', 'EMIL'],
    ['nobody', 'nobody'],
    ['nobody', 'NOBODY'],
  ] as const) {
    assert.equal(await computationsOf(one, other), 1, `${one} and ${other}`);
  }
});
