import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Handler } from '../../shared/http/call.ts';
import { Fault } from '../../shared/http/fault.ts';
import { auditRefusals, guardManagement } from '../../shared/oauth/audit-refusals.ts';
import { BearerFault, type BearerReason } from '../../shared/oauth/gate.ts';
import { testThrottle, testTrail, type TestTrail } from '../support/audit.ts';
import { answerOf, makeCall } from '../support/call.ts';
import { basic, someClient } from '../support/oauth.ts';
import { FORM, good, SECRET, tokenEndpoints } from './open-token-endpoint.ts';

const open = tokenEndpoints();
const grant = { type: FORM, body: 'grant_type=client_credentials' };
const slowed = new Fault(429, 'Wait 7 s.', {
  reason: 'throttled',
  headers: { 'Retry-After': '7' },
});

const told = (trail: TestTrail) =>
  trail.events.map(({ action, actor, object, outcome = 'success', reason = '', detail = '' }) =>
    [action, actor, object.type, object.name, outcome, reason, detail].join('|'),
  );

test('a token is listed with the user, the client and the subscription, and never itself', async () => {
  const { send, trail, throttle } = open();
  const answer = await send({ authorization: good, ...grant });
  assert.equal(answer.status, 200);
  assert.deepEqual(told(trail), [
    'token.issue|oauth_client_app|client|app|success||for flowgateiflmap',
  ]);
  assert.equal(trail.events[0]?.call?.invocationId, answer.call.invocationId);
  const everything = JSON.stringify(trail.events.map((event) => ({ ...event, call: undefined })));
  assert.ok(!everything.includes(String(answer.json()['access_token'])));
  assert.deepEqual(throttle.failures, []);
});

test('each way to fail a client authentication is counted, and listed with its reason', async () => {
  const cases = [
    { authorization: basic('app', 'wrong'), reason: 'wrong_secret', name: 'app' },
    {
      authorization: basic('app', 'a-secret-that-has-expired'),
      reason: 'secret_expired',
      name: 'app',
    },
    { authorization: basic('nobody', SECRET), reason: 'unknown_client', name: '' },
    { authorization: basic(SECRET, 'app'), reason: 'unknown_client', name: '' },
  ];
  for (const { authorization, reason, name } of cases) {
    const { send, trail, throttle } = open();
    assert.equal((await send({ authorization, ...grant })).status, 401);
    assert.deepEqual(told(trail), [`token.issue||client|${name}|failure|${reason}|`]);
    assert.equal(throttle.failures.length, 1);
    const everything = JSON.stringify(trail.events.map((event) => ({ ...event, call: undefined })));
    assert.ok(!everything.includes(SECRET), 'a secret in the place of the id is not listed');
  }
  const { send, trail, throttle } = open(someClient({ enabled: false }));
  assert.equal((await send({ authorization: good, ...grant })).status, 401);
  assert.deepEqual(told(trail), ['token.issue||client|app|failure|client_disabled|']);
  assert.deepEqual(throttle.failures, ['app']);
});

test('a client that may not have what it asks for is listed, and is no failed sign-in', async () => {
  const { send, trail, throttle } = open();
  const answer = await send({ authorization: good, type: FORM, body: `${grant.body}&scope=x` });
  assert.equal(answer.status, 400);
  assert.equal(trail.events.length, 1);
  assert.match(
    told(trail)[0] ?? '',
    /^token\.issue\|oauth_client_app\|client\|app\|failure\|scope/,
  );
  assert.deepEqual(throttle.failures, []);
});

test('a request without credentials is no sign-in: neither counted nor listed', async () => {
  const { send, trail, throttle } = open();
  assert.equal((await send(grant)).status, 401);
  assert.equal((await send({ ...grant, authorization: 'Basic !' })).status, 401);
  assert.equal((await send({ ...grant, authorization: `${good}, ${good}` })).status, 400);
  assert.deepEqual([trail.events, throttle.failures], [[], []]);
});

test('from a slowed address no secret is compared, not even the right one', async () => {
  const { send, trail, throttle, secrets, clients } = open();
  throttle.closed = slowed;
  const answer = await send({ authorization: good, ...grant });
  assert.equal(answer.status, 429);
  assert.equal(answer.headers.get('retry-after'), '7');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.deepEqual(answer.json(), {
    error: 'temporarily_unavailable',
    error_description: 'Wait 7 s.',
  });
  assert.deepEqual([secrets.presented, clients.lookups, trail.events], [[], [], []]);
});

test('a right guess among many that were sent at once gets in no more when the address is slowed', async () => {
  const { send, throttle, secrets, trail } = open();
  const verify = secrets.verify.bind(secrets);
  secrets.verify = (client, presented) => {
    throttle.closed = slowed;
    return verify(client, presented);
  };
  assert.equal((await send({ authorization: good, ...grant })).status, 429);
  assert.deepEqual(trail.events, []);
});

test('where a client is slowed from an address, wrong credentials are 429 and right ones get a token', async () => {
  const { send, throttle, waits } = open();
  throttle.refusal = slowed;
  const wrong = await send({ authorization: basic('app', 'wrong'), ...grant });
  assert.equal(wrong.status, 429);
  assert.equal(wrong.headers.get('www-authenticate'), null);
  assert.equal(waits.length, 1, 'it comes no sooner than any refusal');
  assert.equal((await send({ authorization: good, ...grant })).status, 200);
});

function gateThat(outcome: BearerReason | 'passes', user = ''): Handler {
  return () => {
    if (outcome === 'passes') return { status: 200 };
    throw new BearerFault(outcome, 'No.', { user });
  };
}

const management = makeCall({ method: 'DELETE', path: '/registry/v1/clients/app?secret=x' });

test('a refused management call is listed by its path; only a token that is not ours counts as a guess', async () => {
  const cases: [BearerReason | 'passes', number, boolean][] = [
    ['invalid_token', 401, true],
    ['missing_token', 401, false],
    ['expired', 401, false],
    ['revoked', 401, false],
    ['wrong_subscription', 401, false],
    ['client_disabled', 401, false],
    ['missing_role', 403, false],
    ['passes', 200, false],
  ];
  for (const [outcome, status, counted] of cases) {
    const [trail, throttle] = [testTrail(), testThrottle()];
    const handle = guardManagement(gateThat(outcome, 'oauth_client_app'), { trail, throttle });
    assert.equal((await answerOf(handle, management)).status, status, outcome);
    assert.deepEqual(throttle.failures, counted ? [''] : [], outcome);
    const entry = `management.call|oauth_client_app|address|/registry/v1/clients/app|failure|${outcome}|DELETE`;
    assert.deepEqual(told(trail), outcome === 'passes' ? [] : [entry]);
  }
});

test('from a slowed address management is closed; a guess too many is answered 429', async () => {
  const [trail, throttle] = [testTrail(), testThrottle()];
  throttle.closed = slowed;
  let entered = false;
  const handle = guardManagement(
    () => {
      entered = true;
      return { status: 200 };
    },
    { trail, throttle },
  );
  const closed = await answerOf(handle, management);
  assert.deepEqual([closed.status, closed.headers.get('retry-after'), entered], [429, '7', false]);
  assert.equal(closed.json()['title'], 'Too Many Requests');
  const guessing = testThrottle();
  guessing.refusal = slowed;
  const guarded = guardManagement(gateThat('invalid_token'), { trail, throttle: guessing });
  assert.equal((await answerOf(guarded, management)).status, 429);
  assert.equal(trail.events.length, 1, 'the guess is listed');
});

test('a refused message is listed, other failures of a call are not', async () => {
  const trail = testTrail();
  const call = makeCall({ method: 'POST', path: '/http/orders' });
  const refused = auditRefusals(
    gateThat('missing_role', 'oauth_client_app'),
    'message.send',
    trail,
  );
  assert.equal((await answerOf(refused, call)).status, 403);
  const unknown: Handler = () => {
    throw new Fault(404, 'Nothing.', { reason: 'unknown_address' });
  };
  assert.equal((await answerOf(auditRefusals(unknown, 'message.send', trail), call)).status, 404);
  assert.deepEqual(told(trail), [
    'message.send|oauth_client_app|address|/http/orders|failure|missing_role|POST',
  ]);
});
