import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basic, fetchToken } from '../support/instance.ts';
import { openOwnTarget } from '../support/target.ts';

export const LOCAL_ONLY = 'fails to sign in until its address is slowed';

const WRONG = 'a-guess-that-is-wrong';

test('guesses at introspection count with those at the token endpoint: beyond ten for a client 429, right ones still pass', async () => {
  const { url, admin } = await openOwnTarget();
  const client = await admin.registerClient();
  const token = await fetchToken(url, client.id, client.secret);
  const ask = (secret: string): Promise<Response> =>
    fetch(`${url}/oauth2/api/v1/introspect`, {
      method: 'POST',
      headers: { authorization: basic(client.id, secret) },
      body: new URLSearchParams({ token }),
    });
  const statuses: number[] = [];
  for (let i = 0; i < 12; i += 1) statuses.push((await ask(WRONG)).status);
  assert.deepEqual(statuses, [...Array<number>(10).fill(401), 429, 429]);
  const slowed = await ask(WRONG);
  assert.equal(((await slowed.json()) as { error: string }).error, 'temporarily_unavailable');
  assert.ok(Number(slowed.headers.get('retry-after')) > 0);
  const atToken = await fetch(`${url}/oauth2/api/v1/token?grant_type=client_credentials`, {
    method: 'POST',
    headers: { authorization: basic(client.id, WRONG) },
  });
  assert.equal(atToken.status, 429);
  const right = await ask(client.secret);
  assert.equal(((await right.json()) as { active: boolean }).active, true);
});
