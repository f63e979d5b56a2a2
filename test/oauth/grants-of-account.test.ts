import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import type { Consents } from '../../shared/oauth/consents.ts';
import { newGrantId } from '../../shared/oauth/grant-id.ts';
import type { AccountGrants } from '../../shared/oauth/sign-in/account-grants.ts';
import { createAccountGrants } from '../../shared/oauth/sign-in/grants-of-account.ts';
import { openConsents } from '../../shared/storage/consents.ts';
import { type GrantTable, openGrants } from '../../shared/storage/grants.ts';
import { openTables } from '../../shared/storage/tables.ts';
import { testStorage } from '../support/azurite.ts';
import { testClock } from '../support/clock.ts';
import { type CuttableEnding, cuttableEnding } from '../support/grant-ending.ts';
import { someClient, testDirectory } from '../support/oauth.ts';

const clock = testClock();
const revoked: string[] = [];
let ending: CuttableEnding;
let grants: GrantTable;
let consents: Consents;
let account: AccountGrants;

before(async () => {
  const tables = openTables(await testStorage());
  grants = openGrants(tables);
  consents = openConsents(tables);
  const revocations = {
    revokeGrant: (grantId: string) => {
      revoked.push(grantId);
      return Promise.resolve();
    },
  };
  ending = cuttableEnding({ grants, consents, revocations, clock });
  account = createAccountGrants({
    grants,
    ending,
    clients: testDirectory(
      someClient({ clientName: 'The app' }),
      someClient({ clientId: 'renewed', tokensFrom: 1 }),
    ),
    clock,
  });
});

async function allow(user: string, clientId: string, createdAt: number): Promise<string> {
  const grantId = newGrantId(user, randomBytes);
  await grants.create({
    ...{ grantId, user, clientId, createdAt, tokensFrom: 0, subscription: 'flowgateiflmap' },
    ...{ scopes: ['read'], authTime: 1, confirmation: undefined, generation: 0 },
    ...{ lastUsedAt: undefined, revokedAt: undefined, expiresAt: clock.now() + 1000 },
  });
  return grantId;
}

test('a person sees what is alive, the newest first, by the name of the application', async () => {
  const [old, young] = [await allow('ann', 'app', 1), await allow('ann', 'app', 2)];
  await allow('ben', 'app', 3);
  // Deleted, and since then without the tokens that it had.
  await allow('ann', 'gone', 4);
  await allow('ann', 'renewed', 5);
  const shown = await account.list('ann');
  assert.deepEqual(
    shown.map(({ grantId, clientName, since }) => [grantId, clientName, since]),
    [
      [young, 'The app', 2],
      [old, 'The app', 1],
    ],
  );
});

test('of very many the hundred newest are shown', async () => {
  for (let i = 0; i < 130; i += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, k) => allow('busy', 'app', i + k)));
  }
  const shown = await account.list('busy');
  assert.deepEqual(
    shown.map(({ since }) => since),
    Array.from({ length: 100 }, (_, i) => 129 - i),
  );
});

test('a person ends a grant of its own with all tokens, and is asked again; none of somebody else', async () => {
  const [mine, other] = [await allow('cleo', 'app', 1), await allow('dan', 'app', 1)];
  const client = { clientId: 'app', createdAt: 0 };
  for (const user of ['cleo', 'dan']) await consents.remember(user, client, new Set(['read']));
  assert.equal(await account.end('cleo', other), false);
  assert.equal(await account.end('cleo', `${mine}x`), false);
  assert.deepEqual(revoked, []);
  assert.equal(await account.end('cleo', mine), true);
  assert.deepEqual(revoked, [mine]);
  assert.deepEqual(await account.list('cleo'), []);
  assert.equal(await consents.find('cleo', client), undefined);
  assert.notEqual(await consents.find('dan', client), undefined);
  assert.equal((await account.list('dan')).length, 1);
});

test('an ending that was cut short leaves the grant on the page, and is made when it is asked for again', async () => {
  const grantId = await allow('eve', 'app', 1);
  revoked.length = 0;
  ending.cutShortAt = 'revocation';
  await assert.rejects(account.end('eve', grantId), /killed/);
  assert.deepEqual(
    (await account.list('eve')).map((one) => one.grantId),
    [grantId],
  );
  assert.deepEqual(revoked, []);
  assert.equal(await account.end('eve', grantId), true);
  assert.deepEqual(revoked, [grantId]);
  assert.deepEqual(await account.list('eve'), []);
});
