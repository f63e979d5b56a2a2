import functions from '@azure/functions';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { json } from '../../shared/http/call.ts';
import { endpoint, type Surface } from '../../shared/http/endpoint.ts';
import type { Fault } from '../../shared/http/fault.ts';
import { Overload, type OverloadLimits, watchLoopDelay } from '../../shared/http/overload.ts';
import { problemSurface } from '../../shared/http/problem.ts';
import { odataSurface } from '../../shared/odata/errors.ts';
import { bearerSurface } from '../../shared/oauth/bearer.ts';
import { oauthSurface } from '../../shared/oauth/errors.ts';

const MB = 1024 * 1024;

/** An overload whose delays and chances the test dictates. */
function underTest(limits: Partial<OverloadLimits> = {}) {
  const shed: string[] = [];
  const reports: unknown[] = [];
  let chance = 0;
  let sample: ((delayMs: number) => void) | undefined;
  const overload = new Overload({
    maxCalls: 10,
    maxBodyBytes: 100 * MB,
    maxDelayMs: 100,
    ...limits,
    watchDelay: (onSample) => {
      sample = onSample;
      return () => (sample = undefined);
    },
    random: () => chance,
    onShed: (reason) => shed.push(reason),
    report: (counts) => reports.push({ ...counts }),
  });
  return {
    overload,
    shed,
    reports,
    /** Calls `work` with each hundredth as the chance. */
    throughChances: (work: () => void) => {
      for (let i = 0; i < 100; i += 1) {
        chance = i / 100 + 0.005;
        work();
      }
    },
    isWatching: () => sample !== undefined,
    samples: (count: number, delayMs: number) => {
      for (let i = 0; i < count; i += 1) sample?.(delayMs);
    },
    /** Of a hundred calls that come and go, how many are let in. */
    admitted(door = overload.openDoor(1000)): number {
      let count = 0;
      this.throughChances(() => {
        if (door.enter(0) !== undefined) return;
        count += 1;
        door.leave(0);
      });
      return count;
    },
  };
}

const retryAfter = (fault: Fault | undefined): string | undefined => fault?.headers['Retry-After'];

test('calls beyond the number in progress are refused until one has left', () => {
  const { overload, shed } = underTest({ maxCalls: 3 });
  const door = overload.openDoor(3);
  for (let i = 0; i < 3; i += 1) assert.equal(door.enter(0), undefined);
  const refusal = door.enter(0);
  assert.equal(refusal?.status, 503);
  assert.equal(refusal.reason, 'overloaded');
  assert.deepEqual(shed, ['calls']);
  door.leave(0);
  assert.equal(door.enter(0), undefined);
});

test('messages that wait leave room for other calls', () => {
  const { overload } = underTest({ maxCalls: 10 });
  const [calls, messages] = [overload.openDoor(10), overload.openDoor(8)];
  for (let i = 0; i < 8; i += 1) assert.equal(messages.enter(0), undefined);
  assert.equal(messages.enter(0)?.status, 503);
  assert.equal(calls.enter(0), undefined);
  assert.equal(calls.enter(0), undefined);
  assert.equal(calls.enter(0)?.status, 503);
});

test('bodies are bounded in their sum; one that is larger than the bound is let in alone', () => {
  const { overload, shed } = underTest({ maxBodyBytes: 100 * MB });
  const door = overload.openDoor(10);
  assert.equal(door.enter(60 * MB), undefined);
  assert.equal(door.enter(40 * MB), undefined);
  assert.equal(door.enter(1)?.status, 503);
  assert.equal(door.enter(0), undefined, 'a call without a body takes none of it');
  assert.deepEqual(shed, ['bodies']);
  door.leave(60 * MB);
  door.leave(40 * MB);
  assert.equal(door.enter(150 * MB), undefined);
  assert.equal(door.enter(1)?.status, 503);
});

test('a delay that lasts makes a growing share be refused, and never all', () => {
  const guarded = underTest();
  assert.equal(guarded.admitted(), 100);
  guarded.samples(5, 149);
  assert.equal(guarded.admitted(), 100, 'a burst, a large bundle or a cold start is let through');
  guarded.samples(1, 50);
  guarded.samples(3, 500);
  assert.equal(guarded.admitted(), 100, 'it has to last without a break');
  guarded.samples(1, 500);
  assert.equal(guarded.admitted(), 80);
  guarded.samples(2, 500);
  assert.equal(guarded.admitted(), 40);
  guarded.samples(100, 500);
  assert.equal(guarded.admitted(), 5);
});

test('a process that was frozen, or blocked once, refuses nobody when it goes on', () => {
  const guarded = underTest();
  guarded.admitted();
  guarded.samples(1, 600_000);
  guarded.samples(1, 0);
  assert.equal(guarded.admitted(), 100);
});

test('the share stands still between half of the limit and the limit, and goes back slowly below', () => {
  const guarded = underTest({ maxDelayMs: 100 });
  guarded.admitted();
  guarded.samples(10, 110);
  assert.equal(guarded.admitted(), 49);
  guarded.samples(1000, 75);
  assert.equal(guarded.admitted(), 49);
  guarded.samples(5, 0);
  assert.equal(guarded.admitted(), 59);
  guarded.samples(25, 0);
  assert.equal(guarded.admitted(), 100);
});

test('Retry-After is 1 to 5 seconds, spread by chance', () => {
  const { overload, throughChances } = underTest({ maxCalls: 10 });
  const closed = overload.openDoor(0);
  const waits: (string | undefined)[] = [];
  throughChances(() => waits.push(retryAfter(closed.enter(0))));
  for (const seconds of ['1', '2', '3', '4', '5']) {
    assert.equal(waits.filter((each) => each === seconds).length, 20);
  }
});

test('what is shed is reported at once and then together, and nothing is watched when nothing goes on', () => {
  const guarded = underTest();
  const { overload, reports, isWatching } = guarded;
  assert.equal(isWatching(), false);
  const [open, closed] = [overload.openDoor(10), overload.openDoor(0)];
  open.enter(0);
  closed.enter(0);
  guarded.samples(1, 0);
  assert.deepEqual(reports, [{ calls: 1, bodies: 0, delay: 0 }]);
  for (let i = 0; i < 1000; i += 1) closed.enter(0);
  guarded.samples(199, 0);
  assert.equal(reports.length, 1);
  guarded.samples(1, 0);
  assert.deepEqual(reports[1], { calls: 1000, bodies: 0, delay: 0 });
  guarded.samples(1000, 0);
  assert.equal(isWatching(), true, 'a call is in progress');
  open.leave(0);
  guarded.samples(1, 0);
  assert.equal(isWatching(), false);
  assert.equal(reports.length, 2);
});

test('the delay is what a blocked event loop makes it', async () => {
  const delays: number[] = [];
  const stop = watchLoopDelay((delayMs) => delays.push(delayMs));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const until = performance.now() + 300;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 150));
  stop();
  const longest = Math.max(...delays);
  assert.ok(longest > 200 && longest < 2000, String(longest));
  const seen = delays.length;
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.equal(delays.length, seen);
});

/** A call through the endpoint wrapper while its door is closed. */
async function callShed(surface: Surface, headers: Record<string, string> = {}) {
  const door = underTest().overload.openDoor(0);
  const logs: string[] = [];
  let ran = false;
  const handle = () => {
    ran = true;
    return json(200, {});
  };
  const context = new functions.InvocationContext({
    invocationId: '5b0c7b4e-2f43-4a3f-8c4d-0d6a6a7f2a11',
    functionName: 'example',
    logHandler: (_level, ...args) => logs.push(args.join(' ')),
  });
  const request = new functions.HttpRequest({
    url: 'http://localhost/x',
    method: 'POST',
    headers,
    body: { string: 'x' },
  });
  const prepare = () => Promise.resolve({ handle, trustedProxyHops: 1, guard: door });
  const reply = (await endpoint(surface, prepare)(request, context)) as functions.HttpResponse;
  assert.equal(ran, false);
  assert.equal(request.bodyUsed, false);
  assert.deepEqual(logs, [], 'no log event for each call that is shed');
  assert.equal(reply.status, 503);
  assert.match(reply.headers.get('retry-after') ?? '', /^[1-5]$/);
  assert.equal(reply.headers.get('cache-control'), 'no-store');
  return { headers: reply.headers, body: Buffer.from(await reply.arrayBuffer()).toString('utf8') };
}

test('the token endpoint sheds as temporarily_unavailable (RFC 6749 section 5.2)', async () => {
  const { body } = await callShed(oauthSurface);
  const { error, error_description } = JSON.parse(body) as Record<string, string>;
  assert.equal(error, 'temporarily_unavailable');
  assert.match(error_description ?? '', /Try again after the seconds in Retry-After/);
});

test('the registry sheds as a problem document (RFC 9457), OData in its own envelope, iFlows as JSON without a challenge', async () => {
  const problem = await callShed(problemSurface);
  assert.equal(problem.headers.get('content-type'), 'application/problem+json');
  assert.equal((JSON.parse(problem.body) as { reason: string }).reason, 'overloaded');
  const odata = await callShed(odataSurface, { accept: 'application/json' });
  assert.match(odata.body, /"code":"Service Unavailable"/);
  const message = await callShed(bearerSurface);
  assert.equal(message.headers.get('www-authenticate'), null);
  assert.match(message.body, /overloaded|temporarily_unavailable/);
});

test('a call leaves the door when its handler fails, and what it held with it', async () => {
  const { overload } = underTest({ maxCalls: 1 });
  const door = overload.openDoor(1);
  const handle = () => {
    throw new Error('a mistake');
  };
  const context = new functions.InvocationContext({
    invocationId: 'x',
    functionName: 'example',
    logHandler: () => undefined,
  });
  const call = () =>
    endpoint(problemSurface, () => Promise.resolve({ handle, trustedProxyHops: 1, guard: door }))(
      new functions.HttpRequest({ url: 'http://localhost/x', method: 'GET' }),
      context,
    ) as Promise<{ status: number }>;
  assert.equal((await call()).status, 500);
  assert.equal((await call()).status, 500);
});
